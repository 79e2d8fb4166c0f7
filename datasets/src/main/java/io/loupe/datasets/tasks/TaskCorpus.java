package io.loupe.datasets.tasks;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.context.KeyValueText;
import io.loupe.datasets.context.ManyShot;
import io.loupe.datasets.context.MultiDocument;
import io.loupe.datasets.context.Needle;
import io.loupe.datasets.context.NeedleKind;
import io.loupe.datasets.language.Agreement;
import io.loupe.datasets.language.Biographies;
import io.loupe.datasets.language.ColouredObjects;
import io.loupe.datasets.language.GenderedPronoun;
import io.loupe.datasets.language.GreaterThan;
import io.loupe.datasets.language.IndirectObject;
import io.loupe.datasets.language.OneToMany;
import io.loupe.datasets.language.Relation;
import io.loupe.datasets.language.RelationTask;
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
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Text to train a language model on, so that the circuits that the tasks look for come to be in it:
 * a line is the clean text of an example with its answer, or a biography of one of the people of
 * {@link WorldFacts}. A line feed inside an example is written as a backslash and an n. All
 * examples are of one split, so that no prompt of another split is in the text; what must not be
 * seen together, such as the two names of a test prompt, is not. Lines do not depend on a
 * tokenizer. The same split, number of lines and seed give the same text.
 */
public final class TaskCorpus {
  private static final int BLOCK = 1000;
  private static final TextTokens WORD = TextTokens.words();

  /** The words of repeated sequences; not the names, which belong to other tasks. */
  private static final List<String> WORDS =
      Words.nouns("person", "animal", "thing", "place").stream().map(Words.Noun::singular).toList();

  /**
   * A kind of line.
   *
   * @param task what it is an example of; null for biographies
   * @param weight how many lines it has against the other kinds'
   * @param end what follows the answer
   */
  private record Kind(@Nullable Task<? extends Pair<?>> task, int weight, String end) {}

  private final Split split;
  private final List<Kind> kinds;
  private final Biographies biographies = new Biographies();
  private final Set<String> askable = new TreeSet<>();

  /** The text of one split, of lines of up to some 150 words. */
  public TaskCorpus(Split split) {
    this(split, sentences());
  }

  private TaskCorpus(Split split, List<Kind> kinds) {
    this.split = split;
    this.kinds = List.copyOf(kinds);
    new KeyValueText(2, WORD).draw(split, 3000, 0).forEach(pair -> askable.add(pair.group()));
  }

  /**
   * The text of one split, of lines of 120 to 500 words: long lists of keys and values, and needles
   * of every kind at every depth.
   */
  public static TaskCorpus ofLongTexts(Split split) {
    List<Kind> kinds = new ArrayList<>();
    for (int pairs : new int[] {48, 64, 80, 90}) {
      kinds.add(new Kind(new KeyValueText(pairs, WORD), 12, "."));
    }
    for (NeedleKind kind : NeedleKind.values()) {
      for (int length : new int[] {120, 240, 360, 500}) {
        for (double depth : new double[] {0, 0.2, 0.4, 0.6, 0.8, 1}) {
          kinds.add(new Kind(new Needle(kind, length, depth, WORD), 1, "."));
        }
      }
    }
    return new TaskCorpus(split, kinds);
  }

  private static List<Kind> sentences() {
    List<Kind> all = new ArrayList<>();
    all.add(new Kind(new IndirectObject(), 20, "."));
    all.add(new Kind(new GreaterThan(), 8, "."));
    all.add(new Kind(new Successor(), 8, "."));
    all.add(new Kind(new GenderedPronoun(), 8, "?"));
    all.add(new Kind(new Agreement(), 8, " there."));
    all.add(new Kind(new Agreement(2, WORD), 4, " there."));
    all.add(new Kind(new WorldFacts(), 20, "."));
    all.add(new Kind(null, 14, ""));
    for (int pairs : new int[] {2, 4, 8, 16, 32}) {
      all.add(new Kind(new KeyValueText(pairs, WORD), 3, "."));
    }
    for (int half : new int[] {6, 12, 24}) {
      all.add(new Kind(new RepeatedTokens(0, WORDS.size(), half), 3, "."));
    }
    all.add(new Kind(new ColouredObjects(), 4, "."));
    for (Relation relation : Relation.values()) {
      all.add(new Kind(new RelationTask(relation), 1, "."));
    }
    all.add(new Kind(new OneToMany(), 3, "."));
    for (int gold = 1; gold <= 4; gold++) {
      all.add(
          new Kind(new MultiDocument(4, gold, MultiDocument.Distractors.RELATED, WORD), 1, "."));
    }
    all.add(new Kind(new ManyShot(4, ManyShot.Corruption.QUERY, WORD), 1, "."));
    all.add(new Kind(new ManyShot(8, ManyShot.Corruption.QUERY, WORD), 1, "."));
    for (NeedleKind kind : NeedleKind.values()) {
      for (double depth : new double[] {0.2, 0.8}) {
        all.add(new Kind(new Needle(kind, 90, depth, WORD), 1, "."));
      }
    }
    return all;
  }

  /** Returns the tasks whose examples are in the text. */
  public List<Task<?>> tasks() {
    List<Task<?>> tasks = new ArrayList<>();
    for (Kind kind : kinds) {
      if (kind.task != null) {
        tasks.add(kind.task);
      }
    }
    return List.copyOf(tasks);
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
    Task<? extends Pair<?>> task = kind.task;
    if (task == null) {
      for (int i = 0; i < count; i++) {
        lines.add(biographies.next(random));
      }
      return lines;
    }
    BigInteger size = task.size(split);
    while (lines.size() < count) {
      int more = size.min(BigInteger.valueOf(count - (long) lines.size())).intValueExact();
      for (Pair<?> pair : task.draw(split, more, random.nextLong())) {
        String line = line(pair, random) + kind.end;
        if (task instanceof KeyValueText) {
          line += questions(((PromptPair) pair).clean(), random);
        }
        lines.add(line.replace("\n", "\\n"));
      }
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

  /** Up to four more questions on a list, for keys that this split may ask for. */
  private String questions(Prompt list, Random random) {
    int pairs = (list.spans().size() - 1) / 2;
    StringBuilder more = new StringBuilder();
    for (int i = random.nextInt(5); i > 0; i--) {
      int asked = 1 + random.nextInt(pairs);
      String key = list.textOf("key" + asked);
      if (askable.contains(key)) {
        more.append(" Now the %s %s.".formatted(key, list.textOf("value" + asked)));
      }
    }
    return more.toString();
  }
}
