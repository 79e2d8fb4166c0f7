package io.loupe.workbench.laboratory;

import static io.loupe.workbench.laboratory.CircuitBuilder.GAP;
import static io.loupe.workbench.laboratory.CircuitBuilder.embedding;
import static io.loupe.workbench.laboratory.CircuitBuilder.from;
import static io.loupe.workbench.laboratory.CircuitBuilder.fromMlp;
import static io.loupe.workbench.laboratory.CircuitBuilder.key;
import static io.loupe.workbench.laboratory.CircuitBuilder.mlp;
import static io.loupe.workbench.laboratory.CircuitBuilder.query;
import static io.loupe.workbench.laboratory.CircuitBuilder.value;

import io.loupe.workbench.display.Table;
import io.loupe.workbench.laboratory.CompiledModel.Alphabet;
import io.loupe.workbench.nn.Dimensions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Models whose weights are written by hand: causal, without norms, with saturated attention, exact
 * on every input. What they compute could be written in RASP (Weiss et al. 2021, Thinking Like
 * Transformers) and compiled as Tracr does (Lindner et al. 2023, Tracr: Compiled Transformers as a
 * Laboratory for Interpretability); here each is put together head by head, so that it has the
 * parts that trained models have too, and no others.
 *
 * <p>Each method without parameters gives the usual size; the other one any size. Memory and time
 * are those of a tiny model, so they are made anew at each call.
 */
public final class CompiledModels {
  /** What logits of right answers are above others: probabilities of 1 - 1e-8 and so. */
  private static final double SHARP = 20;

  private static final Map<String, Supplier<CompiledModel>> ALL = all();

  private CompiledModels() {}

  private static Map<String, Supplier<CompiledModel>> all() {
    Map<String, Supplier<CompiledModel>> all = new LinkedHashMap<>();
    all.put("compiled-induction", CompiledModels::induction);
    all.put("compiled-previous-token-sum", CompiledModels::previousTokenSum);
    all.put("compiled-sort", CompiledModels::sortByCounting);
    all.put("compiled-key-value", CompiledModels::keyValueLookup);
    all.put("compiled-backup-head", CompiledModels::backupHead);
    all.put("compiled-useless-head", CompiledModels::uselessHead);
    return all;
  }

  /** Returns the names that {@link #byName} takes. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * Returns the model of that name, in its usual size.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static CompiledModel byName(String name) {
    Supplier<CompiledModel> model = ALL.get(name);
    if (model == null) {
      throw new IllegalArgumentException(
          "There is no compiled model '%s'; there are %s".formatted(name, ALL.keySet()));
    }
    return model.get();
  }

  /** Shows what there is. */
  public static Table overview() {
    Table table = Table.of("compiled model", "what it computes", "layers", "heads", "edges");
    for (String name : ALL.keySet()) {
      CompiledModel model = byName(name);
      table =
          table.row(
              name,
              model.summary(),
              model.model().config().layers(),
              model.model().config().heads(),
              model.edges().size());
    }
    return table;
  }

  // induction

  /** Induction among 16 letters, up to 12 tokens; see {@link #induction(int, int)}. */
  public static CompiledModel induction() {
    return induction(16, 12);
  }

  /**
   * Induction (Elhage et al. 2021, A Mathematical Framework for Transformer Circuits): says the
   * token that followed the last earlier occurrence of the present one; the first token, {@code
   * <s>}, if there was none.
   *
   * <p>L0H0 looks at the token before and copies it into a slot of its own. L1H0's query is the
   * present token, its key that slot: it looks at the token behind the occurrence, of several at
   * the last, and copies it into the slot that the logits are read from. Where nothing matches, a
   * constant at the first position is the largest score.
   *
   * @param letters how many different ones, 3 or more
   * @param length the longest input, {@code <s>} counted, 4 to {@code letters + 2}
   */
  public static CompiledModel induction(int letters, int length) {
    return inductionWith(new InductionShape("compiled-induction", letters, length, 2, 1));
  }

