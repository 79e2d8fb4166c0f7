package io.loupe.kernels.attention;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionEdit;
import io.loupe.workbench.capture.AttentionPlan;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionRule;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.capture.TokenRange;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.text.Tokens.Padding;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** What the kernels are told of tokens, statistics and edits; worked out by hand. */
class CallArraysTest {
  private static final int HEADS = 2;

  /** Two prompts, 7 8 7 8 9 and, padded on the left, 5 5 6; the last four columns are queries. */
  private static AttentionPlan plan(NDManager manager, AttentionRequest request) {
    Tokens tokens =
        Tokens.padded(Padding.LEFT, new long[] {7, 8, 7, 8, 9}, new long[] {5, 5, 6})
            .withSpans(0, List.of(new Span("a", 1, 3), new Span("b", 0, 1)))
            .withSpans(1, List.of(new Span("a", 0, 2), new Span("b", 2, 3)));
    NDArray q = manager.zeros(new Shape(2, 4, HEADS, 8));
    NDArray k = manager.zeros(new Shape(2, 5, 1, 8));
    AttentionRule rule = new AttentionRule(MaskSpec.CAUSAL, 1, OptionalDouble.empty(), List.of());
    return new AttentionPlan(new AttentionCall(3, q, k, k, rule, tokens, request));
  }

  private static int[] ints(ByteBuffer bytes) {
    int[] ints = new int[bytes.remaining() / 4];
    bytes.asIntBuffer().get(ints);
    return ints;
  }

  @Test
  void tokensAndTargets() {
    AttentionRequest request =
        AttentionRequest.of(
            Statistic.INDUCTION, Statistic.FIRST_KEY, Statistic.DUPLICATE, Statistic.offset(2));
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      CallArrays arrays = new CallArrays(plan(manager, request));
      assertThat(arrays.isPadded()).isTrue();
      assertThat(ints(arrays.positions())).containsExactly(0, 1, 2, 3, 4, -1, -1, 0, 1, 2);
      assertThat(ints(arrays.tokens())).containsExactly(7, 8, 7, 8, 9, -1, -1, 5, 5, 6);
      assertThat(arrays.targets())
          .containsExactly(Statistic.INDUCTION, Statistic.FIRST_KEY, Statistic.offset(2));
      assertThat(ints(arrays.targetColumns()))
          .containsExactly(
              -1, 1, 2, -1, // behind the last occurrence
              -1, -1, 3, -1, 0, 0, 0, 0, // the first key
              2, 2, 2, 2, -1, 0, 1, 2, // two before
              -1, -1, -1, 2);
      assertThat(arrays.slot(Statistic.FIRST_KEY, 0)).isEqualTo(Slot.TARGETS + 1);
      assertThat(arrays.slot(Statistic.DUPLICATE, 0)).isEqualTo(Slot.DUPLICATE);
      assertThat(arrays.passes()).isEqualTo(1);
      assertThat(arrays.exists(Statistic.DUPLICATE, 0, 0)).isFalse();
      assertThat(arrays.exists(Statistic.DUPLICATE, 0, 1)).isTrue();
    }
  }

  @Test
  void moreSetsAndWindowsThanOnePassHasTakeSeveral() {
    AttentionRequest request =
        AttentionRequest.of(
            Statistic.span("a"),
            Statistic.ENTROPY,
            Statistic.span("b"),
            Statistic.distanceWithin(3),
            Statistic.distanceWithin(5));
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      CallArrays arrays = new CallArrays(plan(manager, request));
      assertThat(arrays.passes()).isEqualTo(2);
      assertThat(ints(arrays.setBits(0))).containsExactly(2, 1, 1, 0, 0, 0, 0, 1, 1, 2);
      assertThat(arrays.slot(Statistic.span("b"), 0)).isEqualTo(Slot.SETS + 1);
      assertThat(arrays.slot(Statistic.span("b"), 1)).isEqualTo(-1);
      assertThat(arrays.slot(Statistic.ENTROPY, 0)).isEqualTo(Slot.ENTROPY);
      assertThat(arrays.slot(Statistic.ENTROPY, 1)).isEqualTo(-1);
      assertThat(arrays.slot(Statistic.distanceWithin(5), 0)).isEqualTo(-1);
      assertThat(arrays.slot(Statistic.distanceWithin(5), 1)).isEqualTo(Slot.WITHIN);
      assertThat(arrays.window(1)).isEqualTo(new Statistic.WindowedDistance(5));
      assertThat(arrays.sets(1)).isEmpty();
    }
  }

  @Test
  void editsOfAHead() {
    HeadSet second = HeadSet.of(new Head(3, 1));
    AttentionRequest request =
        AttentionRequest.of(Statistic.ENTROPY)
            .edit(
                AttentionEdit.gate(second, 0.5),
                AttentionEdit.temperature(second, TokenRange.of(1, 2), 4),
                AttentionEdit.knockout(second, TokenRange.of(2, 3), TokenRange.of(0, 1)),
                AttentionEdit.reweight(second, TokenRange.ALL, TokenRange.of(1, 2), Math.E),
                AttentionEdit.sinkWindow(second, 1, 2));
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      EditArrays edits = new EditArrays(plan(manager, request));
      assertThat(edits.isEmpty()).isFalse();
      ByteBuffer heads = edits.heads();
      assertThat(heads.remaining()).isEqualTo(4 * EditArrays.BYTES);
      assertThat(heads.getFloat(EditArrays.GATE)).isEqualTo(1);
      assertThat(heads.getInt(EditArrays.FACTORS)).isEqualTo(-1);
      assertThat(heads.getInt(EditArrays.RULES)).isEqualTo(-1);
      int at = EditArrays.BYTES;
      assertThat(heads.getFloat(at + EditArrays.GATE)).isEqualTo(0.5f);
      assertThat(heads.getInt(at + EditArrays.FACTORS)).isZero();
      assertThat(heads.getInt(3 * at + EditArrays.RULES)).isEqualTo(1);
      assertThat(heads.getInt(at + EditArrays.WINDOWS)).isEqualTo(1);
      assertThat(heads.getInt(at + EditArrays.SINKS)).isEqualTo(1);
      assertThat(heads.getInt(at + EditArrays.SPANS)).isEqualTo(2);
      assertThat(heads.getFloat(at + EditArrays.WEIGHTS)).isEqualTo(1);
      assertThat(heads.getFloat(at + EditArrays.WEIGHTS + 4)).isEqualTo(Float.NEGATIVE_INFINITY);
      float[] factors = new float[10];
      edits.factors().asFloatBuffer().get(factors);
      assertThat(factors).containsExactly(1, 0.25f, 1, 1, 1, 1, 1, 1, 0.25f, 1);
      assertThat(ints(edits.queryRules())).containsExactly(1, 1, 3, 1, 1, 0, 0, 1, 1, 3);
      assertThat(ints(edits.keyRules())).containsExactly(2, 1, 0, 0, 0, 0, 0, 2, 1, 0);
    }
  }
}
