package io.loupe.datasets.facts;

import io.loupe.datasets.Prompt;
import java.time.LocalDate;

/**
 * A book, a film or a song.
 *
 * @param kind {@code book}, {@code movie} or {@code song}
 * @param publishedTest whether it is in the test part of the paper
 */
public record Artwork(
    String title, String creator, String kind, LocalDate released, boolean publishedTest) {
  /** Returns the title as a prompt, with the span {@code entity}. */
  public Prompt prompt() {
    return Prompt.of(title).mark("entity", 0, title.length());
  }

  /** Returns the time of release in years, with the part of the year that had passed. */
  public double year() {
    return released.getYear() + (released.getDayOfYear() - 1.0) / released.lengthOfYear();
  }
}
