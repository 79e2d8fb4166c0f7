package io.loupe.kernels.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loupe.kernels.KernelException;
import io.loupe.kernels.driver.CudaDevice;
import io.loupe.workbench.capture.AttentionBackend;
import io.loupe.workbench.capture.AttentionEdit;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.capture.TokenRange;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import org.junit.jupiter.api.Test;

/** What is said on a machine without a GPU, and that nothing else is affected. */
class WithoutGpuTest {
  private static final Tokens TOKENS = Tokens.of(new long[] {1, 2, 3});
  private static final AttentionRequest REQUEST = AttentionRequest.of(Statistic.ENTROPY);

  @Test
  void theBackEndIsFoundByItsName() {
    assertThat(AttentionBackend.named("cuda")).isInstanceOf(CudaAttention.class);
  }

  @Test
  void withoutADriverItSaysSoBeforeAnythingRuns() {
    assumeTrue(CudaDevice.missing().isPresent(), "this machine has a GPU");
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    assertThatExceptionOfType(KernelException.class)
        .isThrownBy(() -> model.attention(TOKENS, REQUEST.on("cuda")))
        .withMessageContaining("No GPU can be used")
        .withMessageContaining("NVIDIA")
        .withMessageContaining("on(\"cpu\")")
        .satisfies(e -> assertThat(e.call()).isEqualTo("cuInit"));
    Head head = Head.head(0, 0);
    assertThat(model.attention(TOKENS, REQUEST).statistics().values(Statistic.ENTROPY, head, 0))
        .hasSize(3);
  }

  @Test
  void moreEditsThanTheKernelsTakeAreRefused() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    HeadSet one = HeadSet.of(Head.head(0, 1));
    AttentionRequest many = REQUEST.on("cuda");
    for (int i = 0; i < 33; i++) {
      many = many.edit(AttentionEdit.knockout(one, TokenRange.ALL, TokenRange.of(0, 1)));
    }
    AttentionRequest tooMany = many;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.attention(TOKENS, tooMany))
        .withMessageContaining("at most 32 knockouts")
        .withMessageContaining("L0H1 has 33 and 0");
  }
}
