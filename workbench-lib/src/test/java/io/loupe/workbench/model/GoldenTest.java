package io.loupe.workbench.model;

import static io.loupe.workbench.intervention.Interventions.patch;
import static io.loupe.workbench.intervention.Interventions.zero;
import static io.loupe.workbench.site.Sites.PATTERN;
import static io.loupe.workbench.site.Sites.RESID_POST;
import static io.loupe.workbench.site.Sites.RESID_PRE;
import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.intervention.Receipt;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Every number of the tiny golden checkpoints, computed by Hugging Face transformers. */
@ParameterizedClass
@ValueSource(strings = {"gpt2", "llama"})
class GoldenTest {
  private static final double TOLERANCE = 1e-4;

  private final HookedTransformer model;
  private final Expected expected;
  private final Tokens tokens;
  private final Tokens corrupted;

  GoldenTest(String family) throws IOException {
    model = HookedTransformer.load(Expected.folder("golden/" + family).toString());
    expected = Expected.of("golden/" + family);
    tokens = expected.tokens("input_ids");
    corrupted = expected.tokens("corrupt_ids");
  }

  @Test
  void logits() throws IOException {
    expected.assertClose(model.run(tokens).logits(), "logits", TOLERANCE);
    expected.assertClose(model.run(corrupted).logits(), "corrupt_logits", TOLERANCE);
  }

  @Test
  void hiddenStatesAndPatterns() throws IOException {
    ActivationCache cache = model.runWithCache(tokens).cache();
    int layers = model.config().layers();
    for (int layer = 0; layer < layers; layer++) {
      expected.assertClose(cache.get(RESID_PRE.at(layer)), "hidden_states." + layer, TOLERANCE);
      expected.assertClose(cache.get(PATTERN.at(layer)), "attentions." + layer, TOLERANCE);
    }
    expected.assertClose(cache.get(Sites.LN_FINAL), "hidden_states." + layers, TOLERANCE);
  }

  @Test
  void maskedLogitsAtTokens() throws IOException {
    Tokens masked = Tokens.masked(expected.ids("input_ids"), expected.ids("attention_mask"));
    double[] actual = Tensors.doubles(model.run(masked).logits());
    double[] all = expected.values("masked_logits");
    int vocab = model.config().vocab();
    int compared = 0;
    for (int row = 0; row < masked.batch(); row++) {
      for (int column : masked.columns(row)) {
        int from = (row * masked.length() + column) * vocab;
        Expected.assertClose(
            java.util.Arrays.copyOfRange(actual, from, from + vocab),
            java.util.Arrays.copyOfRange(all, from, from + vocab),
            "masked_logits row " + row + " column " + column,
            TOLERANCE);
        compared++;
      }
    }
    assertThat(compared).isEqualTo(36 - 4 - 3);
  }

  @Test
  void zeroAblatedHeads() throws IOException {
    for (Matcher name : matching("zero_head\\.(\\d+)\\.(\\d+)\\.logits", 2)) {
      Head head = new Head(Integer.parseInt(name.group(1)), Integer.parseInt(name.group(2)));
      Run run = model.with(zero(head)).run(tokens);
      expected.assertClose(run.logits(), name.group(), TOLERANCE);
      Receipt receipt = run.receipts().get(0);
      assertThat(receipt.fired()).isEqualTo(1);
      assertThat(receipt.editNorm()).isPositive();
    }
  }

  @Test
  void everyPatchedResidual() throws IOException {
    ActivationCache source = model.run(corrupted, Capture.of(RESID_POST)).cache();
    for (Matcher name : matching("patch_resid_post\\.(\\d+)\\.pos5\\.logits", 2)) {
      HookPoint at = RESID_POST.at(Integer.parseInt(name.group(1)));
      Run run = model.with(patch(at, Slice.positions(5), source)).run(tokens);
      expected.assertClose(run.logits(), name.group(), TOLERANCE);
    }
  }

  @Test
  void everyGradient() throws IOException {
    HookPoint[] points = {RESID_POST.at(0), RESID_POST.at(1), RESID_POST.at(2)};
    Gradients gradients = model.gradients(tokens, Metrics.logitDifference(7, 9), points);
    for (HookPoint point : points) {
      expected.assertClose(
          gradients.at(point), "grad_logit7_minus_9.resid_post." + point.layer(), TOLERANCE);
    }
    expected.assertClose(gradients.run().logits(), "logits", TOLERANCE);
  }

  @Test
  void greedyContinuation() throws IOException {
    long[] whole = expected.ids("generate_greedy")[0];
    Tokens prompt = Tokens.of(java.util.Arrays.copyOf(tokens.row(0), 6));
    assertThat(model.generate(prompt, 12).row(0)).containsExactly(whole);
  }

  private List<Matcher> matching(String regex, int count) {
    List<Matcher> found =
        expected.names().stream()
            .map(Pattern.compile(regex)::matcher)
            .filter(Matcher::matches)
            .toList();
    assertThat(found).as("expected tensors that match " + regex).hasSize(count);
    return found;
  }
}
