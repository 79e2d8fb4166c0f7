package io.loupe.notebooks.jupyter;

import java.util.List;

/**
 * One thing that the doctor looked at.
 *
 * @param name what was looked for
 * @param ok whether it is there
 * @param found what was found
 * @param remedies the commands that get it, each with for whom it is; empty if it is there
 */
record Check(String name, boolean ok, String found, List<String> remedies) {
  Check {
    remedies = List.copyOf(remedies);
  }

  static Check ok(String name, String found) {
    return new Check(name, true, found, List.of());
  }

  static Check missing(String name, String found, String... remedies) {
    return new Check(name, false, found, List.of(remedies));
  }

  /** Returns the lines to print: the state, and below it how to get what is missing. */
  List<String> lines() {
    String head = "%-8s %-12s %s".formatted(ok ? "OK" : "MISSING", name, found);
    String margin = " ".repeat(9);
    return java.util.stream.Stream.concat(
            java.util.stream.Stream.of(head), remedies.stream().map(remedy -> margin + remedy))
        .toList();
  }
}
