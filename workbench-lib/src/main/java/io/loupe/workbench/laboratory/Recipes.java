package io.loupe.workbench.laboratory;

import io.loupe.datasets.algorithm.Brackets;
import io.loupe.datasets.algorithm.ModularAddition;
import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.algorithm.Sorting;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.Task;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.OptimizerSpec;
import io.loupe.workbench.train.Schedule;
import io.loupe.workbench.train.TrainingOptions;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** The recipes of the project's small models. */
public final class Recipes {
  private static final NormSpec LAYER_NORM = new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5);
  private static final int TEST_EXAMPLES = 500;
  private static final List<Recipe> ALL =
      List.of(induction(), brackets(), sort(), modularAddition());

  private Recipes() {}

  /** Returns the names of the recipes. */
  public static List<String> names() {
    return ALL.stream().map(Recipe::name).toList();
  }

  /**
   * Returns a recipe.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Recipe named(String name) {
    return ALL.stream()
        .filter(recipe -> recipe.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no recipe '%s'; there are %s".formatted(name, names())));
  }

  /** Shows the recipes. */
  public static Table table() {
    Table table = Table.of("recipe", "what the model learns", "steps");
    for (Recipe recipe : ALL) {
      table = table.row(recipe.name(), recipe.summary(), recipe.options().steps());
    }
    return table;
  }

  /**
   * Blocks of random tokens, repeated to the end. Their length and tokens are drawn anew each time,
   * so that no fixed distance leads to the answer, nor does leaving out what was said already: only
   * matching tokens does.
   */
  private static Recipe induction() {
    int vocabulary = 64;
    int length = 64;
    return new Recipe(
        "induction-2l",
        "blocks of random tokens that are repeated: previous-token and induction heads",
        attentionOnly(Dimensions.multiHead(2, 64, 4, 0, vocabulary, length)),
        Recipe.GPT2_DEVIATION,
        1,
        () -> Objectives.labels(repeatedBlocks(40_000, vocabulary, length, 1)),
        adamW(1500, 32, 3e-3, 100, 0.01, 2),
        50,
        List.of(),
        model -> {
          List<IdPair> test =
              new RepeatedTokens(0, vocabulary, 24).draw(Split.TEST, TEST_EXAMPLES, 0);
          Tokens tokens = HeadScores.tokens(test);
          Map<String, Double> values = new LinkedHashMap<>();
          values.put("accuracy", accuracy(model, clean(test)));
          values.put("loss", loss(model, clean(test)));
          values.put(
              "best previous-token head", HeadScores.best(HeadScores.previousToken(model, tokens)));
          values.put("best induction head", HeadScores.best(HeadScores.induction(model, tokens)));
          return values;
        });
  }

  private static List<IdSequence> repeatedBlocks(int count, int vocabulary, int length, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<IdSequence> sequences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int block = random.nextInt(length / 8, length / 2 + 1);
      List<Integer> ids = new ArrayList<>();
      List<IdSequence.Label> labels = new ArrayList<>();
      for (int position = 0; position < length; position++) {
        ids.add(position < block ? random.nextInt(vocabulary) : ids.get(position - block));
        if (position > block) {
          labels.add(new IdSequence.Label(position - 1, ids.get(position)));
        }
      }
      sequences.add(new IdSequence(ids, labels, List.of()));
    }
    return sequences;
  }

  /** Nanda and McDougall's classifier: bidirectional, the class is read at the first token. */
  private static Recipe brackets() {
    Dimensions sizes = Dimensions.multiHead(3, 56, 2, 56, 4, 24);
    return new Recipe(
        "brackets",
        "brackets that are balanced or not, which it tells: a bidirectional classifier",
        new ModelConfig(
            "brackets",
            sizes,
            LAYER_NORM,
            EmbeddingSpec.LEARNED_POSITIONS,
            Collections.nCopies(
                3,
                AttentionSpec.causal(new PositionSpec.None(), sizes.dHead())
                    .with(MaskSpec.BIDIRECTIONAL)),
            BlockSpec.PRE_NORM,
            new MlpSpec(Activation.RELU, false),
            HeadSpec.NORMED),
        Recipe.GPT2_DEVIATION,
        1,
        () -> {
          List<IdPair> pairs =
              new ArrayList<>(
                  new Brackets(10, Brackets.Corruption.COUNT).draw(Split.TRAIN, 6000, 1));
          pairs.addAll(new Brackets(10, Brackets.Corruption.ORDER).draw(Split.TRAIN, 6000, 2));
          return Objectives.labelsOfBoth(pairs);
        },
        adamW(3000, 64, 1e-3, 100, 0.01, 3),
        250,
        List.of(),
        model -> {
          Map<String, Double> values = new LinkedHashMap<>();
          for (Brackets.Corruption corruption : Brackets.Corruption.values()) {
            values.put(
                "accuracy, corrupted in " + corruption,
                accuracy(model, both(new Brackets(10, corruption).draw(Split.TEST, 500, 0))));
          }
          return values;
        });
  }

  private static Recipe sort() {
    Dimensions sizes = Dimensions.multiHead(2, 48, 3, 192, 3, 11);
    Task<IdPair> task = new Sorting();
    return new Recipe(
        "sorting",
        "digits at six places, which it puts in ascending order (minGPT's demo)",
        gpt2(sizes, Activation.GELU_TANH),
        Recipe.GPT2_DEVIATION,
        1,
        () -> Objectives.labels(clean(all(task, Split.TRAIN))),
        adamW(1500, 64, 2e-3, 100, 0.1, 4),
        250,
        List.of(),
        model -> Map.of("accuracy", accuracy(model, clean(all(task, Split.TEST)))));
  }

  /**
   * Nanda et al. 2023: one layer, no norms and no biases, full batches, strong weight decay. It is
   * half as wide as theirs, and the rate is twice theirs. Weights that begin with deviation 1 /
   * sqrt(d_model) are learnt by heart first; with GPT-2's it generalises at once and not to the
   * end.
   */
  private static Recipe modularAddition() {
    Dimensions sizes = Dimensions.multiHead(1, 64, 4, 256, 114, 3);
    Task<IdPair> task = new ModularAddition();
    return new Recipe(
        "modular-addition",
        "30 % of the sums modulo 113, with which it groks the others",
        new ModelConfig(
            "modular-addition",
            sizes,
            new NormSpec(NormSpec.Kind.RMS_NORM, 1e-5), // of no use but that it goes without biases
            EmbeddingSpec.LEARNED_POSITIONS,
            List.of(AttentionSpec.causal(new PositionSpec.None(), sizes.dHead())),
            BlockSpec.NO_NORM,
            new MlpSpec(Activation.RELU, false),
            HeadSpec.PLAIN),
        1 / Math.sqrt(sizes.dModel()),
        1,
        () -> Objectives.labels(clean(all(task, Split.TRAIN))),
        new TrainingOptions(
            3500,
            Integer.MAX_VALUE,
            Schedule.constant(2e-3),
            new OptimizerSpec.AdamW(0.9, 0.98, 1e-8, 1),
            OptionalDouble.empty(),
            5),
        250,
        List.of(0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2250, 2500, 3000, 3500),
        model -> {
          Map<String, Double> values = new LinkedHashMap<>();
          values.put("accuracy", accuracy(model, clean(all(task, Split.TEST))));
          values.put("accuracy in training", accuracy(model, clean(all(task, Split.TRAIN))));
          values.put("accuracy on all 113 x 113 sums", accuracy(model, everySum()));
          return values;
        });
  }

  private static List<IdSequence> everySum() {
    Task<IdPair> task = new ModularAddition();
    return Stream.of(Split.values()).flatMap(split -> clean(all(task, split)).stream()).toList();
  }

  private static TrainingOptions adamW(
      int steps, int batch, double rate, int warmup, double decay, long seed) {
    return new TrainingOptions(
        steps,
        batch,
        Schedule.cosine(rate, warmup),
        OptimizerSpec.adamW(decay),
        OptionalDouble.of(1),
        seed);
  }

  private static ModelConfig attentionOnly(Dimensions sizes) {
    return ModelConfig.decoder(
        "attention-only",
        sizes,
        LAYER_NORM,
        EmbeddingSpec.LEARNED_POSITIONS,
        AttentionSpec.causal(new PositionSpec.None(), sizes.dHead()),
        MlpSpec.NONE);
  }

  private static ModelConfig gpt2(Dimensions sizes, Activation activation) {
    return ModelConfig.decoder(
        "gpt2",
        sizes,
        LAYER_NORM,
        EmbeddingSpec.LEARNED_POSITIONS,
        AttentionSpec.causal(new PositionSpec.None(), sizes.dHead()),
        new MlpSpec(activation, false));
  }

  private static List<IdPair> all(Task<IdPair> task, Split split) {
    BigInteger size = task.size(split);
    return task.draw(split, size.intValueExact(), 0);
  }

  private static List<IdSequence> clean(List<IdPair> pairs) {
    return pairs.stream().map(IdPair::clean).toList();
  }

  private static List<IdSequence> both(List<IdPair> pairs) {
    return pairs.stream().flatMap(pair -> Stream.of(pair.clean(), pair.corrupted())).toList();
  }

  /** Returns the mean cross-entropy at the labels, nats. */
  private static double loss(HookedTransformer model, List<IdSequence> sequences) {
    return means(model, sequences)[1];
  }

  /** Returns the share of labels that are the most probable token. */
  private static double accuracy(HookedTransformer model, List<IdSequence> sequences) {
    return means(model, sequences)[0];
  }

  private static double[] means(HookedTransformer model, List<IdSequence> sequences) {
    int vocab = model.config().vocab();
    Tokens tokens =
        Tokens.padded(
            Tokens.Padding.RIGHT,
            sequences.stream().map(IdSequence::toArray).toArray(long[][]::new));
    double[] sums = new double[2];
    long labels = 0;
    try (Run run = model.run(tokens)) {
      double[] logits = Tensors.doubles(run.logits());
      for (int row = 0; row < sequences.size(); row++) {
        for (IdSequence.Label label : sequences.get(row).labels()) {
          int from = (row * tokens.length() + label.position()) * vocab;
          double target = logits[from + label.id()];
          double above = 0;
          double total = 0;
          for (int id = 0; id < vocab; id++) {
            above += logits[from + id] > target ? 1 : 0;
            total += Math.exp(logits[from + id] - target);
          }
          sums[0] += above == 0 ? 1 : 0;
          sums[1] += Math.log(total);
          labels++;
        }
      }
    }
    return new double[] {sums[0] / labels, sums[1] / labels};
  }
}
