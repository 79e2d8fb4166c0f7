package io.loupe.workbench.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A set of heads, in layer and head order; immutable. It is what ablations, gates, scores, overlaps
 * and plots take.
 */
public final class HeadSet implements Iterable<Head> {
  private final List<Head> heads;

  private HeadSet(Collection<Head> heads) {
    this.heads = List.copyOf(new TreeSet<>(heads));
  }

  public static HeadSet of(Head... heads) {
    return new HeadSet(Arrays.asList(heads));
  }

  public static HeadSet of(Collection<Head> heads) {
    return new HeadSet(heads);
  }

  /** Reads heads separated by commas or white space: {@code "L9H6, L9H9 10.0"}. */
  public static HeadSet parse(String text) {
    return new HeadSet(
        Stream.of(text.strip().split("[,\\s]+"))
            .filter(name -> !name.isEmpty())
            .map(Head::parse)
            .toList());
  }

  /** Returns every head of a model with so many layers and heads per layer. */
  public static HeadSet all(int layers, int headsPerLayer) {
    List<Head> all = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      for (int index = 0; index < headsPerLayer; index++) {
        all.add(new Head(layer, index));
      }
    }
    return new HeadSet(all);
  }

  /**
   * Draws {@code size} different heads of this set at random; the same seed draws the same heads.
   */
  public HeadSet sample(int size, long seed) {
    if (size < 0 || size > heads.size()) {
      throw new IllegalArgumentException(
          "Cannot draw " + size + " different heads from " + heads.size());
    }
    List<Head> shuffled = new ArrayList<>(heads);
    Collections.shuffle(shuffled, new Random(seed));
    return new HeadSet(shuffled.subList(0, size));
  }

  public HeadSet union(HeadSet other) {
    return new HeadSet(Stream.concat(heads.stream(), other.heads.stream()).toList());
  }

  public HeadSet intersection(HeadSet other) {
    return new HeadSet(heads.stream().filter(other.heads::contains).toList());
  }

  public HeadSet minus(HeadSet other) {
    return new HeadSet(heads.stream().filter(head -> !other.heads.contains(head)).toList());
  }

  /** Returns the heads of one layer; empty if there are none. */
  public HeadSet inLayer(int layer) {
    return new HeadSet(heads.stream().filter(head -> head.layer() == layer).toList());
  }

  /** Returns the layers that have a head here, ascending. */
  public List<Integer> layers() {
    return heads.stream().map(Head::layer).distinct().toList();
  }

  /** Returns intersection over union, 1 for two empty sets. */
  public double jaccard(HeadSet other) {
    int union = union(other).size();
    return union == 0 ? 1 : intersection(other).size() / (double) union;
  }

  public boolean contains(Head head) {
    return heads.contains(head);
  }

  public int size() {
    return heads.size();
  }

  public boolean isEmpty() {
    return heads.isEmpty();
  }

  /** Returns the heads in layer and head order; immutable. */
  public List<Head> toList() {
    return heads;
  }

  /** Writes the set as one line of text that {@link #load} reads. */
  public void save(Path file) throws IOException {
    Files.writeString(
        file, heads.stream().map(Head::toString).collect(Collectors.joining(" ")) + "\n");
  }

  /** Reads a set that {@link #save} wrote. */
  public static HeadSet load(Path file) throws IOException {
    return parse(Files.readString(file));
  }

  @Override
  public Iterator<Head> iterator() {
    return heads.iterator();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HeadSet set && heads.equals(set.heads);
  }

  @Override
  public int hashCode() {
    return heads.hashCode();
  }

  @Override
  public String toString() {
    return heads.toString();
  }
}