  // useless head

  /** Induction with a decoy, of the usual size; see {@link #uselessHead(int, int)}. */
  public static CompiledModel uselessHead() {
    return uselessHead(16, 12);
  }

  /**
   * {@link #induction(int, int)} with a second head in each layer that looks exactly where the
   * first one does and is of no use: L0H1 copies the token before into a slot that only L1H1 reads,
   * and L1H1 copies the right answer into a slot that nothing reads. Scores that look at the
   * patterns alone take them for the circuit; ablation does not.
   */
  public static CompiledModel uselessHead(int letters, int length) {
    return inductionWith(new InductionShape("compiled-useless-head", letters, length, 2, 2));
  }

  // backup head

  /** Induction with a backup head, of the usual size; see {@link #backupHead(int, int)}. */
  public static CompiledModel backupHead() {
    return backupHead(16, 12);
  }

  /**
   * {@link #induction(int, int)} with a third layer whose head stands in for the induction head, as
   * the backup name movers of Wang et al. 2022 (Interpretability in the Wild) do.
   *
   * <p>L2H0 matches as L1H0 does. But its query also reads what L1H0 wrote, and its keys their
   * tokens: what would be said a second time is suppressed (McDougall et al. 2023, Copy
   * Suppression), and the head looks at the first token, which it copies nothing of. Without L1H0's
   * answer (set to zero, to its mean over prompts, or to another prompt's) it looks where L1H0
   * looks and writes half as much, so that the answer comes back with half its logit. In an
   * untouched run it says nothing where letters differ; where one occurs several times it may add
   * half a logit to what followed an earlier occurrence.
   */
  public static CompiledModel backupHead(int letters, int length) {
    return inductionWith(new InductionShape("compiled-backup-head", letters, length, 3, 1));
  }

  private record InductionShape(String name, int letters, int length, int layers, int heads) {}

  private static CompiledModel inductionWith(InductionShape shape) {
    int letters = shape.letters();
    int length = shape.length();
    atLeast("letters", letters, 3);
    atLeast("length", length, 4);
    atLeast("letters of a text of %d tokens".formatted(length), letters, length - 2);
    int vocab = letters + 1;
    boolean backup = shape.layers() > 2;
    boolean decoy = shape.heads() > 1;
    int token = 0;
    int position = token + vocab;
    int previous = position + length;
    int said = previous + letters;
    int uselessPrevious = said + vocab;
    int uselessSaid = uselessPrevious + (decoy ? letters : 0);
    int width = uselessSaid + (decoy ? vocab : 0);
    int dHead = Math.max(length, (backup ? 2 : 1) * vocab + 1);
    CircuitBuilder circuit =
        new CircuitBuilder(
            new Dimensions(
                shape.layers(), width, shape.heads(), shape.heads(), dHead, 0, vocab, length));
    circuit.tokens(token, vocab).positions(position).logits(said, vocab, SHARP);
    circuit.head(0, 0).previousToken(position).copy(0, token, previous, letters, 1);
    Matching matching = new Matching(letters, length, token, position, previous);
    double first = GAP * length;
    double match = first + GAP;
    matching.into(circuit.head(1, 0), match, first).copy(0, token, said, vocab, 1);
    noteMatchingEdges(circuit);
    String what =
        "says what followed the last earlier occurrence of the present token, <s> if there is none";
    if (decoy) {
      circuit.head(0, 1).previousToken(position).copy(0, token, uselessPrevious, letters, 1);
      new Matching(letters, length, token, position, uselessPrevious)
          .into(circuit.head(1, 1), match, first)
          .copy(0, token, uselessSaid, vocab, 1);
      what += "; L0H1 and L1H1 look where induction heads look and do nothing";
    }
    if (backup) {
      double suppression = 2 * GAP * (length + 1);
      CircuitBuilder.HeadBuilder head = circuit.head(2, 0);
      matching.into(head, first + GAP + suppression / 2, first).copy(0, token, said, letters, 0.5);
      for (int letter = 0; letter < letters; letter++) {
        head.query(vocab + 1 + letter, said + letter, -suppression)
            .key(vocab + 1 + letter, token + letter, 1);
      }
      circuit
          .backupEdge(embedding(), query(2, 0))
          .backupEdge(from(1, 0), query(2, 0))
          .backupEdge(embedding(), key(2, 0))
          .backupEdge(from(0, 0), key(2, 0))
          .backupEdge(embedding(), value(2, 0))
          .backupEdge(from(2, 0), circuit.logits());
      what += "; L2H0 says half of it if L1H0 does not";
    }
    return new CompiledModel(
        shape.name(),
        what,
        circuit.model(shape.name()),
        letters(letters),
        CompiledPrompts.induction(shape.name(), letters, length),
        ids -> CompiledFunctions.induction(ids, letters),
        new Alphabet(Optional.of(letters), vocab, length),
        circuit.edges());
  }

