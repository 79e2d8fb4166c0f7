package io.loupe.probes.store;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The columns of a shard that say which token each row is. */
final class TokenColumns {
  private TokenColumns() {}

  /**
   * Returns the columns of some documents' rows, by name.
   *
   * @param first the place of the first of them in the corpus
   * @param labels the values of each kind of label, sorted
   */
  static Map<String, int[]> of(
      List<Document> documents, int first, Map<String, List<String>> labels) {
    Map<String, int[]> columns = new LinkedHashMap<>();
    int count = documents.size();
    columns.put(
        StoreLayout.DOCUMENT,
        IntStream.range(0, count)
            .flatMap(i -> IntStream.generate(() -> first + i).limit(documents.get(i).length()))
            .toArray());
    columns.put(
        StoreLayout.POSITION,
        documents.stream().flatMapToInt(d -> IntStream.range(0, d.length())).toArray());
    columns.put(
        StoreLayout.TOKEN,
        documents.stream()
            .flatMapToInt(d -> Arrays.stream(d.tokens()).mapToInt(Math::toIntExact))
            .toArray());
    labels.forEach(
        (name, values) ->
            columns.put(
                StoreLayout.LABEL + name,
                documents.stream().flatMapToInt(d -> places(d, name, values)).toArray()));
    return columns;
  }

  /** Returns -1 where a token has no label. */
  private static IntStream places(Document document, String name, List<String> sorted) {
    List<String> own = document.labels().get(name);
    return own == null
        ? IntStream.generate(() -> -1).limit(document.length())
        : own.stream().mapToInt(l -> l.isEmpty() ? -1 : Collections.binarySearch(sorted, l));
  }
}
