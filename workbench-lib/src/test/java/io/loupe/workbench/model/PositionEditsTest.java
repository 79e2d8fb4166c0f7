package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.AttentionEdits;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.MaskRule;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.RotaryScaling;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Positions changed by an intervention, against models that were built with other positions. */
class PositionEditsTest {
  private static final Tokens TOKENS =
      Tokens.padded(Tokens.Padding.LEFT, new long[] {1, 2, 3, 4, 5}, new long[] {9, 8, 7});

  /** The same seed gives the same weights, whatever turns them. */
  private static HookedTransformer with(PositionSpec positions) {
    return HookedTransformer.random(
        ModelConfig.decoder(
            "test",
            new Dimensions(3, 48, 4, 2, 12, 96, 128, 64),
            new NormSpec(NormSpec.Kind.RMS_NORM, 1e-5),
            EmbeddingSpec.TOKENS,
            AttentionSpec.causal(positions, 12),
            new MlpSpec(Activation.SILU, true)),
        2,
        LoadOptions.DOUBLE);
  }

  private static PositionSpec.Rotary rotary(PositionSpec.Pairing pairing, double base) {
    return new PositionSpec.Rotary(8, base, pairing, new RotaryScaling.None());
  }

  private static void assertSame(HookedTransformer edited, HookedTransformer other) {
    double[] expected = Tensors.doubles(other.run(TOKENS).logits());
    assertThat(Tensors.doubles(edited.run(TOKENS).logits()))
        .containsExactly(expected, within(1e-11));
  }

  @ParameterizedTest
  @EnumSource
  void anotherRotaryBaseIsAnotherModelsBase(PositionSpec.Pairing pairing) {
    HookedTransformer model = with(rotary(pairing, 10_000));
    HookedTransformer other = with(rotary(pairing, 50));
    assertSame(model.with(PositionEdits.rotaryBase(model, 50)), other);
    assertSame(
        model.with(PositionEdits.rotaryBase(model, 50, 0, 2)),
        other.with(PositionEdits.rotaryBase(other, 10_000, 1)));
  }

  @ParameterizedTest
  @EnumSource
  void noPositionsAreAModelWithoutPositions(PositionSpec.Pairing pairing) {
    HookedTransformer bare = with(new PositionSpec.None());
    HookedTransformer rotary = with(rotary(pairing, 100));
    assertSame(rotary.with(PositionEdits.none(rotary)), bare);
    HookedTransformer alibi = with(new PositionSpec.Alibi());
    assertSame(alibi.with(PositionEdits.none(alibi)), bare);
    List<Intervention> two = new ArrayList<>(PositionEdits.none(rotary, 0));
    two.addAll(PositionEdits.none(rotary, 2));
    two.addAll(PositionEdits.none(rotary, 1));
    assertSame(rotary.with(two), bare);
  }

  @Test
  void scaledRotaryEmbeddingsLoseTheirFactorToo() {
    RotaryScaling yarn = new RotaryScaling.Linear(4);
    HookedTransformer scaled =
        with(new PositionSpec.Rotary(8, 100, PositionSpec.Pairing.HALVES, yarn));
    assertSame(scaled.with(PositionEdits.none(scaled)), with(new PositionSpec.None()));
  }

  /** Where every token sees every other, tokens and their ids moved together give the same. */
  @Test
  void idsThatMoveWithTheirTokensChangeNothing() {
    List<HookedTransformer> models =
        List.of(
            TinyModels.gpt2(LoadOptions.DOUBLE),
            TinyModels.llama(LoadOptions.DOUBLE),
            with(new PositionSpec.Alibi()));
    Tokens straight = Tokens.of(new long[] {5, 6, 7, 8});
    Tokens moved = Tokens.of(new long[] {7, 5, 8, 6});
    int[] from = {2, 0, 3, 1};
    for (HookedTransformer model : models) {
      List<Intervention> open = new ArrayList<>();
      for (int layer = 0; layer < 3; layer++) {
        open.add(AttentionEdits.mask(layer, MaskRule.bidirectional()));
      }
      HookedTransformer both = model.with(open);
      double[][] expected = Tensors.matrix(both.run(straight).logits().get(0));
      double[][] actual =
          Tensors.matrix(both.with(PositionEdits.ids(model, from)).run(moved).logits().get(0));
      for (int i = 0; i < 4; i++) {
        assertThat(actual[i]).containsExactly(expected[from[i]], within(1e-11));
      }
      assertThat(Tensors.matrix(both.run(moved).logits().get(0))[0])
          .isNotEqualTo(expected[from[0]]);
    }
  }

  @Test
  void learnedPositionsAreThoseOfTheIds() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    var at = Sites.POS_EMBED.here();
    double[][][] after =
        Tensors.matrices(
            model.with(PositionEdits.ids(model, 9, 4)).run(TOKENS, Capture.at(at)).cache().get(at));
    double[][] table = Tensors.matrix(model.weights().get("pos_embed.W_pos"));
    assertThat(after[0][0]).containsExactly(table[9]);
    assertThat(after[0][1]).containsExactly(table[4]);
    assertThat(after[0][2]).containsExactly(table[2]);
    assertThat(after[1][2]).containsExactly(table[9]); // two columns of padding before it
    assertThat(after[1][4]).containsExactly(table[2]);
  }

  @Test
  void whatAModelDoesNotHaveIsRefused() {
    HookedTransformer learned = TinyModels.gpt2(LoadOptions.DOUBLE);
    HookedTransformer rotary = TinyModels.llama(LoadOptions.DOUBLE);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PositionEdits.rotaryBase(learned, 10))
        .withMessageContaining("no rotary embedding");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PositionEdits.none(learned, 1))
        .withMessageContaining("none(model)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> learned.with(PositionEdits.ids(learned, 64)))
        .withMessageContaining("0 to 63");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PositionEdits.rotaryBase(rotary, -1))
        .withMessageContaining("above 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PositionEdits.none(rotary, 3))
        .withMessageContaining("layers 0 to 2");
    HookedTransformer bare = with(new PositionSpec.None());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PositionEdits.none(bare))
        .withMessageContaining("no positions to change");
    HookedTransformer other = with(rotary(PositionSpec.Pairing.HALVES, 77));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> rotary.with(PositionEdits.none(other)))
        .withMessageContaining("not 'rotary, 8 dimensions in halves, base 77");
  }
}
