package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The shipped minGPT that sorts three letters, with the activations that its authors published. */
class NanoGptSortTest {
  private static final double TOLERANCE = 1e-5;

  private final HookedTransformer model = HookedTransformer.load("sort");
  private final Expected expected = Expected.of("models/nano-gpt-sort");
  private final ActivationCache cache =
      model.run(expected.tokens("input_ids"), Capture.matching(point -> true)).cache();

  NanoGptSortTest() throws IOException {}

  @ParameterizedTest
  @CsvSource({
    "embed, hook_embed",
    "pos_embed, hook_pos_embed",
    "blocks.0.resid_pre, blocks.0.hook_resid_pre",
    "blocks.0.ln1, blocks.0.ln1.hook_normalized",
    "blocks.0.attn.pattern, blocks.0.attn.hook_pattern",
    "blocks.0.attn_out, blocks.0.hook_attn_out",
    "blocks.0.resid_mid, blocks.0.hook_resid_mid",
    "blocks.0.ln2, blocks.0.ln2.hook_normalized",
    "blocks.0.mlp.pre, blocks.0.mlp.hook_pre",
    "blocks.0.mlp.post, blocks.0.mlp.hook_post",
    "blocks.0.mlp_out, blocks.0.hook_mlp_out",
    "blocks.0.resid_post, blocks.0.hook_resid_post",
    "blocks.1.resid_post, blocks.1.hook_resid_post",
    "blocks.2.resid_post, blocks.2.hook_resid_post",
    "ln_final, ln_final.hook_normalized",
    "logits, hook_logits"
  })
  void activation(String theirs, String ours) throws IOException {
    expected.assertClose(cache.get(HookPoint.parse(ours)), theirs, TOLERANCE);
  }

  @ParameterizedTest
  @CsvSource({"q, attn.hook_q", "k, attn.hook_k", "v, attn.hook_v"})
  void headsStandBehindPositions(String theirs, String ours) throws IOException {
    NDArray byPosition =
        cache.get(HookPoint.parse("blocks.0." + ours)); // theirs is [batch, head, pos, d_head]
    expected.assertClose(byPosition.transpose(0, 2, 1, 3), "blocks.0.attn." + theirs, TOLERANCE);
  }

  @Test
  void mixedValues() throws IOException {
    NDArray z = cache.get(Sites.Z.at(0));
    expected.assertClose(z.reshape(3, 11, 48), "blocks.0.attn.z_flat", TOLERANCE);
  }

  @Test
  void probabilities() throws IOException {
    expected.assertClose(cache.get(Sites.LOGITS).softmax(-1), "probs", TOLERANCE);
  }

  @Test
  void everyStoredTensorIsCompared() {
    assertThat(expected.names()).hasSize(22); // 16 + 3 + 1 + 1 above, and the input ids
  }

  /**
   * Six letters in, the same six sorted out: the answers are read one after the other, 1,000 inputs
   * at once.
   */
  @Test
  void sorts() {
    Random random = new Random(1);
    long[][] rows = new long[1000][];
    long[][] sorted = new long[1000][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = random.longs(6, 0, 3).toArray();
      sorted[i] = rows[i].clone();
      Arrays.sort(sorted[i]);
    }
    for (int answer = 0; answer < 6; answer++) {
      try (Run run = model.run(Tokens.of(rows))) {
        long[] best = run.logits().get(":, -1").argMax(-1).toLongArray();
        for (int i = 0; i < rows.length; i++) {
          rows[i] = Arrays.copyOf(rows[i], rows[i].length + 1);
          rows[i][6 + answer] = best[i];
        }
      }
    }
    long right = 0;
    for (int i = 0; i < rows.length; i++) {
      right += Arrays.equals(Arrays.copyOfRange(rows[i], 6, 12), sorted[i]) ? 1 : 0;
    }
    assertThat(right).isGreaterThanOrEqualTo(990);
  }
}
