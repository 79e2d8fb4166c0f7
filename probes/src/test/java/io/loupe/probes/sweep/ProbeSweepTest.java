package io.loupe.probes.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.probes.data.Example;
import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.ProbeData;
import io.loupe.probes.data.Spot;
import io.loupe.probes.data.SpotFeatures;
import io.loupe.probes.testing.Planted;
import io.loupe.probes.trainer.LinearMap;
import io.loupe.probes.trainer.LinearProbe;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.probes.trainer.Trainers;
import io.loupe.probes.trainer.TrainingSet;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ProbeSweepTest {
  private static final Spot LAYER_0 = new Spot(Sites.RESID_POST.at(0), Pooling.last());
  private static final Spot LAYER_1 = new Spot(Sites.RESID_POST.at(1), Pooling.last());

  @Test
  void aPlantedDirectionIsFoundAndEverythingElseIsAtChance() {
    Planted planted = Planted.draw(2000, 0.5, 1);
    List<SpotFeatures> features =
        List.of(
            new SpotFeatures(LAYER_0, Features.random(2000, Planted.COLUMNS, 8)),
            new SpotFeatures(LAYER_1, planted.features()));
    ProbeResults results = ProbeSweep.train(features, planted.labelled(), ProbeOptions.usual(), 3);
    Trials found = results.at(LAYER_1);
    assertThat(results.best()).isEqualTo(LAYER_1);
    assertThat(results.firstAt(0.9)).isEqualTo(LAYER_1);
    assertThat(found.value()).isCloseTo(0.977, within(0.02)); // the best there is: Phi(2)
    for (Trial trial : found.all()) {
      double[] direction = trial.probe().linear().orElseThrow().direction(1);
      assertThat(Planted.cosine(direction, Planted.direction())).isGreaterThan(0.95);
    }
    assertThat(found.control()).isCloseTo(0.5, within(0.08));
    assertThat(found.selectivity()).isGreaterThan(0.38);
    assertThat(found.shuffled()).isCloseTo(0.5, within(0.12));
    assertThat(found.majority()).isCloseTo(0.5, within(0.06));
    assertThat(results.randomFeatures()).isCloseTo(0.5, within(0.06));
    assertThat(results.at(LAYER_0).value()).isCloseTo(0.5, within(0.06));
    assertThat(results.seenTypes()).isBetween(0.9, 1.0);
    assertThat(found.classes().auroc()).isGreaterThan(0.98);
    assertThat(found.classes().calibrationError()).isLessThan(0.03);
    assertThat(found.deviation()).isBetween(1e-4, 0.02);
    assertThat(found.first().test().value())
        .isBetween(found.interval(1).low(), found.interval(1).high());
    assertThat(results.toString()).contains("planted", "accuracy", " % of test types");
    assertThat(results.table().rows()).hasSize(2);
  }

  /** Two types, one label each: a control that can be memorised shows as one. */
  @Test
  void aControlThatFeaturesTellIsLearntAndTakesTheSelectivityAway() {
    Planted planted = Planted.draw(1200, 0.5, 4);
    List<String> types = IntStream.of(planted.labels().of()).mapToObj(c -> "type " + c).toList();
    Labelled labelled = planted.labelled();
    Labelled memorised = new Labelled("m", labelled.labels(), labelled.groups(), types, List.of());
    Trials trials =
        ProbeSweep.train(
            planted.features(),
            memorised,
            Origin.given("m", "here"),
            ProbeOptions.usual().repeats(8),
            1);
    // where the two types got two labels, the control is as easy as the task itself
    assertThat(trials.all().stream().filter(trial -> trial.control().isPresent()).toList())
        .isNotEmpty()
        .allSatisfy(trial -> assertThat(Math.abs(trial.selectivity())).isLessThan(0.02));
    assertThat(trials.all().stream().filter(trial -> trial.control().isEmpty()).toList())
        .isNotEmpty(); // both types got one label: no task
  }

  @Test
  void theSameSeedGivesTheSameNumbersAndAnotherOthers() {
    Planted planted = Planted.draw(300, 0.5, 2);
    List<SpotFeatures> features = List.of(new SpotFeatures(LAYER_0, planted.features()));
    double[] first = perExample(features, planted, 5);
    assertThat(perExample(features, planted, 5)).isEqualTo(first);
    assertThat(perExample(features, planted, 6)).isNotEqualTo(first);
  }

  private static double[] perExample(List<SpotFeatures> features, Planted planted, long seed) {
    Trials trials =
        ProbeSweep.train(features, planted.labelled(), ProbeOptions.usual().repeats(1), seed)
            .at(LAYER_0);
    return new double[] {
      trials.first().test().values().get("log loss"), trials.control(), trials.shuffled()
    };
  }

  /** A trainer that keeps what it saw; its settings are thresholds on feature 0. */
  private static final class Spy implements ProbeTrainer {
    private final List<Integer> seen = new ArrayList<>();
    private int calls;

    @Override
    public String name() {
      return "spy";
    }

    @Override
    public List<String> settings() {
      return List.of("wrong", "right");
    }

    @Override
    public void check(Labels labels) {}

    @Override
    public List<Probe> train(TrainingSet set) {
      calls++;
      IntStream.of(set.rows()).forEach(seen::add);
      return List.of(probe(1, set), probe(-1, set));
    }

    private static Probe probe(double sign, TrainingSet set) {
      double[][] weights = new double[2][set.features().columns()];
      weights[1][0] = sign;
      return new LinearProbe(new LinearMap(weights, new double[2]), Probe.Output.PROBABILITIES);
    }
  }

  /**
   * Feature 0 tells the class with one sign in validation examples and with the other in all
   * others: the setting must be the validation's choice, however bad it is.
   */
  @Test
  void settingsAreChosenOnValidationExamplesAndTrainingSeesNoOther() {
    Planted planted = Planted.draw(200, 0.5, 3);
    Labelled labelled = planted.labelled();
    var partition = labelled.partition(7);
    Set<Integer> validation = new HashSet<>(IntStream.of(partition.validation()).boxed().toList());
    float[][] rows = new float[200][1];
    for (int i = 0; i < 200; i++) {
      int sign = 2 * planted.labels().of()[i] - 1;
      rows[i][0] = validation.contains(i) ? -sign : sign;
    }
    Spy spy = new Spy();
    Trials trials =
        ProbeSweep.train(
            Features.of(rows),
            labelled,
            Origin.given("x", "here"),
            ProbeOptions.usual().trainers(spy).repeats(1).withoutControls(),
            7);
    assertThat(trials.first().setting()).isEqualTo("right");
    assertThat(trials.first().validation().value()).isEqualTo(1);
    assertThat(trials.value()).isZero();
    assertThat(spy.seen).isEqualTo(IntStream.of(partition.train()).boxed().toList());
  }

  @Test
  void everythingThatIsWrongIsRefusedBeforeTraining() {
    Planted planted = Planted.draw(40, 0.5, 3);
    Labelled labelled = planted.labelled();
    Spy spy = new Spy();
    ProbeOptions options = ProbeOptions.usual().trainers(spy);
    Labels one = new Labels.Classes(List.of("a", "b"), new int[40]);
    Labelled oneClass = new Labelled("x", one, labelled.groups(), labelled.types(), List.of());
    refused(planted.features(), oneClass, options, "A classifier needs two classes");
    float[] values = planted.features().values().clone();
    values[3 * Planted.COLUMNS + 4] = Float.NaN;
    refused(
        Features.of(values, Planted.COLUMNS), labelled, options, "feature 4 of example 3 is NaN");
    refused(planted.features(), labelled, options.folds(21), "the 40 examples have 20");
    refused(
        planted.features().rows(new int[] {1, 2}),
        labelled,
        options,
        "not aligned to features: 40 labels, 2 rows");
    // the second class in one group only: whichever part it falls into, training or test lacks it
    int[] rare = new int[40];
    rare[0] = 1;
    rare[1] = 1;
    Labelled rareClass =
        new Labelled(
            "x",
            new Labels.Classes(List.of("a", "b"), rare),
            labelled.groups(),
            labelled.types(),
            List.of());
    refused(planted.features(), rareClass, options.folds(5), "training examples have [a]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ProbeSweep.train(List.of(), labelled, options, 1))
        .withMessageContaining("at least one place");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.folds(2))
        .withMessageContaining("at least 3 folds");
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    ProbeData numbers =
        ProbeData.rows(
            "x", Tokens.of(new long[4][3]), Labels.numbers("n", 1, 2, 3, 4)); // for the usual one
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ProbeSweep.train(
                    model,
                    Sites.RESID_POST,
                    numbers,
                    ProbeOptions.usual().trainers(Trainers.logistic()),
                    1))
        .withMessageContaining("Trainers.ridge()");
    assertThat(spy.calls).isZero();
  }

  private static void refused(
      Features features, Labelled labelled, ProbeOptions options, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ProbeSweep.train(
                    List.of(new SpotFeatures(LAYER_0, features)), labelled, options, 1))
        .withMessageContaining(message);
    if (!message.contains("not aligned")) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> ProbeSweep.train(features, labelled, Origin.given("x", "p"), options, 1))
          .withMessageContaining(message);
    }
  }

  /**
   * What the first token is, read at the last one. Attention of layers 0 to 2 writes nothing, so
   * that only layer 3 can carry it there.
   */
  @Test
  void aLabelThatOnlyLayer3BringsShowsThereAndNotBefore() {
    HookedTransformer model =
        HookedTransformer.random(
            ModelConfig.decoder(
                "gpt2",
                new Dimensions(5, 32, 4, 4, 8, 64, 64, 16),
                new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
                EmbeddingSpec.LEARNED_POSITIONS,
                AttentionSpec.causal(new PositionSpec.None(), 8),
                new MlpSpec(Activation.GELU_TANH, false)),
            3,
            LoadOptions.DEFAULT);
    List<Intervention> silent =
        IntStream.range(0, 3).mapToObj(l -> Interventions.zero(Sites.ATTN_OUT.at(l))).toList();
    Random random = new Random(5);
    int count = 400;
    long[][] rows = new long[count][];
    List<Example> examples = new ArrayList<>();
    int[] first = new int[count];
    for (int row = 0; row < count; row++) {
      first[row] = random.nextInt(2);
      rows[row] = random.longs(5, 10, 16).toArray();
      rows[row][0] = first[row];
      examples.add(new Example(row, 0, 5, "row " + row, "token " + rows[row][4]));
    }
    ProbeData data =
        ProbeData.of(
            "first token",
            Tokens.of(rows),
            examples,
            new Labels.Classes(List.of("0", "1"), first),
            List.of());
    ProbeResults results =
        ProbeSweep.train(model.with(silent), Sites.RESID_POST, data, ProbeOptions.usual(), 1);
    for (int layer = 0; layer < 3; layer++) {
      assertThat(results.at(Sites.RESID_POST.at(layer)).value()).isLessThan(0.62);
    }
    for (int layer = 3; layer < 5; layer++) {
      assertThat(results.at(Sites.RESID_POST.at(layer)).value()).isGreaterThan(0.95);
    }
    assertThat(results.firstAt(0.95).point()).isEqualTo(Sites.RESID_POST.at(3));
    assertThat(results.origin().interventions()).contains("attn_out");
    // the whole stream has one place more, and at the first token itself the label is everywhere
    ProbeResults atFirst =
        ProbeSweep.train(
            model.with(silent),
            ProbeSweep.stream(model),
            data,
            ProbeOptions.usual().poolings(Pooling.at(0)).repeats(1).withoutControls(),
            1);
    assertThat(atFirst.spots()).hasSize(6);
    assertThat(atFirst.at(Sites.RESID_PRE.at(0)).value()).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> atFirst.at(Sites.Z.at(0)))
        .withMessageContaining("No probe was trained at");
  }

  @Test
  void numbersAndTagsHaveTheirOwnTrainersAndScores() {
    Planted planted = Planted.draw(600, 0.5, 6);
    Labelled labelled = planted.labelled();
    double[] along = new double[600];
    for (int i = 0; i < 600; i++) {
      for (int j = 0; j < Planted.COLUMNS; j++) {
        along[i] += planted.features().at(i, j) * Planted.direction()[j];
      }
    }
    Labelled numbers =
        new Labelled(
            "n", Labels.numbers("x", along), labelled.groups(), labelled.types(), List.of());
    Trials regression =
        ProbeSweep.train(
            planted.features(),
            numbers,
            Origin.given("n", "here"),
            ProbeOptions.usual().repeats(2),
            1);
    assertThat(regression.measure()).isEqualTo("R2");
    assertThat(regression.value()).isGreaterThan(0.999);
    assertThat(regression.majority()).isCloseTo(0, within(0.03));
    assertThat(regression.shuffled()).isLessThan(0.05);
    assertThat(regression.named("Spearman")).isGreaterThan(0.99);
    boolean[][] has = new boolean[600][2];
    for (int i = 0; i < 600; i++) {
      has[i][0] = planted.labels().of()[i] == 1;
      has[i][1] = planted.confound().of()[i] == 1;
    }
    Labelled tags =
        new Labelled(
            "t",
            new Labels.Tags(List.of("class", "confound"), has),
            labelled.groups(),
            labelled.types(),
            List.of());
    Trials ofTags =
        ProbeSweep.train(
            planted.features(),
            tags,
            Origin.given("t", "here"),
            ProbeOptions.usual().repeats(2),
            1);
    assertThat(ofTags.measure()).isEqualTo("micro F1");
    assertThat(ofTags.value()).isGreaterThan(0.95);
    assertThat(ofTags.shuffled()).isLessThan(0.75);
  }

  @Test
  void foldsReportOnEachExampleOnce() {
    Planted planted = Planted.draw(200, 0.5, 6);
    Trials trials =
        ProbeSweep.train(
            planted.features(),
            planted.labelled(),
            Origin.given("x", "here"),
            ProbeOptions.usual().folds(4).withoutControls(),
            1);
    assertThat(trials.all()).hasSize(4);
    assertThat(trials.all().stream().mapToInt(trial -> trial.partition().test().length).sum())
        .isEqualTo(200);
    assertThat(trials.control()).isNaN();
  }
}
