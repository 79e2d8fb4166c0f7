package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.BlockSpec.Norms;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.text.Tokens;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs a prompt and decodes vectors of d_model at some places to logits. */
final class LogitLensReader {
  private static final List<Site> STREAMS =
      List.of(Sites.RESID_PRE, Sites.RESID_MID, Sites.RESID_POST);

  /** Where a vector is on the stream or added to it. */
  static final List<Site> READABLE =
      List.of(Sites.RESID_PRE, Sites.RESID_MID, Sites.RESID_POST, Sites.ATTN_OUT, Sites.MLP_OUT);

  private final HookedTransformer model;
  private final Tokens tokens;
  private final ActivationCache cache;
  private final NormScale scale;
  private final NDManager scope;

  /**
   * A vector at each position.
   *
   * @param head the head of {@link Sites#RESULT}; null at another site
   */
  record Place(HookPoint point, @Nullable Head head, String label) {
    static Place of(HookPoint point) {
      return new Place(point, null, label(point));
    }

    static Place of(Head head) {
      return new Place(Sites.RESULT.at(head.layer()), head, head.toString());
    }

    private static String label(HookPoint point) {
      if (point.site().equals(Sites.ATTN_OUT)) {
        return "L" + point.layer() + " attention";
      }
      if (point.site().equals(Sites.MLP_OUT)) {
        return "L" + point.layer() + " MLP";
      }
      if (point.site().equals(Sites.RESID_MID)) {
        return "layer " + point.layer() + ", middle";
      }
      if (point.site().equals(Sites.RESID_POST)) {
        return "layer " + point.layer();
      }
      return point.layer() == 0 ? "embedding" : "before layer " + point.layer();
    }
  }

  private LogitLensReader(
      HookedTransformer model,
      Tokens tokens,
      ActivationCache cache,
      NormScale scale,
      NDManager scope) {
    this.model = model;
    this.tokens = tokens;
    this.cache = cache;
    this.scale = scale;
    this.scope = scope;
  }

  static LensReadings read(
      HookedTransformer model, Tokens tokens, List<Place> places, NormScale scale) {
    LensReadings readings = new LensReadings(model, tokens);
    read(
        model,
        tokens,
        places,
        scale,
        (place, logits) -> readings.add(place.point(), place.label(), logits));
    return readings;
  }

  /** Takes the logits at one place, [pos, vocab], which are freed afterwards. */
  @FunctionalInterface
  interface Reader {
    void at(Place place, NDArray logits);
  }

  static void read(
      HookedTransformer model, Tokens tokens, List<Place> places, NormScale scale, Reader reader) {
    Rows.requireOne(tokens, "The logit lens");
    if (scale == NormScale.FINAL) {
      LogitAttributor.requireSum(model);
    }
    Set<HookPoint> wanted = new HashSet<>();
    for (Place place : places) {
      wanted.add(model.config().require(place.point()));
      if (place.head() != null && hasNormBehind(model)) {
        wanted.add(Sites.LN1_POST_SCALE.at(place.point().layer()));
      }
    }
    if (scale == NormScale.FINAL && model.config().head().normed()) {
      wanted.add(Sites.LN_FINAL_SCALE.here());
    }
    try (Run run = model.run(tokens, Capture.matching(wanted::contains))) {
      for (Place place : places) {
        try (NDManager scope = Engines.newManager(model.device())) {
          LogitLensReader at = new LogitLensReader(model, tokens, run.cache(), scale, scope);
          reader.at(place, at.logits(place));
        }
      }
    }
  }

  private static boolean hasNormBehind(HookedTransformer model) {
    Norms norms = model.config().block().norms();
    return norms.hasBehind() && norms.streamIsSum();
  }

  private NDArray logits(Place place) {
    NDArray x = rows(place.point()); // [pos, d_model]
    if (place.head() != null) {
      x = x.get(":, " + place.head().index()); // of [pos, head, d_model]
      if (hasNormBehind(model)) {
        int layer = place.point().layer();
        NDArray behind = rows(Sites.LN1_POST_SCALE.at(layer));
        x = new FrozenHead(model).behindAttention(layer, x, behind);
      }
    }
    if (scale == NormScale.OWN) {
      return model.decode(x);
    }
    NDArray last = model.config().head().normed() ? rows(Sites.LN_FINAL_SCALE.here()) : null;
    FrozenHead head = new FrozenHead(model);
    return STREAMS.contains(place.point().site()) ? head.ofStream(x, last) : head.ofPart(x, last);
  }

  private NDArray rows(HookPoint point) {
    return Rows.of(cache.get(point), tokens, 0, scope);
  }
}
