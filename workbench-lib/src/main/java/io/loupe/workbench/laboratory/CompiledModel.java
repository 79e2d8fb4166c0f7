package io.loupe.workbench.laboratory;

import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.Task;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A model whose weights were written by hand, so that its circuit is known: ground truth for
 * methods that look for circuits.
 *
 * <p>Its attention is saturated: a score of one key is so far above the others that their
 * probabilities are exactly 0 in float32, or the keys share it evenly. So it computes its {@link
 * #function} exactly; and the gradient at every score is 0, which is why a method that takes the
 * gradient at one point cannot see edges into queries and keys.
 *
 * @param name e.g. {@code compiled-induction}
 * @param summary what it computes and how, for people
 * @param model the model; it has no tokenizer
 * @param vocabulary the token of each id
 * @param task prompts that it answers at their last position; the corrupted ones are other prompts
 *     of the same length with another answer
 * @param function what it says at each position of any input of its {@link #alphabet}, -1 where it
 *     says nothing that counts
 * @param alphabet ids that an input may have at a position
 * @param edges the whole circuit, in the order of the forward pass; every edge that is not here is
 *     of no effect on what the model says
 */
public record CompiledModel(
    String name,
    String summary,
    HookedTransformer model,
    List<String> vocabulary,
    Task<IdPair> task,
    UnaryOperator<int[]> function,
    Alphabet alphabet,
    SortedSet<KnownEdge> edges)
    implements Displayable {
  /** Inputs of a pass. */
  private static final int BATCH = 4096;

  /**
   * The inputs that a model was made for.
   *
   * @param first the token that every input begins with; empty if it may be any
   * @param others how many ids, from 0 on, may stand at the other positions
   * @param longest how many tokens an input may have
   */
  public record Alphabet(Optional<Integer> first, int others, int longest) {}

  /**
   * Prompts, ready to be patched: each ends where the answer is read, padded on the left where
   * their lengths differ.
   *
   * @param clean the prompts
   * @param corrupted as many, of the same lengths, with other answers
   * @param metric the logit of the clean prompt's answer minus that of the corrupted one's
   */
  public record Prompts(Tokens clean, Tokens corrupted, Metric metric) {}

  public CompiledModel {
    vocabulary = List.copyOf(vocabulary);
    edges = Collections.unmodifiableSortedSet(new TreeSet<>(edges));
    for (KnownEdge edge : edges) {
      edge.source().check(model.config());
      edge.target().check(model.config());
    }
  }

  /**
   * Returns the edges that exchanging activations between prompts of a length can show: those that
   * carry something that depends on the tokens, and act in an untouched run. An input from another
   * prompt may also wake a head that stands in for another; its edges have the role {@link
   * KnownEdge.Role#BACKUP} and are not here.
   */
  public List<KnownEdge> tokenEdges() {
    return edges.stream()
        .filter(edge -> edge.carries() == KnownEdge.Carries.TOKENS)
        .filter(edge -> edge.role() == KnownEdge.Role.MAIN)
        .toList();
  }

  /** Returns the heads of the circuit, those that only stand in for others too. */
  public HeadSet heads() {
    return HeadSet.of(
        edges.stream()
            .map(KnownEdge::source)
            .filter(Node.Attention.class::isInstance)
            .map(node -> ((Node.Attention) node).head())
            .toList());
  }

  /** Returns the heads that no edge leaves: whatever they look at, they do nothing. */
  public HeadSet uselessHeads() {
    return model.config().allHeads().minus(heads());
  }

  /**
   * Draws different prompts of the task's test split.
   *
   * @param count how many, 1 to the size of that split
   * @throws IllegalArgumentException if there are not so many
   */
  public Prompts prompts(int count, long seed) {
    List<IdPair> pairs = task.draw(Split.TEST, count, seed);
    return new Prompts(
        tokens(pairs.stream().map(pair -> pair.clean().toArray()).toArray(long[][]::new)),
        tokens(pairs.stream().map(pair -> pair.corrupted().toArray()).toArray(long[][]::new)),
        Metrics.logitDifference(
            pairs.stream().mapToLong(IdPair::answer).toArray(),
            pairs.stream().mapToLong(IdPair::wrong).toArray()));
  }

  private static Tokens tokens(long[][] rows) {
    return Tokens.padded(Tokens.Padding.LEFT, rows);
  }

  /**
   * Returns the share of positions at which the model says what the function says: the one largest
   * logit is that token's. Positions at which the function says nothing do not count.
   *
   * @param inputs of one length, [input][position]
   */
  public double accuracy(int[][] inputs) {
    long[][] rows =
        Arrays.stream(inputs)
            .map(ids -> Arrays.stream(ids).asLongStream().toArray())
            .toArray(long[][]::new);
    int vocab = model.config().vocab();
    long asked = 0;
    long right = 0;
    try (Run run = model.run(Tokens.of(rows))) {
      double[] logits = Tensors.doubles(run.logits());
      int at = 0;
      for (int[] ids : inputs) {
        for (int said : function.apply(ids)) {
          asked += said < 0 ? 0 : 1;
          right += said >= 0 && LabelScores.isLargest(logits, at, vocab, said) ? 1 : 0;
          at += vocab;
        }
      }
    }
    return (double) right / asked;
  }

  /**
   * Returns how many inputs of a length there are.
   *
   * @param length 1 to the longest
   * @throws IllegalArgumentException if the length is another
   */
  public long inputs(int length) {
    requireLength(length);
    double count = Math.pow(alphabet.others(), length - fixed());
    return count < Long.MAX_VALUE ? Math.round(count) : Long.MAX_VALUE;
  }

  /**
   * Returns the {@link #accuracy} on all inputs of a length, some thousand at a time. The model is
   * causal, so this covers the inputs that are shorter too.
   *
   * @param length 1 to the longest; see {@link #inputs} for how many that are
   */
  public double accuracyOnAll(int length) {
    long count = inputs(length);
    double right = 0;
    double asked = 0;
    for (long from = 0; from < count; from += BATCH) {
      int[][] some = new int[(int) Math.min(BATCH, count - from)][];
      for (int i = 0; i < some.length; i++) {
        some[i] = input(from + i, length);
      }
      long positions = Arrays.stream(some).mapToLong(this::asked).sum();
      right += positions == 0 ? 0 : accuracy(some) * positions;
      asked += positions;
    }
    return right / asked;
  }

  /** The input whose digits, in base {@code others}, are a number. */
  private int[] input(long number, int length) {
    int[] ids = new int[length];
    ids[0] = alphabet.first().orElse(0);
    long left = number;
    for (int i = fixed(); i < length; i++) {
      ids[i] = (int) (left % alphabet.others());
      left /= alphabet.others();
    }
    return ids;
  }

  private long asked(int[] ids) {
    return Arrays.stream(function.apply(ids)).filter(said -> said >= 0).count();
  }

  private int fixed() {
    return alphabet.first().isPresent() ? 1 : 0;
  }

  private void requireLength(int length) {
    if (length < 1 || length > alphabet.longest()) {
      throw new IllegalArgumentException(
          "Expected inputs of 1 to %d tokens; got %d".formatted(alphabet.longest(), length));
    }
  }

  /**
   * Draws inputs at random, from all that the model was made for.
   *
   * @param count how many
   * @param length of each, 1 to the longest
   * @return [input][position]
   */
  public int[][] random(int count, int length, long seed) {
    requireLength(length);
    if (count < 1) {
      throw new IllegalArgumentException("Expected at least one input; got " + count);
    }
    SplittableRandom random = new SplittableRandom(seed);
    int[][] inputs = new int[count][length];
    for (int[] ids : inputs) {
      Arrays.setAll(ids, position -> random.nextInt(alphabet.others()));
      ids[0] = alphabet.first().orElse(ids[0]);
    }
    return inputs;
  }

  /** Returns a row's tokens as words, for the axes of figures. */
  public List<String> labels(Tokens tokens, int row) {
    return Arrays.stream(tokens.row(row)).mapToObj(id -> vocabulary.get((int) id)).toList();
  }

  /** Shows the edges. */
  public Table table() {
    Table table = Table.of("source", "target", "carries", "acts");
    for (KnownEdge edge : edges) {
      table =
          table.row(
              edge.source().toString(),
              edge.target().toString(),
              edge.carries() == KnownEdge.Carries.TOKENS ? "tokens" : "positions alone",
              edge.role() == KnownEdge.Role.MAIN ? "always" : "as a backup");
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return table().display();
  }

  @Override
  public String toString() {
    return "%s: %s. Edges: %s"
        .formatted(
            name,
            summary,
            edges.stream().map(KnownEdge::toString).collect(Collectors.joining(", ")));
  }
}
