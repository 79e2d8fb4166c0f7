package io.loupe.datasets.samples;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes the shipped samples from the full sets: {@code java ... MakeSamples <folder of full sets>
 * <src/main/resources/io/loupe/datasets/corpora>}. What is drawn is what has the smallest SHA-256
 * of name and content, in the order of the files, so the same full sets give the same samples.
 */
public final class MakeSamples {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Set<String> NOT_SHIPPED =
      Set.of(
          "english-french",
          "english-german",
          "english-spanish",
          "conll2003_person",
          "conll2003_location",
          "conll2003_organization",
          "ag_news",
          "sentiment",
          "antonym",
          "synonym");
  private static final Map<String, String> NOTES = Notes.all();

  private final Path full;
  private final Path resources;

  private MakeSamples(Path full, Path resources) {
    this.full = full;
    this.resources = resources;
  }

  /** Makes all samples and the list of their hashes. */
  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      throw new IllegalArgumentException("Expected a folder of full sets and one for the samples");
    }
    MakeSamples make = new MakeSamples(Path.of(args[0]), Path.of(args[1]));
    make.relations();
    make.knownFacts();
    make.functions();
    make.entities();
    make.treebank();
    make.minimalPairs();
    make.sentences();
    make.reviews();
    make.articles();
    make.shakespeare();
    make.sums();
  }

  private void relations() throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    for (Path file : under("lre-relations", ".json")) {
      String kind = String.valueOf(file.getParent().getFileName());
      files.put(kind + "/" + file.getFileName(), minified(Files.readString(file)));
    }
    write("lre-relations", files, licence("lre-relations"));
  }

  private void knownFacts() throws IOException {
    Path file = full.resolve("rome-known-1000/compiled/known_1000.json");
    write(
        "known-1000",
        new TreeMap<>(Map.of("known_1000.json", minified(Files.readString(file)))),
        Notes.ROME_LICENCE);
  }

  private void functions() throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    for (String kind : List.of("abstractive", "extractive")) {
      for (Path file : under("function-vectors/" + kind, ".json")) {
        String name = String.valueOf(file.getFileName());
        if (!NOT_SHIPPED.contains(name.replace(".json", ""))) {
          List<JsonNode> items = new ArrayList<>();
          JSON.readTree(Files.readString(file)).forEach(items::add);
          List<JsonNode> drawn = drawn(name, items, JsonNode::toString, 200);
          files.put(
              kind + "/" + name,
              drawn.stream()
                  .map(JsonNode::toString)
                  .collect(Collectors.joining(",\n", "[", "]\n")));
        }
      }
    }
    write("function-tasks", files, licence("function-vectors"));
  }

  private void entities() throws IOException {
    Map<String, String> names =
        Map.of(
            "world_place.csv", "world-places", "us_place.csv", "us-places", "art.csv", "artworks");
    for (Map.Entry<String, String> entry : new TreeMap<>(names).entrySet()) {
      List<String> lines =
          Files.readAllLines(full.resolve("world-models-space-time/" + entry.getKey()));
      List<String> rows =
          drawn(entry.getKey(), lines.subList(1, lines.size()), Function.identity(), 3000);
      String text = lines.get(0) + "\n" + String.join("\n", rows) + "\n";
      write(
          entry.getValue(),
          new TreeMap<>(Map.of(entry.getKey(), text)),
          licence("world-models-space-time"));
    }
  }

  /** Draws whole documents until there are enough sentences. */
  private void treebank() throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    Map<String, Integer> wanted = Map.of("train", 1200, "dev", 400, "test", 400);
    for (Map.Entry<String, Integer> split : new TreeMap<>(wanted).entrySet()) {
      String name = "en_ewt-ud-" + split.getKey() + ".conllu";
      String text = Files.readString(full.resolve("ud-english-ewt/" + name));
      List<String> documents = parts(text, Pattern.compile("(?m)^# newdoc id = "));
      List<String> order = new ArrayList<>(documents);
      order.sort(Comparator.comparing(d -> hash(name + "/" + d.lines().findFirst().orElse(""))));
      Set<String> kept = new HashSet<>();
      long sentences = 0;
      for (String document : order) {
        long more = document.lines().filter(line -> line.startsWith("# text = ")).count();
        if (sentences + more <= split.getValue()) {
          kept.add(document);
          sentences += more;
        }
      }
      files.put(name, documents.stream().filter(kept::contains).collect(Collectors.joining()));
    }
    write("ud-english-ewt", files, Notes.UD_LICENCE);
  }

  private void minimalPairs() throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    for (Path file : under("blimp", ".jsonl")) {
      String name = String.valueOf(file.getFileName());
      files.put(name, lines(drawn(name, Files.readAllLines(file), Function.identity(), 300)));
    }
    write("blimp", files, Notes.BLIMP_LICENCE);
  }

  private void sentences() throws IOException {
    Map<String, Integer> wanted = Map.of("sentence_polarity", 1200, "subjectivity", 800);
    for (Map.Entry<String, Integer> set : new TreeMap<>(wanted).entrySet()) {
      SortedMap<String, String> files = new TreeMap<>();
      unzipped(set.getKey())
          .forEach(
              (name, text) -> {
                if (!name.contains("README")) {
                  files.put(
                      name,
                      lines(
                          drawn(name, text.lines().toList(), Function.identity(), set.getValue())));
                }
              });
      String dataset = set.getKey().replace('_', '-');
      write(dataset, files, Notes.pangLee(set.getKey().replace('_', ' ') + " dataset v1.0"));
    }
  }

  private void reviews() throws IOException {
    SortedMap<String, String> texts = unzipped("movie_reviews");
    SortedMap<String, String> files = new TreeMap<>();
    for (String label : List.of("/pos/", "/neg/")) {
      List<String> names = texts.keySet().stream().filter(name -> name.contains(label)).toList();
      drawn("movie_reviews", names, Function.identity(), 60)
          .forEach(name -> files.put(name, texts.get(name)));
    }
    write("movie-reviews", files, Notes.pangLee("polarity dataset v2.0"));
  }

  private void articles() throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    for (String split : List.of("valid", "test")) {
      String name = "wikitext2-" + split + ".txt";
      String text = Files.readString(full.resolve("wikitext2-tinyshakespeare/" + name));
      // the articles of these files have an empty line before and behind their title
      List<String> articles =
          parts(text, Pattern.compile("(?m)^ = [^=\\n]+ = \\n(?= \\n)")).stream()
              .filter(article -> article.startsWith(" = "))
              .toList();
      List<String> drawn = drawn(name, articles, Function.identity(), 12);
      files.put(name, " \n" + String.join("", drawn));
    }
    write("wikitext-2", files, Notes.WIKITEXT_LICENCE);
  }

  private void shakespeare() throws IOException {
    String text = Files.readString(full.resolve("wikitext2-tinyshakespeare/tinyshakespeare.txt"));
    String kept =
        Arrays.stream(text.split("\n\n")).limit(2000).collect(Collectors.joining("\n\n", "", "\n"));
    write("tiny-shakespeare", new TreeMap<>(Map.of("input.txt", kept)), Notes.SHAKESPEARE_LICENCE);
  }

  private void write(String dataset, SortedMap<String, String> files, String licence)
      throws IOException {
    Path folder = Files.createDirectories(resources.resolve(dataset));
    try (OutputStream out = Files.newOutputStream(folder.resolve("data.zip"));
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setLevel(Deflater.BEST_COMPRESSION);
      for (Map.Entry<String, String> file : files.entrySet()) {
        ZipEntry entry = new ZipEntry(file.getKey());
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
        zip.putNextEntry(entry);
        zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
      }
    }
    Files.writeString(folder.resolve("LICENSE"), licence);
    Files.writeString(folder.resolve("SOURCE.txt"), NOTES.get(dataset));
  }

  private void sums() throws IOException {
    try (Stream<Path> files = Files.walk(resources)) {
      String sums =
          files
              .filter(Files::isRegularFile)
              .map(file -> resources.relativize(file).toString())
              .filter(name -> name.contains("/"))
              .sorted()
              .map(name -> hash(bytes(resources.resolve(name))) + "  " + name)
              .collect(Collectors.joining("\n", "", "\n"));
      Files.writeString(resources.resolve("SHA256SUMS"), sums);
    }
  }

  private String licence(String folder) throws IOException {
    return Files.readString(full.resolve(folder + "/LICENSE"));
  }

  private List<Path> under(String folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.walk(full.resolve(folder))) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }

  private SortedMap<String, String> unzipped(String name) throws IOException {
    SortedMap<String, String> texts = new TreeMap<>();
    Path file = full.resolve("nltk-sentiment/" + name + ".zip");
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : zip.stream().filter(entry -> !entry.isDirectory()).toList()) {
        texts.put(
            entry.getName(),
            new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    return texts;
  }

  /** Spaces at the beginning of lines are a third of some files. */
  private static String minified(String json) {
    return json.lines().map(String::strip).collect(Collectors.joining("\n", "", "\n"));
  }

  private static String lines(List<String> lines) {
    return String.join("\n", lines) + "\n";
  }

  private static List<String> parts(String text, Pattern start) {
    List<Integer> starts = new ArrayList<>(List.of(0));
    Matcher matcher = start.matcher(text);
    while (matcher.find()) {
      starts.add(matcher.start());
    }
    starts.add(text.length());
    return IntStream.range(1, starts.size())
        .mapToObj(i -> text.substring(starts.get(i - 1), starts.get(i)))
        .filter(part -> !part.isEmpty())
        .toList();
  }

  private static <T> List<T> drawn(
      String name, List<T> items, Function<T, String> content, int count) {
    Set<Integer> kept =
        IntStream.range(0, items.size())
            .boxed()
            .sorted(
                Comparator.comparing(
                    (Integer i) -> hash(name + "/" + i + "/" + content.apply(items.get(i)))))
            .limit(count)
            .collect(Collectors.toSet());
    return IntStream.range(0, items.size()).filter(kept::contains).mapToObj(items::get).toList();
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String hash(String text) {
    return hash(text.getBytes(StandardCharsets.UTF_8));
  }

  static String hash(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
