package io.loupe.notebooks.eval;

import java.util.List;

/**
 * What could stand at the cursor.
 *
 * @param candidates replacements for the text from {@code start} to {@code end}, likeliest first
 * @param start offset of the first character to replace
 * @param end offset behind the last character to replace: the cursor
 */
public record Completion(List<String> candidates, int start, int end) {
  public Completion {
    candidates = List.copyOf(candidates);
  }
}
