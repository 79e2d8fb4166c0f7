package io.loupe.workbench.model;

import static io.loupe.workbench.intervention.Interventions.zero;
import static io.loupe.workbench.site.Sites.EMBED;
import static io.loupe.workbench.site.Sites.LOGITS;
import static io.loupe.workbench.site.Sites.RESID_POST;
import static io.loupe.workbench.site.Sites.Z;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.workbench.intervention.NeverFiredException;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Activations without the layers behind them. */
class ActivationsTest {
  private static final HookedTransformer MODEL = TinyModels.gpt2(LoadOptions.DOUBLE);
  private static final Tokens TOKENS =
      Tokens.padded(Tokens.Padding.LEFT, new long[] {1, 2, 3, 4, 5}, new long[] {6, 7, 8});

  @Test
  void areThoseOfAWholeRun() {
    List<HookPoint> points = List.of(EMBED.here(), Z.at(1), RESID_POST.at(0));
    ActivationCache some = MODEL.activations(TOKENS, points);
    ActivationCache whole = MODEL.run(TOKENS, Capture.at(points.toArray(HookPoint[]::new))).cache();
    assertThat(some.points()).containsExactlyInAnyOrderElementsOf(points);
    for (HookPoint point : points) {
      assertThat(Tensors.doubles(some.get(point))).isEqualTo(Tensors.doubles(whole.get(point)));
    }
  }

  @Test
  void noLaterLayerRuns() {
    HookedTransformer edited = MODEL.with(zero(new Head(1, 2)));
    assertThat(edited.activations(TOKENS, List.of(RESID_POST.at(1))).points()).hasSize(1);
    assertThatThrownBy(() -> edited.activations(TOKENS, List.of(RESID_POST.at(0))))
        .isInstanceOf(NeverFiredException.class);
  }

  @Test
  void whatStandsBehindTheLayersIsRefused() {
    assertThatThrownBy(() -> MODEL.activations(TOKENS, List.of(LOGITS.here())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("use run(tokens, Capture.at(...))");
    assertThatThrownBy(() -> MODEL.activations(TOKENS, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one hook point");
  }
}