  /**
   * A head that looks at the position before which the present token stood: the last such, the
   * first position if there is none.
   */
  private record Matching(int letters, int length, int token, int position, int previous) {
    /**
     * Writes queries and keys.
     *
     * @param match the score of a match
     * @param first the score of the first position
     */
    CircuitBuilder.HeadBuilder into(CircuitBuilder.HeadBuilder head, double match, double first) {
      for (int letter = 0; letter < letters; letter++) {
        head.query(letter, token + letter, match).key(letter, previous + letter, 1);
      }
      return favouringLate(head, letters, length, position, first);
    }
  }

  /**
   * The edges of L0H0, which looks at the token before, and L1H0, which matches what that wrote.
   */
  private static void noteMatchingEdges(CircuitBuilder circuit) {
    circuit
        .positionEdge(embedding(), query(0, 0))
        .positionEdge(embedding(), key(0, 0))
        .edge(embedding(), value(0, 0))
        .edge(embedding(), query(1, 0))
        .positionEdge(embedding(), key(1, 0))
        .edge(from(0, 0), key(1, 0))
        .edge(embedding(), value(1, 0))
        .edge(from(1, 0), circuit.logits());
  }

  /** Later positions have larger scores than earlier ones, the first one has a score of its own. */
  private static CircuitBuilder.HeadBuilder favouringLate(
      CircuitBuilder.HeadBuilder head, int inHead, int length, int position, double first) {
    head.query(inHead, 1).key(inHead, position, first);
    for (int late = 1; late < length; late++) {
      head.key(inHead, position + late, GAP * late);
    }
    return head;
  }

  // sum with the token before

  /** Sums of numbers to 9, up to 12 tokens; see {@link #previousTokenSum(int, int)}. */
  public static CompiledModel previousTokenSum() {
    return previousTokenSum(9, 12);
  }

  /**
   * Says the sum of the present number and the one before, as far as the vocabulary goes; {@code
   * <s>} counts as 0.
   *
   * <p>A number is one dimension of the stream. L0H0 looks at the token before and copies its
   * number into a second one. The logit of n is 2 n s - n^2, with s the sum of both: a parabola
   * whose largest value stands at the number nearest to s. So half of the answer goes past the
   * head.
   *
   * @param largest of the numbers in prompts, 1 or more; the vocabulary is 0 to twice that
   * @param length the longest input, {@code <s>} counted, 3 or more
   */
  public static CompiledModel previousTokenSum(int largest, int length) {
    atLeast("a largest number", largest, 1);
    atLeast("length", length, 3);
    String name = "compiled-previous-token-sum";
    int numbers = 2 * largest + 1;
    int begin = numbers;
    int number = 0;
    int before = 1;
    int position = 2;
    CircuitBuilder circuit =
        new CircuitBuilder(
            new Dimensions(1, position + length, 1, 1, length, 0, numbers + 1, length));
    circuit.positions(position);
    circuit.head(0, 0).previousToken(position).copy(0, number, before, 1, 1);
    for (int n = 0; n < numbers; n++) {
      circuit
          .add("embed.W_E", n, number, n)
          .add("unembed.W_U", n, number, SHARP * 2 * n)
          .add("unembed.W_U", n, before, SHARP * 2 * n)
          .add("unembed.b_U", n, -SHARP * n * n);
    }
    circuit
        .add("unembed.b_U", begin, -SHARP * numbers * numbers) // it is never said
        .positionEdge(embedding(), query(0, 0))
        .positionEdge(embedding(), key(0, 0))
        .edge(embedding(), value(0, 0))
        .edge(embedding(), circuit.logits())
        .edge(from(0, 0), circuit.logits());
    return new CompiledModel(
        name,
        "says the sum of the present number and the one before",
        circuit.model(name),
        Stream.concat(IntStream.range(0, numbers).mapToObj(String::valueOf), Stream.of("<s>"))
            .toList(),
        CompiledPrompts.previousTokenSum(name, largest, length),
        ids -> CompiledFunctions.previousTokenSum(ids, numbers),
        new Alphabet(Optional.of(begin), numbers + 1, length),
        circuit.edges());
  }

