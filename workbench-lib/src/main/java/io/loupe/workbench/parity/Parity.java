package io.loupe.workbench.parity;

import static io.loupe.workbench.intervention.Interventions.patch;
import static io.loupe.workbench.intervention.Interventions.zero;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Gradients;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares a model with the numbers in an {@code expected.safetensors}, whatever subset of these is
 * there: {@code logits} and {@code corrupt_logits} of {@code input_ids} and {@code corrupt_ids};
 * {@code masked_logits} under {@code attention_mask}, at its tokens; {@code hidden_states.l} (0 the
 * embedding's output, the last one after the final norm in decoders); {@code attentions.l}; {@code
 * zero_head.L.H.logits}; {@code patch_resid_post.L.posP.logits}; {@code
 * grad_logitA_minus_B.resid_post.L}, of the last position's logits summed over the batch; {@code
 * generate_greedy}, which continues the first six tokens of the first row.
 */
public final class Parity {
  private static final String INPUT = "input_ids";
  private static final String CORRUPT = "corrupt_ids";
  private static final String MASK = "attention_mask";
  private static final int PROMPT = 6;
  private static final Pattern HIDDEN = Pattern.compile("hidden_states\\.(\\d+)");
  private static final Pattern ATTENTION = Pattern.compile("attentions\\.(\\d+)");
  private static final Pattern ZERO = Pattern.compile("zero_head\\.(\\d+)\\.(\\d+)\\.logits");
  private static final Pattern PATCH =
      Pattern.compile("patch_resid_post\\.(\\d+)\\.pos(\\d+)\\.logits");
  private static final Pattern GRADIENT =
      Pattern.compile("grad_logit(\\d+)_minus_(\\d+)\\.resid_post\\.(\\d+)");

  private final HookedTransformer model;
  private final ModelConfig config;
  private final ExpectedTensors expected;
  private final Tokens tokens;
  private final ActivationCache cache;
  private final ParityReport.Builder report;

  private Parity(HookedTransformer model, ExpectedTensors expected) throws IOException {
    this.model = model;
    this.config = model.config();
    this.expected = expected;
    this.tokens = Tokens.of(expected.ids(INPUT));
    this.cache =
        model
            .run(
                tokens,
                Capture.of(
                    Sites.RESID_PRE, Sites.RESID_POST, Sites.LN_FINAL, Sites.PATTERN, Sites.LOGITS))
            .cache();
    this.report = new ParityReport.Builder(model.name());
  }

  /**
   * Loads a folder's model and compares it with the {@code expected.safetensors} beside it.
   *
   * @throws IOException if the model or the file cannot be read, or the file lacks {@code
   *     input_ids}
   */
  public static ParityReport of(Path folder, LoadOptions options) throws IOException {
    ExpectedTensors expected =
        new ExpectedTensors(SafetensorsFile.open(folder.resolve("expected.safetensors")));
    return new Parity(HookedTransformer.load(folder, options), expected).compareAll();
  }

  private ParityReport compareAll() throws IOException {
    for (String name : expected.names()) {
      compare(name);
    }
    return report.build();
  }

  private void compare(String name) throws IOException {
    Matcher hidden = HIDDEN.matcher(name);
    Matcher attention = ATTENTION.matcher(name);
    Matcher zeroed = ZERO.matcher(name);
    Matcher patched = PATCH.matcher(name);
    Matcher gradient = GRADIENT.matcher(name);
    if (name.equals(INPUT) || name.equals(CORRUPT) || name.equals(MASK)) {
      return; // inputs
    }
    if (name.equals("logits")) {
      compare("logits", name, cache.get(Sites.LOGITS));
    } else if (name.equals("corrupt_logits")) {
      compare("logits", name, model.run(Tokens.of(expected.ids(CORRUPT))).logits());
    } else if (name.equals("masked_logits")) {
      masked(name);
    } else if (hidden.matches()) {
      compare("hidden_states", name, hidden(layer(hidden, 1)));
    } else if (attention.matches()) {
      compare("attentions", name, cache.get(Sites.PATTERN.at(layer(attention, 1))));
    } else if (zeroed.matches()) {
      Head head = new Head(layer(zeroed, 1), layer(zeroed, 2));
      compare("zero_head", name, model.with(zero(head)).run(tokens).logits());
    } else if (patched.matches()) {
      patched(name, Sites.RESID_POST.at(layer(patched, 1)), layer(patched, 2));
    } else if (gradient.matches()) {
      gradient(name, gradient);
    } else if (name.equals("generate_greedy")) {
      greedy(name);
    } else {
      report.skipped(name, "not a tensor of this layout");
    }
  }

  private static int layer(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }

  private NDArray hidden(int index) {
    boolean last = index == config.layers();
    boolean normed = config.head().normed() && config.head().transform().isEmpty();
    if (!last) {
      return cache.get(Sites.RESID_PRE.at(index));
    }
    return normed ? cache.get(Sites.LN_FINAL) : cache.get(Sites.RESID_POST.at(index - 1));
  }

  private void masked(String name) throws IOException {
    Tokens padded = Tokens.masked(expected.ids(INPUT), expected.ids(MASK));
    boolean[] compared = new boolean[padded.batch() * padded.length()];
    for (int row = 0; row < padded.batch(); row++) {
      for (int column : padded.columns(row)) {
        compared[row * padded.length() + column] = true;
      }
    }
    report.add("masked_logits", name, expected.error(name, model.run(padded).logits(), compared));
  }

  private void patched(String name, HookPoint point, int position) throws IOException {
    Tokens corrupt = Tokens.of(expected.ids(CORRUPT));
    ActivationCache source = model.run(corrupt, Capture.at(point)).cache();
    Run run = model.with(patch(point, Slice.positions(position), source)).run(tokens);
    compare("patch_resid_post", name, run.logits());
  }

  private void gradient(String name, Matcher gradient) throws IOException {
    HookPoint point = Sites.RESID_POST.at(layer(gradient, 3));
    try (Gradients gradients =
        model.gradients(
            tokens, Metrics.logitDifference(layer(gradient, 1), layer(gradient, 2)), point)) {
      compare("gradients", name, gradients.at(point));
    }
  }

  /** The error is the number of tokens that differ. */
  private void greedy(String name) throws IOException {
    long[] whole = expected.ids(name)[0];
    Tokens prompt = Tokens.of(Arrays.copyOf(tokens.row(0), PROMPT));
    long[] actual = model.generate(prompt, whole.length - PROMPT).row(0);
    int differing = 0;
    for (int i = 0; i < whole.length; i++) {
      differing += actual[i] == whole[i] ? 0 : 1;
    }
    report.add("generate_greedy", name, differing);
  }

  private void compare(String kind, String name, NDArray actual) throws IOException {
    if (expected.hasShapeOf(name, actual)) {
      report.add(kind, name, expected.error(name, actual));
    } else {
      report.skipped(
          name,
          "it has the shape %s there and %s here"
              .formatted(expected.shape(name), actual.getShape()));
    }
  }
}
