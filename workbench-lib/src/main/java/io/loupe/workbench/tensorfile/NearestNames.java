package io.loupe.workbench.tensorfile;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Finds what a misspelt name may have meant. */
public final class NearestNames {
  private static final int SHOWN = 3;

  private NearestNames() {}

  /** Returns a sentence that lists the names nearest to the wanted one by edit distance. */
  public static String hint(String wanted, Collection<String> names) {
    if (names.isEmpty()) {
      return "there are no tensors at all";
    }
    List<String> nearest =
        names.stream()
            .map(name -> Map.entry(name, distance(wanted, name)))
            .sorted(Comparator.comparingInt(Map.Entry::getValue))
            .limit(SHOWN)
            .map(Map.Entry::getKey)
            .toList();
    return nearest.stream()
        .collect(Collectors.joining("', '", "the nearest of " + names.size() + " names: '", "'"));
  }

  /** Levenshtein's distance, one row of the table at a time. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
