package io.loupe.workbench.site;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One attention head. Prints as the literature writes it: {@code L9H6}.
 *
 * @param layer from 0
 * @param index the head within its layer, from 0
 */
public record Head(int layer, int index) implements Comparable<Head> {
  private static final Pattern NAME = Pattern.compile("L?(\\d+)[H.](\\d+)");

  public Head {
    if (layer < 0 || index < 0) {
      throw new IllegalArgumentException(
          "Layers and heads are counted from 0; got layer " + layer + ", head " + index);
    }
  }

  /** Names a head: {@code head(9, 6)} is L9H6. */
  public static Head head(int layer, int index) {
    return new Head(layer, index);
  }

  /** Reads {@code L9H6} or {@code 9.6}. */
  public static Head parse(String name) {
    Matcher matcher = NAME.matcher(name.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("A head is written L9H6 or 9.6; got '" + name + "'");
    }
    return new Head(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  @Override
  public String toString() {
    return "L" + layer + "H" + index;
  }

  @Override
  public int compareTo(Head other) {
    int byLayer = Integer.compare(layer, other.layer);
    return byLayer != 0 ? byLayer : Integer.compare(index, other.index);
  }
}
