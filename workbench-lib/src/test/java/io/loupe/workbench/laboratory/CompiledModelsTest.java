package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.algorithm.Sorting;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.Split;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.path.PathEffects;
import io.loupe.workbench.path.PathPatching;
import io.loupe.workbench.path.Receiver;
import io.loupe.workbench.path.Sender;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class CompiledModelsTest {
  private static final int BATCH = 4096;

  @TestFactory
  Stream<DynamicTest> smallOnesAreExactOnEveryInput() {
    return Stream.of(
            CompiledModels.induction(4, 6),
            CompiledModels.uselessHead(4, 6),
            CompiledModels.backupHead(4, 6),
            CompiledModels.previousTokenSum(2, 6),
            CompiledModels.sortByCounting(3, 4),
            CompiledModels.sortByCounting(2, 6),
            CompiledModels.keyValueLookup(2, 2, 6))
        .map(
            model ->
                DynamicTest.dynamicTest(
                    model.name(),
                    () -> {
                      int longest = model.alphabet().longest();
                      assertThat(everyInput(model, longest)).isEqualTo(1);
                      assertThat(everyInput(model, longest - 1)).isEqualTo(1);
                    }));
  }

  private static double everyInput(CompiledModel model, int length) {
    CompiledModel.Alphabet alphabet = model.alphabet();
    int fixed = alphabet.first().isPresent() ? 1 : 0;
    int count = (int) Math.pow(alphabet.others(), length - fixed);
    double least = 1;
    List<int[]> inputs = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      int[] ids = new int[length];
      ids[0] = alphabet.first().orElse(0);
      int left = number;
      for (int i = fixed; i < length; i++) {
        ids[i] = left % alphabet.others();
        left /= alphabet.others();
      }
      inputs.add(ids);
      if (inputs.size() == BATCH || number + 1 == count) {
        least = Math.min(least, model.accuracy(inputs.toArray(int[][]::new)));
        inputs.clear();
      }
    }
    return least;
  }

  @TestFactory
  Stream<DynamicTest> usualOnesAreExactOnRandomInputsOfEveryLength() {
    return CompiledModels.names().stream()
        .map(CompiledModels::byName)
        .map(
            model ->
                DynamicTest.dynamicTest(
                    model.name(),
                    () -> {
                      int shortest = model.name().equals("compiled-sort") ? 6 : 1;
                      for (int length = shortest; length <= model.alphabet().longest(); length++) {
                        assertThat(model.accuracy(model.random(2000, length, length))).isEqualTo(1);
                      }
                    }));
  }

  /** The functions are given by hand, so that model and function are not wrong together. */
  @Test
  void functionsSayWhatTheyShould() {
    assertThat(CompiledFunctions.induction(new int[] {9, 1, 2, 3, 1, 4, 1, 9}, 9))
        .containsExactly(9, 9, 9, 9, 2, 9, 4, 9);
    assertThat(CompiledFunctions.induction(new int[] {9, 1, 1, 1}, 9)).containsExactly(9, 9, 1, 1);
    assertThat(CompiledFunctions.previousTokenSum(new int[] {5, 1, 2, 4, 4}, 5))
        .containsExactly(0, 1, 3, 4, 4);
    assertThat(CompiledFunctions.sorting(new int[] {2, 0, 1, 0, 0}, 3))
        .containsExactly(-1, -1, 0, 1, 2);
    assertThat(CompiledFunctions.keyValue(new int[] {8, 0, 5, 1, 6, 0, 7, 1, 0, 6}, 4))
        .containsExactly(8, 8, 8, 8, 8, 5, 8, 6, 7, 8);
  }

  @Test
  void sortingAgreesWithTheTaskThatTrainedModelsLearn() {
    CompiledModel sort = CompiledModels.sortByCounting();
    for (IdPair pair : new Sorting().draw(Split.TRAIN, 100, 1)) {
      int[] said = sort.function().apply(pair.clean().ids().stream().mapToInt(i -> i).toArray());
      pair.clean().labels().forEach(l -> assertThat(said[l.position()]).isEqualTo(l.id()));
    }
  }

  @Test
  void attentionIsSaturated() {
    CompiledModel induction = CompiledModels.induction();
    CompiledModel.Prompts prompts = induction.prompts(20, 1);
    try (Run run = induction.model().run(prompts.clean(), Capture.of(Sites.PATTERN))) {
      for (int layer = 0; layer < 2; layer++) {
        double[] pattern = Tensors.doubles(run.cache().get(Sites.PATTERN.at(layer)));
        assertThat(Arrays.stream(pattern).allMatch(p -> p == 0 || p == 1)).isTrue();
      }
    }
  }

  /** Every edge of the graph, exactly: from each writer to each reader of its stream alone. */
  @TestFactory
  Stream<DynamicTest> exchangedEdgesMatterExactlyWhereTheListSaysSo() {
    return everyModel(
        model -> {
          List<String> found = new ArrayList<>(effective(model));
          List<String> backup =
              names(model.edges().stream().filter(e -> e.role() == KnownEdge.Role.BACKUP));
          found.removeAll(backup); // a foreign input may wake what is silent
          assertThat(found).containsExactlyInAnyOrderElementsOf(names(model.tokenEdges().stream()));
        });
  }

  /** An edge is where what is written is read: the product of the two weights is not 0. */
  @TestFactory
  Stream<DynamicTest> weightsMeetExactlyWhereTheListSaysSo() {
    return everyModel(
        model -> {
          WeightProducts products = new WeightProducts(model.model());
          HeadSet useless = model.uselessHeads();
          assertThat(products.edges(true, useless))
              .containsExactlyInAnyOrderElementsOf(
                  names(
                      model.edges().stream()
                          .filter(edge -> edge.carries() == KnownEdge.Carries.TOKENS)));
          assertThat(products.edges(false, useless))
              .containsExactlyInAnyOrderElementsOf(names(model.edges().stream()));
        });
  }

  private static Stream<DynamicTest> everyModel(Consumer<CompiledModel> test) {
    return CompiledModels.names().stream()
        .map(CompiledModels::byName)
        .map(model -> DynamicTest.dynamicTest(model.name(), () -> test.accept(model)));
  }

  private static List<String> names(Stream<KnownEdge> edges) {
    return edges.map(KnownEdge::toString).toList();
  }

  private static List<String> effective(CompiledModel compiled) {
    HookedTransformer model = compiled.model();
    CompiledModel.Prompts prompts = compiled.prompts(24, 3);
    PathEffects effects =
        PathPatching.noising(model, prompts.clean(), prompts.corrupted(), prompts.metric())
            .between(Sender.each(model.config()), Receiver.each(model.config()));
    List<String> found = new ArrayList<>();
    for (PathEffects.Path path : effects.ranked()) {
      double[] each = effects.perExample(path.sender(), path.receiver());
      double[] clean = effects.clean();
      if (IntStream.range(0, each.length).anyMatch(i -> Math.abs(each[i] - clean[i]) > 1e-3)) {
        found.add(path.sender() + " -> " + path.receiver());
      }
    }
    return found;
  }

  @Test
  void promptsHaveTheAnswersThatTheModelGives() {
    for (String name : CompiledModels.names()) {
      CompiledModel model = CompiledModels.byName(name);
      CompiledModel.Prompts prompts = model.prompts(50, 0);
      assertThat(each(prompts.metric(), model, prompts.clean()))
          .as(name)
          .allMatch(value -> value >= 10);
      assertThat(each(prompts.metric(), model, prompts.corrupted()))
          .allMatch(value -> value <= -10);
      assertThat(prompts.clean().ids()).isEqualTo(model.prompts(50, 0).clean().ids());
      assertThat(model.labels(prompts.clean(), 0)).hasSize(prompts.clean().length(0));
    }
  }

  private static List<Double> each(Metric metric, CompiledModel model, Tokens tokens) {
    return Arrays.stream(metric.perExample(model.model().run(tokens))).boxed().toList();
  }

  @Test
  void backupHeadStandsInForTheInductionHead() {
    CompiledModel compiled = CompiledModels.backupHead();
    CompiledModel.Prompts prompts = compiled.prompts(50, 2);
    HookedTransformer model = compiled.model();
    Metric metric = prompts.metric();
    Head induction = new Head(1, 0);
    Head backup = new Head(2, 0);
    double intact = metric.of(model.run(prompts.clean()));
    assertThat(metric.of(model.with(Interventions.zero(backup)).run(prompts.clean())))
        .isEqualTo(intact);
    assertThat(metric.of(model.with(Interventions.zero(induction)).run(prompts.clean())))
        .isCloseTo(intact / 2, within(1e-4));
    HookedTransformer without = model.with(Interventions.zero(HeadSet.of(induction, backup)));
    assertThat(metric.of(without.run(prompts.clean()))).isCloseTo(0, within(1e-4));
    assertThat(compiled.tokenEdges()).noneMatch(edge -> edge.source().equals(node(backup)));
    assertThat(compiled.edges()).anyMatch(edge -> edge.source().equals(node(backup)));
  }

  private static Node node(Head head) {
    return new Node.Attention(head);
  }

  @Test
  void uselessHeadsLookWhereTheOthersLook() {
    CompiledModel compiled = CompiledModels.uselessHead();
    assertThat(compiled.uselessHeads()).isEqualTo(HeadSet.parse("L0H1 L1H1"));
    CompiledModel.Prompts prompts = compiled.prompts(20, 1);
    Capture patterns = Capture.of(Sites.PATTERN);
    try (Run run = compiled.model().run(prompts.clean(), patterns)) {
      for (int layer = 0; layer < 2; layer++) {
        for (int row = 0; row < 20; row++) {
          assertThat(Tensors.matrix(run.cache().get(Sites.PATTERN.at(layer)).get(row, 0)))
              .isDeepEqualTo(Tensors.matrix(run.cache().get(Sites.PATTERN.at(layer)).get(row, 1)));
        }
      }
      double intact = prompts.metric().of(run);
      HookedTransformer without =
          compiled.model().with(Interventions.zero(compiled.uselessHeads()));
      assertThat(prompts.metric().of(without.run(prompts.clean()))).isEqualTo(intact);
    }
  }

  @Test
  void wrongRequestsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledModels.byName("induction"))
        .withMessageContaining("compiled-induction");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledModels.induction(4, 12))
        .withMessageContaining("10 or more, got 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledModels.keyValueLookup(11, 2, 6))
        .withMessageContaining("at most 10 bits");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledModels.sortByCounting().random(1, 12, 0))
        .withMessageContaining("1 to 11");
    assertThat(CompiledModels.overview().toString()).contains("compiled-useless-head");
  }

  @Test
  void randomInputsAreThoseOfTheSeed() {
    CompiledModel sum = CompiledModels.previousTokenSum();
    assertThat(sum.random(3, 5, 7)).isDeepEqualTo(sum.random(3, 5, 7));
    assertThat(sum.random(3, 5, 7)).isNotEqualTo(sum.random(3, 5, 8));
    assertThat(List.of(sum.random(100, 5, 1))).allMatch(ids -> ids[0] == 19);
  }
}
