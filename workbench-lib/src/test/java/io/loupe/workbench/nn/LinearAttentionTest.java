package io.loupe.workbench.nn;

import static io.loupe.workbench.site.Head.head;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.attribution.AttentionMaps;
import io.loupe.workbench.attribution.HeadMix;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.intervention.AttentionEdits;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention whose weights are the scores themselves, which is a recurrence too. */
class LinearAttentionTest {
  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int KV_HEADS = 2;
  private static final int D_HEAD = 3;
  private static final Tokens TOKENS =
      Tokens.of(new long[] {1, 5, 2, 7, 3, 3, 8}, new long[] {4, 4, 6, 1, 0, 2, 9});

  private final HookedTransformer model = model();

  /** Grouped keys, a rotary embedding, norms: what else attention may have. */
  private static HookedTransformer model() {
    AttentionSpec spec =
        AttentionSpec.causal(new PositionSpec.Rotary(2, 100), D_HEAD)
            .scaledBy(0.8)
            .with(AttentionSpec.ScoreMap.IDENTITY);
    ModelConfig config =
        new ModelConfig(
            "linear",
            new Dimensions(LAYERS, 10, HEADS, KV_HEADS, D_HEAD, 12, 11, 16),
            new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
            EmbeddingSpec.LEARNED_POSITIONS,
            Collections.nCopies(LAYERS, spec),
            BlockSpec.PRE_NORM,
            new MlpSpec(Activation.GELU, false),
            HeadSpec.NORMED);
    return HookedTransformer.random(config, 0.4, 2, LoadOptions.DOUBLE);
  }

  /** S(t) = S(t - 1) + k(t) v(t)^T, z(t) = scale S(t)^T q(t): one state, whatever the length. */
  @Test
  void isARecurrence() {
    ActivationCache cache = model.run(TOKENS, Capture.everything()).cache();
    int length = TOKENS.length();
    for (int layer = 0; layer < LAYERS; layer++) {
      double[] q = Tensors.doubles(cache.get(Sites.ROT_Q.at(layer)));
      double[] k = Tensors.doubles(cache.get(Sites.ROT_K.at(layer)));
      double[] v = Tensors.doubles(cache.get(Sites.V.at(layer)));
      double[] z = Tensors.doubles(cache.get(Sites.Z.at(layer)));
      for (int row = 0; row < TOKENS.batch(); row++) {
        for (int head = 0; head < HEADS; head++) {
          double[][] state = new double[D_HEAD][D_HEAD];
          for (int t = 0; t < length; t++) {
            int kv = ((row * length + t) * KV_HEADS + head / (HEADS / KV_HEADS)) * D_HEAD;
            int at = ((row * length + t) * HEADS + head) * D_HEAD;
            for (int j = 0; j < D_HEAD; j++) {
              double expected = 0;
              for (int i = 0; i < D_HEAD; i++) {
                state[i][j] += k[kv + i] * v[kv + j];
                expected += 0.8 * state[i][j] * q[at + i];
              }
              assertThat(z[at + j]).isEqualTo(expected, within(1e-12));
            }
          }
        }
      }
    }
  }

  @Test
  void thePatternIsTheScoresAndNothingWhereAKeyIsHidden() {
    ActivationCache cache = model.run(TOKENS, Capture.everything()).cache();
    double[] scores = Tensors.doubles(cache.get(Sites.SCORES.at(1)));
    double[] pattern = Tensors.doubles(cache.get(Sites.PATTERN.at(1)));
    int length = TOKENS.length();
    for (int i = 0; i < scores.length; i++) {
      boolean hidden = i % length > i / length % length;
      assertThat(pattern[i]).isEqualTo(hidden ? 0 : scores[i]);
      assertThat(Double.isInfinite(scores[i])).isEqualTo(hidden);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"LEFT", "RIGHT"})
  void paddingChangesNothing(Tokens.Padding side) {
    long[] shorter = {1, 5, 2, 7};
    Tokens padded = Tokens.padded(side, TOKENS.row(1), shorter);
    double[] alone = Tensors.doubles(model.run(Tokens.of(shorter)).logits());
    double[] together = Tensors.doubles(model.run(padded).logits().get(1));
    int from = padded.column(1, 0) * 11;
    for (int i = 0; i < alone.length; i++) {
      assertThat(together[from + i]).isEqualTo(alone[i], within(1e-12));
    }
  }

  @Test
  void generationWithACacheSaysTheSame() {
    Tokens all = model.generate(TOKENS, 5);
    double[] logits = Tensors.doubles(model.run(all).logits().get(":, -2"));
    for (int row = 0; row < 2; row++) {
      int best = 0;
      for (int id = 0; id < 11; id++) {
        best = logits[row * 11 + id] > logits[row * 11 + best] ? id : best;
      }
      assertThat(all.row(row)[all.length() - 1]).isEqualTo(best);
    }
  }

  /** A hidden key is out of the sum; with a softmax the others would have grown. */
  @Test
  void aKnockoutTakesATermAway() {
    HookedTransformer without =
        model.with(AttentionEdits.knockout(head(0, 2), Slice.queries(6).and(Axis.KEY_POS, 1)));
    ActivationCache before = model.run(TOKENS, Capture.everything()).cache();
    ActivationCache after = without.run(TOKENS, Capture.everything()).cache();
    double[] pattern = Tensors.doubles(before.get(Sites.PATTERN.at(0)).get(0, 2, 6));
    double[] changed = Tensors.doubles(after.get(Sites.PATTERN.at(0)).get(0, 2, 6));
    for (int key = 0; key < pattern.length; key++) {
      assertThat(changed[key]).isEqualTo(key == 1 ? 0 : pattern[key]);
    }
  }

  @Test
  void foldingLeavesValueBiasesAlone() {
    HookedTransformer folded = model.folded();
    assertThat(Tensors.doubles(folded.run(TOKENS).logits().logSoftmax(-1)))
        .containsExactly(Tensors.doubles(model.run(TOKENS).logits().logSoftmax(-1)), within(1e-10));
    assertThat(folded.gauge().left().get(Gauge.Step.VALUE_BIASES_INTO_OUTPUT))
        .isEqualTo("the weights of the attention do not sum to one");
  }

  @Test
  void whatIsMadeOfProbabilitiesIsRefused() {
    assertThat(model.config().weightsSumToOne()).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.attention(TOKENS, AttentionRequest.of(Statistic.ENTROPY)))
        .withMessageContaining("there are no probabilities to reduce: use run(tokens, Capture.of(");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionMaps.ofAttention(model, Tokens.of(TOKENS.row(0)), HeadMix.MEAN))
        .withMessageStartingWith("Attention maps are made of probabilities");
  }
}