  // sorting

  /** Sorts six digits of three kinds, minGPT's task; see {@link #sortByCounting(int, int)}. */
  public static CompiledModel sortByCounting() {
    return sortByCounting(3, 6);
  }

  /**
   * Sorts by counting: behind the unsorted digits it says them in ascending order. The same inputs
   * as the task {@link io.loupe.datasets.algorithm.Sorting}, and the trained model {@code sort}.
   *
   * <p>L0H0 looks at all unsorted digits alike, so that its values' mean, times their number,
   * counts how many there are of each digit. The MLP compares the counts up to each digit d, c(d),
   * with the rank r that is asked for at its position: relu(c(d) - r) - relu(c(d) - r - 1) is 1
   * where c(d) is above r, and 0 elsewhere. The digit to say is the first d with 1: the logit of d
   * is that of d less that of d - 1. What was said already is not looked at.
   *
   * @param digits how many kinds, 2 or more
   * @param length how many are sorted, 2 or more
   */
  public static CompiledModel sortByCounting(int digits, int length) {
    atLeast("digits", digits, 2);
    atLeast("length", length, 2);
    String name = "compiled-sort";
    int context = 2 * length - 1;
    int token = 0;
    int position = token + digits;
    int counts = position + context;
    int said = counts + digits;
    CircuitBuilder circuit =
        new CircuitBuilder(
            new Dimensions(1, said + digits, 1, 1, digits, 2 * digits, digits, context));
    circuit.tokens(token, digits).positions(position).logits(said, digits, SHARP);
    CircuitBuilder.HeadBuilder head = circuit.head(0, 0).query(0, GAP);
    for (int unsorted = 0; unsorted < length; unsorted++) {
      head.key(0, position + unsorted, 1);
    }
    head.copy(0, token, counts, digits, length);
    for (int digit = 0; digit < digits; digit++) {
      for (int step = 0; step < 2; step++) {
        int neuron = 2 * digit + step;
        for (int upTo = 0; upTo <= digit; upTo++) {
          circuit.add("blocks.0.mlp.W_in", neuron, counts + upTo, 1);
        }
        for (int rank = 0; rank < length; rank++) {
          circuit.add("blocks.0.mlp.W_in", neuron, position + length - 1 + rank, -rank);
        }
        circuit.add("blocks.0.mlp.b_in", neuron, -step);
        int sign = step == 0 ? 1 : -1;
        circuit.add("blocks.0.mlp.W_out", said + digit, neuron, sign);
        if (digit + 1 < digits) {
          circuit.add("blocks.0.mlp.W_out", said + digit + 1, neuron, -sign);
        }
      }
    }
    circuit
        .positionEdge(embedding(), key(0, 0))
        .edge(embedding(), value(0, 0))
        .positionEdge(embedding(), mlp(0))
        .edge(from(0, 0), mlp(0))
        .edge(fromMlp(0), circuit.logits());
    return new CompiledModel(
        name,
        "says %d digits in ascending order, from how often each occurs".formatted(length),
        circuit.model(name),
        IntStream.range(0, digits).mapToObj(String::valueOf).toList(),
        CompiledPrompts.sorting(name, digits, length),
        ids -> CompiledFunctions.sorting(ids, length),
        new Alphabet(Optional.empty(), digits, context),
        circuit.edges());
  }

