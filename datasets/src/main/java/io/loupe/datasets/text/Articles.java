package io.loupe.datasets.text;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Layout;
import io.loupe.datasets.corpus.Loader;
import io.loupe.datasets.file.DataFiles;
import io.loupe.datasets.file.Lines;
import io.loupe.datasets.task.Split;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** WikiText-2: good articles of Wikipedia (Merity et al. 2017), with the published splits. */
public final class Articles {
  private static final Pattern TITLE = Pattern.compile("= (?!=)(.+?) =\\s*");

  /** How it is read. */
  public static final Loader<Article> LOADER =
      new Loader<>(
          new DatasetInfo(
              "wikitext-2",
              "articles",
              "Good articles of the English Wikipedia for language modelling.",
              "Merity et al. 2017, Pointer sentinel mixture models",
              "CC BY-SA 3.0",
              "https://github.com/pytorch/examples/tree/main/word_language_model/data/wikitext-2",
              "12 articles of validation and 12 of test; none to train on"),
          new Layout<>(
              List.of("split", "title", "words", "text"),
              a ->
                  List.of(
                      a.split().name(),
                      a.title(),
                      String.valueOf(a.words()),
                      a.text().substring(Math.min(a.text().length(), a.title().length() + 6))),
              Article::title,
              Article::split),
          Articles::articles);

  private Articles() {}

  /** Returns the shipped articles. */
  public static Dataset<Article> shipped() {
    return LOADER.shipped();
  }

  /**
   * Returns the articles of a folder with any of {@code wiki.train.tokens}, {@code train.txt} or
   * {@code wikitext2-train.txt}, and of {@code valid} and {@code test} in place of {@code train}.
   *
   * @throws IOException a {@code DatasetException} if a file is damaged or there is none
   */
  public static Dataset<Article> read(Path folder) throws IOException {
    return LOADER.read(folder);
  }

  private static List<Article> articles(DataFiles files) throws IOException {
    Map<String, Split> splits = new LinkedHashMap<>();
    splits.put("train", Split.TRAIN);
    splits.put("valid", Split.VALIDATION);
    splits.put("test", Split.TEST);
    List<String> looked = new ArrayList<>();
    List<Article> articles = new ArrayList<>();
    for (Map.Entry<String, Split> split : splits.entrySet()) {
      for (String form : List.of("wiki.%s.tokens", "%s.txt", "wikitext2-%s.txt")) {
        String path = form.formatted(split.getKey());
        looked.add(path);
        if (files.has(path)) {
          read(files, path, split.getValue(), articles);
          break;
        }
      }
    }
    if (articles.isEmpty()) {
      throw new DatasetException(
          "%s: expected some of the files %s, found none".formatted(files.nameOf(""), looked));
    }
    return articles;
  }

  private static void read(DataFiles files, String path, Split split, List<Article> articles)
      throws IOException {
    String title = null;
    StringBuilder text = new StringBuilder();
    boolean blankBefore = true;
    try (Lines lines = Lines.open(files, path)) {
      for (String line = lines.next(); line != null; line = lines.next()) {
        Matcher heading = TITLE.matcher(line.strip());
        // inside of an article, a line of mathematics can look like a title
        boolean begins = blankBefore && heading.matches() && !line.strip().startsWith("= =");
        if (begins) {
          add(title, text, split, articles);
          title = heading.group(1);
          text.setLength(0);
        } else if (title == null && !line.isBlank()) {
          throw lines.broken("a title such as \"= Homarus gammarus =\"", "\"" + line + "\"");
        }
        blankBefore = line.isBlank();
        text.append(line.strip()).append('\n');
      }
      if (title == null) {
        throw lines.broken("an article", "an empty file");
      }
    }
    add(title, text, split, articles);
  }

  private static void add(
      @Nullable String title, StringBuilder text, Split split, List<Article> articles) {
    if (title != null) {
      articles.add(new Article(title, text.toString().strip(), split));
    }
  }
}
