package io.loupe.workbench.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The published vocabularies among the test resources, unpacked into a folder. */
final class Vocabularies {
  private static final Path SOURCE = Path.of("src/test/resources/text");

  private Vocabularies() {}

  /** GPT-2's vocab.json and merges.txt. */
  static void gpt2(Path folder) throws IOException {
    for (String name : List.of("vocab.json", "merges.txt")) {
      Files.writeString(folder.resolve(name), unpacked("gpt2/" + name + ".gz"));
    }
  }

  /** BERT's vocab.txt, of the model that does not distinguish upper case. */
  static void bert(Path folder) throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), unpacked("bert/vocab.txt.gz"));
  }

  /** The tokenizer.json of GPT-NeoX-20B, byte for byte as it was published. */
  static void neox(Path folder) throws IOException {
    List<String> merges = unpacked("neox/merges.txt.gz").lines().toList();
    List<String> tokens = new ArrayList<>(List.of("<|endoftext|>", "<|padding|>"));
    SlowByteLevelBpe.ALPHABET.entrySet().stream()
        .filter(entry -> entry.getKey() < 0xf5 && entry.getKey() != 0xc0 && entry.getKey() != 0xc1)
        .map(Map.Entry::getValue)
        .sorted()
        .forEach(tokens::add);
    merges.forEach(merge -> tokens.add(merge.replace(" ", "")));

    List<String> vocabLines = new ArrayList<>();
    for (String token : tokens) {
      vocabLines.add("\n      " + quoted(token) + ": " + vocabLines.size());
    }
    List<String> mergeLines = merges.stream().map(merge -> "\n      " + quoted(merge)).toList();
    String json =
        Files.readString(SOURCE.resolve("neox/tokenizer.json.template"))
            .replace("@VOCAB@", String.join(",", vocabLines) + "\n    ")
            .replace("@MERGES@", String.join(",", mergeLines) + "\n    ");
    Files.writeString(folder.resolve("tokenizer.json"), json);
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < 0x7f) {
        json.append(c);
      } else {
        json.append("\\u%04x".formatted((int) c));
      }
    }
    return json.append('"').toString();
  }

  private static String unpacked(String name) throws IOException {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(SOURCE.resolve(name)))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Reads a JSON object of ids by token. */
  static Map<String, Integer> ids(JsonNode vocab) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    vocab.properties().forEach(entry -> ids.put(entry.getKey(), entry.getValue().intValue()));
    return ids;
  }

  static JsonNode json(Path file) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(file));
  }
}