  // lookup

  /** Looks up 16 keys, up to 12 tokens; see {@link #keyValueLookup(int, int, int)}. */
  public static CompiledModel keyValueLookup() {
    return keyValueLookup(4, 8, 12);
  }

  /**
   * Says the value that followed a key when it last stood in the text; {@code <s>} if the present
   * token is no key, or one that had not been there.
   *
   * <p>Two heads as in {@link #induction(int, int)}, but keys are not directions of their own: a
   * key is a code of as many entries of 1 and -1 as there are bits, which is all that L0H0 copies
   * to the token behind, and codes that differ in one bit have a score of two less. So 2^bits keys
   * live in as many dimensions as there are bits, and share them.
   *
   * @param bits of the keys' code, 2 to 10
   * @param values how many different ones, 2 or more
   * @param length the longest input, {@code <s>} counted, 4 or more
   */
  public static CompiledModel keyValueLookup(int bits, int values, int length) {
    atLeast("bits", bits, 2);
    atLeast("values", values, 2);
    atLeast("length", length, 4);
    if (bits > 10) {
      throw new IllegalArgumentException("Expected at most 10 bits, got " + bits);
    }
    String name = "compiled-key-value";
    int keys = 1 << bits;
    atLeast("keys for a text of %d tokens".formatted(length), keys, (length - 2) / 2);
    int begin = keys + values;
    int vocab = begin + 1;
    int token = 0;
    int code = token + vocab;
    int position = code + bits;
    int previous = position + length;
    int said = previous + bits;
    int dHead = Math.max(Math.max(length, bits + 1), vocab);
    CircuitBuilder circuit =
        new CircuitBuilder(new Dimensions(2, said + vocab, 1, 1, dHead, 0, vocab, length));
    circuit.tokens(token, vocab).positions(position).logits(said, vocab, SHARP);
    for (int key = 0; key < keys; key++) {
      for (int bit = 0; bit < bits; bit++) {
        circuit.add("embed.W_E", key, code + bit, (key >> bit & 1) == 1 ? 1 : -1);
      }
    }
    circuit.head(0, 0).previousToken(position).copy(0, code, previous, bits, 1);
    double agreement = GAP * length; // of one bit; the first position counts as all bits but one
    CircuitBuilder.HeadBuilder head = circuit.head(1, 0);
    for (int bit = 0; bit < bits; bit++) {
      head.query(bit, code + bit, agreement).key(bit, previous + bit, 1);
    }
    favouringLate(head, bits, length, position, agreement * (bits - 1))
        .copy(0, token, said, vocab, 1);
    noteMatchingEdges(circuit);
    List<String> words = new ArrayList<>();
    IntStream.range(0, keys).forEach(key -> words.add("k" + key));
    IntStream.range(0, values).forEach(value -> words.add("v" + value));
    words.add("<s>");
    return new CompiledModel(
        name,
        "says the value that the present key last had, <s> if it had none",
        circuit.model(name),
        words,
        CompiledPrompts.keyValue(name, keys, values, length),
        ids -> CompiledFunctions.keyValue(ids, keys),
        new Alphabet(Optional.of(begin), vocab, length),
        circuit.edges());
  }

  private static List<String> letters(int count) {
    return Stream.concat(
            IntStream.range(0, count)
                .mapToObj(i -> count <= 26 ? String.valueOf((char) ('a' + i)) : "t" + i),
            Stream.of("<s>"))
        .toList();
  }

  private static void atLeast(String what, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "Expected %s of %d or more, got %d".formatted(what, least, value));
    }
  }
}
