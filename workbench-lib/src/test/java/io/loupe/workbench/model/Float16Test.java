package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.intervention.Receipt;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Half precision: refused on the CPU, and right, which only the CPU can be asked here. */
class Float16Test {
  /** Of the largest entry: sixteen times what one rounding to float16's eleven bits loses. */
  private static final double TOLERANCE = 16 * 0x1p-11;

  @Test
  void isRefusedOnTheCpuByName() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoadOptions(DataType.FLOAT16, Device.cpu()))
        .withMessageContainingAll("FLOAT16", "GPU", "FLOAT32");
    assertThat(new LoadOptions(DataType.FLOAT16, Device.gpu(0)).type()).isEqualTo(DataType.FLOAT16);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoadOptions(DataType.INT32, Device.cpu()))
        .withMessageContainingAll("FLOAT32", "FLOAT64", "int32");
  }

  /** Norms of both kinds, learned, rotary and ALiBi positions, windows, caps, normed queries. */
  @ParameterizedTest
  @ValueSource(
      strings = {"gpt2", "llama", "bloom", "gemma2", "gemma3_text", "olmo2", "gptj", "bert"})
  void everyActivationIsAsInFloat32(String family) throws IOException {
    Expected expected = Expected.of("golden/" + family);
    HookedTransformer half = half(family);
    HookedTransformer single = HookedTransformer.load(folder(family), LoadOptions.DEFAULT);
    assertThat(half.type()).isEqualTo(DataType.FLOAT16);
    Tokens tokens = expected.tokens("input_ids");
    Run run = half.run(tokens, Capture.everything());
    ActivationCache wanted = single.run(tokens, Capture.everything()).cache();
    assertThat(run.logits().getDataType()).isEqualTo(DataType.FLOAT16);
    for (HookPoint point : wanted.points()) {
      assertClose(run.cache().get(point), wanted.get(point), point.toString());
    }
    assertClose(half.run(tokens).logits(), single.run(tokens).logits(), "logits, fused steps");
  }

  @Test
  void paddedPromptsAndGeneration() throws IOException {
    Expected expected = Expected.of("golden/llama");
    HookedTransformer half = half("llama");
    HookedTransformer single = HookedTransformer.load(folder("llama"), LoadOptions.DEFAULT);
    Tokens masked = Tokens.masked(expected.ids("input_ids"), expected.ids("attention_mask"));
    assertClose(half.run(masked).logits(), single.run(masked).logits(), "padded");
    Tokens prompt = Tokens.of(Arrays.copyOf(expected.ids("input_ids")[0], 6));
    assertThat(half.generate(prompt, 4).row(0)).containsExactly(single.generate(prompt, 4).row(0));
  }

  @Test
  void theSizeOfAnEditDoesNotOverflow() throws IOException {
    Expected expected = Expected.of("golden/gpt2");
    Run run =
        half("gpt2")
            .with(Interventions.scale(Sites.EMBED.here(), 1e4))
            .run(expected.tokens("input_ids"));
    Receipt receipt = run.receipts().get(0);
    assertThat(receipt.editNorm()).isFinite().isGreaterThan(65504);
  }

  private static Path folder(String family) {
    return Expected.folder("golden/" + family);
  }

  private static HookedTransformer half(String family) throws IOException {
    return ModelLoader.load(folder(family), family, DataType.FLOAT16, Device.cpu());
  }

  private static void assertClose(NDArray half, NDArray single, String name) {
    double[] wanted = Tensors.doubles(single);
    double largest =
        Arrays.stream(wanted).filter(Double::isFinite).map(Math::abs).max().orElseThrow();
    double[] actual = Tensors.doubles(half);
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] == actual[i]) {
        actual[i] = wanted[i] = 0; // both may be minus infinity: masked scores
      }
    }
    Expected.assertClose(actual, wanted, name, TOLERANCE * Math.max(1, largest));
  }
}
