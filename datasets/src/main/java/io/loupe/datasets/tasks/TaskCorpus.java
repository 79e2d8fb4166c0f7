package io.loupe.datasets.tasks;

import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.context.KeyValueText;
import io.loupe.datasets.language.Agreement;
import io.loupe.datasets.language.GenderedPronoun;
import io.loupe.datasets.language.GreaterThan;
import io.loupe.datasets.language.IndirectObject;
import io.loupe.datasets.language.Successor;
import io.loupe.datasets.language.WorldFacts;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.Pair;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.Task;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.io.IOException;
import java.io.Writer;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Text to train a language model on, so that the circuits that the tasks look for come to be in it:
 * a line is the clean text of an example with its answer. All examples are of one split, so that no
 * prompt of another split is in the text; what must not be seen together, such as the two names of
 * a test prompt, is not. Lines do not depend on a tokenizer. The same split, number of lines and
 * seed give the same text.
 */
public final class TaskCorpus {
  private static final int BLOCK = 1000;

  /** The words of repeated sequences; not the names, which belong to other tasks. */
  private static final List<String> WORDS =
      Words.nouns("person", "animal", "thing", "place").stream().map(Words.Noun::singular).toList();

  /**
   * A kind of line.
   *
   * @param weight how many lines it has against the other kinds'
   * @param end what follows the answer
   */
  private record Kind(Task<? extends Pair<?>> task, int weight, String end) {}

  private final Split split;
  private final List<Kind> kinds;

  /** The text of one split. */
  public TaskCorpus(Split split) {
    this.split = split;
    List<Kind> all = new ArrayList<>();
    all.add(new Kind(new IndirectObject(), 20, "."));
    all.add(new Kind(new GreaterThan(), 8, "."));
    all.add(new Kind(new Successor(), 8, "."));
    all.add(new Kind(new GenderedPronoun(), 8, "?"));
    all.add(new Kind(new Agreement(), 8, " there."));
    all.add(new Kind(new Agreement(2, TextTokens.words()), 4, " there."));
    all.add(new Kind(new WorldFacts(), 20, "."));
    for (int pairs : new int[] {2, 4, 8, 16, 32}) {
      all.add(new Kind(new KeyValueText(pairs, TextTokens.words()), 3, "."));
    }
    for (int half : new int[] {6, 12, 24}) {
      all.add(new Kind(new RepeatedTokens(0, WORDS.size(), half), 3, "."));
    }
    kinds = List.copyOf(all);
  }

  /** Returns the tasks whose examples are in the text. */
  public List<Task<?>> tasks() {
    return kinds.stream().<Task<?>>map(Kind::task).toList();
  }

  /**
   * Writes lines, each with a line feed behind it. The writer is neither flushed nor closed.
   *
   * @param lines how many, 0 or more; a longer text begins with a shorter one of the same seed
   * @throws IOException if the writer does
   */
  public void write(Writer out, long lines, long seed) throws IOException {
    if (lines < 0) {
      throw new IllegalArgumentException("Expected 0 lines or more, got " + lines);
    }
    for (long start = 0; start < lines; start += BLOCK) {
      List<String> block = block(new Random(seed ^ (start * 0x9e3779b97f4a7c15L)));
      for (String line : block.subList(0, (int) Math.min(BLOCK, lines - start))) {
        out.write(line);
        out.write('\n');
      }
    }
  }

  /** A thousand lines; within them no kind repeats an example unless it has too few. */
  private List<String> block(Random random) {
    int total = kinds.stream().mapToInt(Kind::weight).sum();
    List<Kind> order = new ArrayList<>();
    for (int i = 0; i < BLOCK; i++) {
      order.add(at(random.nextInt(total)));
    }
    List<Iterator<String>> lines = new ArrayList<>();
    for (Kind kind : kinds) {
      int count = (int) order.stream().filter(kind::equals).count();
      lines.add(lines(kind, count, random).iterator());
    }
    return order.stream().map(kind -> lines.get(kinds.indexOf(kind)).next()).toList();
  }

  private Kind at(int weight) {
    int left = weight;
    for (Kind kind : kinds) {
      left -= kind.weight;
      if (left < 0) {
        return kind;
      }
    }
    throw new IllegalStateException("A weight beyond the sum of all: " + weight);
  }

  private List<String> lines(Kind kind, int count, Random random) {
    List<String> lines = new ArrayList<>();
    BigInteger size = kind.task.size(split);
    while (lines.size() < count) {
      int more = size.min(BigInteger.valueOf(count - (long) lines.size())).intValueExact();
      kind.task
          .draw(split, more, random.nextLong())
          .forEach(pair -> lines.add(line(pair, random) + kind.end));
    }
    return lines;
  }

  private static String line(Pair<?> pair, Random random) {
    if (pair instanceof PromptPair text) {
      return text.clean().text() + text.answers().get(random.nextInt(text.answers().size()));
    }
    List<Integer> ids = ((IdPair) pair).clean().ids();
    return ids.stream().map(WORDS::get).collect(Collectors.joining(" ", "Words: ", ""));
  }
}
