package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.capture.AttentionEdit;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.text.Tokens.Padding;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A forward pass with streamed attention is the forward pass. */
class StreamedAttentionTest {
  private static final Tokens TOKENS =
      Tokens.padded(Padding.LEFT, new long[] {5, 9, 5, 9, 11, 3, 5}, new long[] {7, 7, 2});
  private static final AttentionRequest REQUEST =
      AttentionRequest.of(Statistic.ENTROPY, Statistic.PREVIOUS, Statistic.INDUCTION).withOutputs();

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void everyFamilyGivesItsLogitsAndPatterns(String name) throws IOException {
    HookedTransformer model = Checkpoints.load(name, LoadOptions.DEFAULT);
    Run plain = model.run(TOKENS, Capture.of(Sites.PATTERN, Sites.Z));
    AttentionRun streamed = model.attention(TOKENS, REQUEST, Capture.of(Sites.RESID_POST));

    Run run = streamed.run().orElseThrow();
    for (int row = 0; row < TOKENS.batch(); row++) {
      for (int column : TOKENS.columns(row)) {
        assertThat(Tensors.doubles(run.logits().get(row, column)))
            .usingComparatorWithPrecision(2e-4)
            .containsExactly(Tensors.doubles(plain.logits().get(row, column)));
      }
    }
    for (Head head : streamed.statistics().heads()) {
      for (int row = 0; row < TOKENS.batch(); row++) {
        double[] entropy = streamed.statistics().values(Statistic.ENTROPY, head, row);
        int[] columns = TOKENS.columns(row);
        NDArray pattern = plain.cache().get(Sites.PATTERN.at(head.layer()));
        for (int i = 0; i < columns.length; i++) {
          double expected = 0;
          for (double p : Tensors.doubles(pattern.get(row, head.index(), columns[i]))) {
            expected -= p == 0 ? 0 : p * Math.log(p);
          }
          assertThat(entropy[i]).as("%s, query %d", head, i).isCloseTo(expected, within(1e-4));
        }
      }
    }
    assertThat(streamed.statistics().heads().size())
        .isEqualTo(model.config().layers() * model.config().heads());
  }

  private static org.assertj.core.data.Offset<Double> within(double tolerance) {
    return org.assertj.core.data.Offset.offset(tolerance);
  }

  @Test
  void withoutACaptureThereAreNoLogits() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DEFAULT);
    AttentionRun bare = model.attention(TOKENS, REQUEST);
    AttentionRun whole = model.attention(TOKENS, REQUEST, Capture.of(Sites.Z));
    Head head = Head.head(2, 1);

    assertThat(bare.run()).isEmpty();
    assertThat(bare.statistics().values(Statistic.ENTROPY, head, 0))
        .isEqualTo(whole.statistics().values(Statistic.ENTROPY, head, 0));
    assertThat(Tensors.doubles(bare.statistics().output(2)))
        .isEqualTo(Tensors.doubles(whole.run().orElseThrow().cache().get(Sites.Z.at(2))));
  }

  /** What a back end makes of Java's memory must outlive the pass. */
  @Test
  void capturedOutputsStay() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DEFAULT);
    List<AttentionRun> runs = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      runs.add(model.attention(TOKENS, REQUEST, Capture.of(Sites.Z)));
      if (i % 40 == 39) {
        System.gc();
      }
    }
    double[] first =
        Tensors.doubles(model.run(TOKENS, Capture.of(Sites.Z)).cache().get(Sites.Z.at(1)));
    for (AttentionRun run : runs) {
      NDArray z = run.run().orElseThrow().cache().get(Sites.Z.at(1));
      assertThat(Tensors.doubles(z)).usingComparatorWithPrecision(1e-4).containsExactly(first);
    }
  }

  @Test
  void aGateDoesWhatAnInterventionOnZDoes() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    Head head = Head.head(1, 2);
    AttentionRequest gated = REQUEST.edit(AttentionEdit.gate(HeadSet.of(head), 0));
    AttentionRun edited = model.attention(TOKENS, gated, Capture.nothing());
    AttentionRun ablated =
        model.with(Interventions.zero(head)).attention(TOKENS, REQUEST, Capture.nothing());

    assertThat(Tensors.doubles(edited.run().orElseThrow().logits()))
        .usingComparatorWithPrecision(1e-6)
        .containsExactly(Tensors.doubles(ablated.run().orElseThrow().logits()));
    assertThat(Tensors.doubles(edited.run().orElseThrow().logits()))
        .isNotEqualTo(Tensors.doubles(model.run(TOKENS).logits()));
    assertThat(ablated.receipts()).hasSize(1);
    assertThat(edited.provenance().interventions()).singleElement().asString().contains("Gate");
    assertThat(edited.provenance().versions()).containsEntry("attention", "cpu");
  }

  @Test
  void whatNeedsTheWholeMatrixIsRefused() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    HookPoint scores = Sites.SCORES.at(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(Interventions.zero(scores)).attention(TOKENS, REQUEST))
        .withMessageContaining("blocks.1.attn.hook_attn_scores")
        .withMessageContaining("AttentionRequest.edit");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.attention(TOKENS, REQUEST, Capture.of(Sites.PATTERN)))
        .withMessageContaining("needs the whole matrix");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.attention(TOKENS, REQUEST.on("cuda")))
        .withMessageContaining("loupe-kernels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.attention(TOKENS, REQUEST.heads(HeadSet.of(Head.head(3, 0)))))
        .withMessageContaining("There is no head L3H0: the model has 3 layers of 4 heads");
  }

  @Test
  void resultsShowThemselves() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    AttentionStatistics statistics =
        model.attention(TOKENS, REQUEST.heads(HeadSet.parse("L1H0 L2H3"))).statistics();

    assertThat(statistics.table().rows()).hasSize(2);
    assertThat(statistics.table().header())
        .containsExactly("head", "entropy", "mass at offset 1", "induction mass");
    assertThat(statistics.table().rows().get(1).get(1))
        .isEqualTo(statistics.mean(Statistic.ENTROPY, Head.head(2, 3)));
    assertThat(statistics.heatmap(Statistic.ENTROPY).description()).contains("entropy");
    assertThat(statistics.display().data()).containsKey("text/html");
    assertThat(statistics.perPrompt(Statistic.INDUCTION, Head.head(1, 0))).hasSize(2);
    assertThat(statistics.interval(Statistic.ENTROPY, Head.head(1, 0), 1).low())
        .isLessThanOrEqualTo(statistics.mean(Statistic.ENTROPY, Head.head(1, 0)));
  }

  @Test
  void modelsInFloat64StayInFloat64() {
    HookedTransformer model =
        TinyModels.llama(
            new LoadOptions(ai.djl.ndarray.types.DataType.FLOAT64, ai.djl.Device.cpu()));
    assertThat(
            Tensors.doubles(
                model
                    .attention(TOKENS, REQUEST, Capture.nothing())
                    .run()
                    .orElseThrow()
                    .logits()
                    .get("0, -1")))
        .usingComparatorWithPrecision(1e-12)
        .containsExactly(Tensors.doubles(model.run(TOKENS).logits().get("0, -1")));
  }
}
