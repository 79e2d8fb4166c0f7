package io.loupe.workbench.hub;

import java.time.Duration;

/**
 * How long to wait for a hub, and how often to try.
 *
 * @param tries how often a request is made that brings nothing new before it is given up; a
 *     download that got further counts from the start again
 * @param firstWait time before the second try; it doubles from try to try
 * @param longestWait the most that is waited before a try, also if the server asks for more
 * @param connect time to connect in
 * @param stall time without a byte after which a connection counts as broken
 * @param report time between two lines of progress
 */
public record Patience(
    int tries,
    Duration firstWait,
    Duration longestWait,
    Duration connect,
    Duration stall,
    Duration report) {
  /** Five tries over a quarter of a minute; ten seconds without a byte are too many. */
  public static final Patience DEFAULT =
      new Patience(
          5,
          Duration.ofSeconds(1),
          Duration.ofMinutes(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofMillis(500));

  public Patience {
    if (tries < 1) {
      throw new IllegalArgumentException("Expected at least one try, got " + tries);
    }
  }

  Patience once() {
    return new Patience(1, firstWait, longestWait, connect, stall, report);
  }
}
