package io.loupe.circuits.weights;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a head does to chosen tokens, over the whole vocabulary: which tokens it raises most and
 * lowers most when it attends to one (OV), or which tokens one looks for most and least (QK).
 *
 * @param name of the circuit
 * @param gauge of the weights, for titles
 * @param rows one for each chosen token
 */
public record VocabularyMap(String name, String gauge, List<Row> rows) implements Displayable {
  public VocabularyMap {
    rows = List.copyOf(rows);
  }

  /**
   * A chosen token.
   *
   * @param token its id
   * @param text its text
   * @param highest the tokens with the largest entries, the largest first
   * @param lowest the tokens with the smallest entries, the smallest first
   */
  public record Row(long token, String text, List<Weighed> highest, List<Weighed> lowest) {
    public Row {
      highest = List.copyOf(highest);
      lowest = List.copyOf(lowest);
    }
  }

  /** A token with its entry. */
  public record Weighed(long token, String text, double value) {
    @Override
    public String toString() {
      return "%s %.3g".formatted(text.replace("\n", "\\n"), value);
    }
  }

  /**
   * Reads the OV circuit.
   *
   * @param count how many tokens at each end
   * @param tokens ids of the tokens attended to
   */
  public static VocabularyMap ov(HeadWeights weights, Head head, int count, long... tokens) {
    return of(weights.model(), weights.vocabularyOv(head), count, tokens);
  }

  /**
   * Reads a vocabulary circuit of any kind.
   *
   * @param model whose tokens they are
   * @param circuit [vocab, vocab]
   */
  public static VocabularyMap of(
      HookedTransformer model, FactoredMatrix circuit, int count, long... tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException(
          "Name at least one token: Metrics.tokens(model.tokenizer(), \" Mary\") gives ids");
    }
    int[] rows = new int[tokens.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (int) token(model, tokens[i]);
    }
    List<List<FactoredMatrix.Entry>> highest = circuit.topOfRows(rows, count);
    List<List<FactoredMatrix.Entry>> lowest = circuit.bottomOfRows(rows, count);
    return new VocabularyMap(
        circuit.name(),
        circuit.gauge().label(),
        IntStream.range(0, rows.length)
            .mapToObj(
                i ->
                    new Row(
                        tokens[i],
                        text(model, tokens[i]),
                        weighed(model, highest.get(i)),
                        weighed(model, lowest.get(i))))
            .toList());
  }

  static long token(HookedTransformer model, long token) {
    if (token < 0 || token >= model.config().vocab()) {
      throw new IllegalArgumentException(
          "There is no token %d; the vocabulary has 0 to %d"
              .formatted(token, model.config().vocab() - 1));
    }
    return token;
  }

  private static List<Weighed> weighed(HookedTransformer model, List<FactoredMatrix.Entry> row) {
    return row.stream()
        .map(e -> new Weighed(e.column(), text(model, e.column()), e.value()))
        .toList();
  }

  /** Returns a token's text; its number if the model has no tokenizer, or that no such token. */
  static String text(HookedTransformer model, long token) {
    return model.hasTokenizer() && token < model.tokenizer().vocabSize()
        ? model.tokenizer().token(token)
        : "<" + token + ">";
  }

  /** Returns a row for each chosen token. */
  public Table table() {
    Table table = Table.of("token", "highest", "lowest");
    for (Row row : rows) {
      table = table.row(row.text(), words(row.highest()), words(row.lowest()));
    }
    return table;
  }

  private static String words(List<Weighed> tokens) {
    return tokens.stream().map(Weighed::toString).collect(Collectors.joining(" | "));
  }

  private String caption() {
    return "%s (%s)".formatted(name, gauge);
  }

  @Override
  public MimeBundle display() {
    return table().display(caption());
  }

  @Override
  public String toString() {
    return caption() + ":\n" + table();
  }
}
