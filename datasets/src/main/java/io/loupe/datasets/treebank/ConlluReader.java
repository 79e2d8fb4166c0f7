package io.loupe.datasets.treebank;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.file.Lines;
import io.loupe.datasets.task.Split;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file in the CoNLL-U format sentence by sentence: ten columns with tabs between them,
 * {@code #} before comments, an empty line behind each sentence.
 */
public final class ConlluReader implements AutoCloseable {
  private static final int COLUMNS = 10;

  private final Lines lines;
  private final Split split;
  private String document = "";

  /**
   * Reads lines, which are closed with this.
   *
   * @param split the split that the file is
   */
  public ConlluReader(Lines lines, Split split) {
    this.lines = lines;
    this.split = split;
  }

  /**
   * Returns the next sentence; null behind the last.
   *
   * @throws DatasetException if it is broken; it names the file and the line
   */
  public @Nullable Sentence next() throws DatasetException {
    SentenceBuilder sentence = new SentenceBuilder(lines.file());
    for (String line = lines.next(); line != null; line = lines.next()) {
      if (line.isEmpty()) {
        if (sentence.hasRows()) {
          return sentence.build(document, split);
        }
        if (sentence.hasComments()) {
          throw lines.broken("a word", "an empty line behind comments");
        }
      } else if (line.charAt(0) == '#') {
        comment(sentence, line);
      } else {
        sentence.row(lines.line(), columns(line));
      }
    }
    if (sentence.hasRows()) {
      throw lines.broken("an empty line behind the sentence", "the end of the file");
    }
    if (sentence.hasComments()) {
      throw lines.broken("a word behind the comments", "the end of the file");
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private void comment(SentenceBuilder sentence, String line) throws DatasetException {
    if (sentence.hasRows()) {
      throw lines.broken("comments before the first word", "\"" + line + "\"");
    }
    int equals = line.indexOf('=');
    if (equals < 0) {
      if (line.substring(1).strip().equals("newdoc")) {
        document = "";
      }
      sentence.comment(lines.line(), line.substring(1).strip(), "");
      return;
    }
    String key = line.substring(1, equals).strip();
    String value = line.substring(equals + 1).strip();
    if (key.equals("newdoc id")) {
      document = value;
    }
    sentence.comment(lines.line(), key, value);
  }

  private List<String> columns(String line) throws DatasetException {
    List<String> columns = new ArrayList<>(List.of(line.split("\t", -1)));
    if (columns.size() != COLUMNS) {
      throw lines.broken(COLUMNS + " columns with tabs between", columns.size() + ": " + line);
    }
    for (int c = 0; c < COLUMNS; c++) {
      if (columns.get(c).isBlank()) {
        throw lines.broken("text or _ in column " + (c + 1), "a blank: " + line);
      }
    }
    return columns;
  }
}
