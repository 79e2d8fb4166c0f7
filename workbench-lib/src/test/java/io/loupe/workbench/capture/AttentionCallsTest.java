package io.loupe.workbench.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.text.Tokens.Padding;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** Same input, same bits; what is refused and how; what a back end is found by. */
class AttentionCallsTest {
  private static final AttentionRule RULE =
      new AttentionRule(MaskSpec.CAUSAL, 0.3, OptionalDouble.empty(), List.of());
  private static final AttentionRequest REQUEST =
      AttentionRequest.of(Statistic.ENTROPY, Statistic.DISTANCE, Statistic.INDUCTION)
          .topKeys(3)
          .withReceived();

  private static AttentionCase some(int... lengths) {
    return new AttentionCase(1, 4, 2, 10, RULE, Padding.RIGHT, lengths);
  }

  private record Bits(double[] z, List<double[]> statistics) {
    static Bits of(CpuAttention backend, AttentionCase c) {
      try (NDManager manager = Engines.newManager(Device.cpu())) {
        LayerAttention result = backend.attend(c.call(manager, REQUEST));
        LayerStatistics s = result.statistics();
        return new Bits(
            Tensors.doubles(result.z()),
            List.of(
                s.values(Statistic.ENTROPY, 3, 1),
                s.values(Statistic.DISTANCE, 3, 1),
                s.values(Statistic.INDUCTION, 0, 0),
                s.received(1, 1),
                Arrays.stream(s.topProbabilities(2, 0)).flatMapToDouble(Arrays::stream).toArray()));
      }
    }

    boolean same(Bits other) {
      boolean equal = Arrays.equals(z, other.z);
      for (int i = 0; i < statistics.size(); i++) {
        equal &= Arrays.equals(statistics.get(i), other.statistics.get(i));
      }
      return equal;
    }
  }

  @Test
  void threadsAndRepetitionsDoNotChangeABit() {
    AttentionCase c = some(1100, 700);
    Bits first = Bits.of(CpuAttention.FLOAT32.threads(1), c);
    for (int run = 0; run < 20; run++) {
      assertThat(Bits.of(CpuAttention.FLOAT32.threads(1 + run % 2), c).same(first))
          .as("run %d", run)
          .isTrue();
    }
    AttentionCase small = some(90, 70);
    assertThat(
            Bits.of(CpuAttention.FLOAT64.threads(1), small)
                .same(Bits.of(CpuAttention.FLOAT64.threads(2), small)))
        .isTrue();
  }

  /** The engine's threads are each thread's own; one that comes later must not get a worker's. */
  @Test
  void laterThreadsGetAllOfTheEnginesThreads() throws Exception {
    int here = JniUtils.getNumThreads();
    Bits.of(CpuAttention.FLOAT32, some(30, 20));
    int[] there = new int[1];
    Thread later = new Thread(() -> there[0] = JniUtils.getNumThreads());
    later.start();
    later.join();
    assertThat(there[0]).isEqualTo(here);
    assertThat(JniUtils.getNumThreads()).isEqualTo(here);
  }

