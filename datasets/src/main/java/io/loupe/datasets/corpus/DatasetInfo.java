package io.loupe.datasets.corpus;

/**
 * What a dataset says of itself.
 *
 * @param name short and lower case, such as {@code known-1000}
 * @param items what its items are, in the plural, such as {@code facts}
 * @param description what is in it, in one or two sentences
 * @param paper authors, year and title
 * @param licence the licence's short name, such as {@code CC BY 4.0}
 * @param source where it is published
 * @param shipped how much of it is shipped
 */
public record DatasetInfo(
    String name,
    String items,
    String description,
    String paper,
    String licence,
    String source,
    String shipped) {
  public DatasetInfo {
    for (String text : new String[] {name, items, description, paper, licence, source, shipped}) {
      if (text.isBlank()) {
        throw new IllegalArgumentException("No part of a dataset's description may be blank");
      }
    }
  }
}