  @Test
  void lastColumnsAloneGiveTheirPart() {
    AttentionCase c = some(400);
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      AttentionCall whole = c.call(manager, REQUEST);
      NDArray last = whole.q().get(":, 377:");
      AttentionCall part =
          new AttentionCall(1, last, whole.k(), whole.v(), RULE, c.tokens, REQUEST);
      LayerAttention all = CpuAttention.FLOAT32.attend(whole);
      LayerAttention some = CpuAttention.FLOAT32.attend(part);
      assertThat(Tensors.doubles(some.z()))
          .usingComparatorWithPrecision(1e-6)
          .containsExactly(Tensors.doubles(all.z().get(":, 377:")));
      double[] entropy = all.statistics().values(Statistic.ENTROPY, 2, 0);
      assertThat(some.statistics().values(Statistic.ENTROPY, 2, 0))
          .usingComparatorWithPrecision(1e-5)
          .containsExactly(Arrays.copyOfRange(entropy, 377, 400));
    }
  }

  @Test
  void onlyHeadsAskedForAreReportedAndAllAreComputed() {
    AttentionCase c = some(40);
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      AttentionRequest some =
          REQUEST
              .heads(HeadSet.of(new Head(1, 2), new Head(0, 0)))
              .pattern(HeadSet.of(new Head(1, 0)), -1);
      LayerAttention result = CpuAttention.FLOAT32.attend(c.call(manager, some));
      LayerAttention all = CpuAttention.FLOAT32.attend(c.call(manager, REQUEST));
      assertThat(result.statistics().heads()).containsExactly(2);
      assertThat(Tensors.doubles(result.z())).isEqualTo(Tensors.doubles(all.z()));
      assertThat(Arrays.stream(result.statistics().pattern(0, 0)[0]).sum()).isBetween(0.999, 1.001);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> result.statistics().values(Statistic.ENTROPY, 1, 0))
          .withMessageContaining("Head 1 of layer 1 was not reported on, only [2]");
    }
  }

  @Test
  void lessDetailKeepsMeans() {
    AttentionCase c = some(40, 30);
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      LayerStatistics rows = CpuAttention.FLOAT32.attend(c.call(manager, REQUEST)).statistics();
      LayerStatistics prompts =
          CpuAttention.FLOAT32
              .attend(c.call(manager, REQUEST.detail(AttentionRequest.Detail.PROMPTS)))
              .statistics();
      double first = Arrays.stream(rows.values(Statistic.ENTROPY, 0, 0)).average().orElseThrow();
      double second = Arrays.stream(rows.values(Statistic.ENTROPY, 0, 1)).average().orElseThrow();
      assertThat(prompts.mean(Statistic.ENTROPY, 0, 0)).isCloseTo(first, near());
      assertThat(prompts.mean(Statistic.ENTROPY, 0)).isCloseTo((first + second) / 2, near());
      assertThatIllegalArgumentException()
          .isThrownBy(() -> prompts.values(Statistic.ENTROPY, 0, 0))
          .withMessageContaining("Only means were kept");
    }
  }

  private static org.assertj.core.data.Offset<Double> near() {
    return org.assertj.core.data.Offset.offset(1e-12);
  }

  @Test
  void whatIsNotFiniteIsNamed() {
    AttentionCase c = some(5, 4);
    c.q[c.at(1, 2, 3, 4, 7)] = Float.NaN;
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      AttentionCall call = c.call(manager, REQUEST);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> CpuAttention.FLOAT32.attend(call))
          .withMessageContaining(
              "The queries of layer 1 are not finite: NaN at row 1, column 2, head 3, dimension 7");
    }
    c.q[c.at(1, 2, 3, 4, 7)] = 0;
    c.v[0] = Float.POSITIVE_INFINITY;
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      AttentionCall call = c.call(manager, REQUEST);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> CpuAttention.FLOAT64.attend(call))
          .withMessageContaining("The values of layer 1 are not finite: Infinity at row 0");
    }
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    Tokens tokens = Tokens.of(new long[] {1, 2, 3});
    try (NDManager m = Engines.newManager(Device.cpu())) {
      NDArray q = m.zeros(new Shape(1, 3, 4, 8));
      NDArray k = m.zeros(new Shape(1, 3, 2, 8));
      refused("a key for each column", q, m.zeros(new Shape(1, 4, 2, 8)), tokens, REQUEST);
      refused("as many rows", m.zeros(new Shape(2, 3, 4, 8)), k, tokens, REQUEST);
      refused("one d_head", m.zeros(new Shape(1, 3, 4, 6)), k, tokens, REQUEST);
      refused("same number of query heads", m.zeros(new Shape(1, 3, 3, 8)), k, tokens, REQUEST);
      refused("[batch, query, head, d_head]", m.zeros(new Shape(3, 4, 8)), k, tokens, REQUEST);
      refused("no span 'needle'", q, k, tokens, AttentionRequest.of(Statistic.span("needle")));
      refused("got 3", q, k, tokens, REQUEST.pattern(HeadSet.of(new Head(1, 0)), 3));
      NDArray wide = m.zeros(new Shape(1, 3, 4, 8), DataType.FLOAT64);
      LayerAttention result =
          CpuAttention.FLOAT32.attend(
              new AttentionCall(
                  0,
                  wide,
                  k.toType(DataType.FLOAT64, true),
                  k.toType(DataType.FLOAT64, true),
                  RULE,
                  tokens,
                  REQUEST));
      assertThat(result.z().getDataType()).isEqualTo(DataType.FLOAT64);
      assertThat(result.statistics().values(Statistic.ENTROPY, 0, 0)[2])
          .isCloseTo(Math.log(3), near());
    }
  }

  private static void refused(
      String saying, NDArray q, NDArray k, Tokens tokens, AttentionRequest request) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AttentionCall(1, q, k, k, RULE, tokens, request))
        .withMessageContaining(saying);
  }

  @Test
  void requestsThatCannotBeAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> REQUEST.topKeys(17))
        .withMessageContaining("Between 0 and 16");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionEdit.temperature(HeadSet.of(), TokenRange.ALL, 0))
        .withMessageContaining("above 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionEdit.reweight(HeadSet.of(), TokenRange.ALL, TokenRange.ALL, -1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionEdit.gate(HeadSet.of(), Double.NaN))
        .withMessageContaining("finite");
    assertThatIllegalArgumentException().isThrownBy(() -> Statistic.offset(-1));
  }

  @Test
  void backendsAreFoundByName() {
    assertThat(AttentionBackend.named("cpu").name()).isEqualTo("cpu");
    assertThat(AttentionBackend.named("cpu-float64").name()).isEqualTo("cpu-float64");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionBackend.named("cuda"))
        .withMessageContaining("no attention back end 'cuda'")
        .withMessageContaining("loupe-kernels");
  }
}
