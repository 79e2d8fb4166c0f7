package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An edit of who attends to what: at the mask, the scores or the pattern, [batch, head, query,
 * key]. Made by the factories of {@link AttentionEdits}.
 */
public sealed interface AttentionIntervention extends Intervention {

  /** Which queries of the slice a knockout hides its keys from. */
  enum Hidden {
    /** From all of them. */
    FROM_ALL,
    /** From all but the key's own token, which goes on seeing itself. */
    FROM_OTHERS,
    /** From those behind the last of the keys: entries dropped from a key/value cache. */
    FROM_LATER,
    /** As {@link #FROM_LATER}, and the last of the keys stays: it holds what was merged. */
    ALL_BUT_LAST_FROM_LATER
  }

  /**
   * Hides keys from queries before the softmax (Geva et al. 2023): what the queries gave to them
   * goes to the other keys.
   */
  record Knockout(HookPoint at, Slice slice, Hidden hidden) implements AttentionIntervention {
    @Override
    public void check(ModelConfig config) {
      require(at, Sites.SCORES);
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      NDArray never = activation.zerosLike().add(Double.NEGATIVE_INFINITY);
      if (hidden == Hidden.FROM_ALL) {
        return never;
      }
      Pairs pairs =
          new Pairs(frame, activation, row -> Positions.of(slice, Axis.KEY_POS, frame, row));
      NDArray affected =
          switch (hidden) {
            case FROM_ALL, FROM_OTHERS -> pairs.where((query, key, keys) -> query != key);
            case FROM_LATER -> pairs.where((query, key, keys) -> query > keys.last());
            case ALL_BUT_LAST_FROM_LATER ->
                pairs.where((query, key, keys) -> query > keys.last() && key != keys.last());
          };
      return Tensors.where(affected, never, activation);
    }

    @Override
    public void verify(NDArray edited, Frame frame) {
      VisibleKeys.require(edited, frame, this);
    }
  }

  /**
   * Multiplies the probabilities of some keys and divides each row so that it sums to what it did
   * before: a sink turned down, a span emphasised (Zhang et al. 2023, PASTA).
   *
   * @param slice the rows that change: heads and queries
   * @param keys the keys whose share grows or falls
   * @param factor at least 0; 1 changes nothing
   */
  record Reweight(HookPoint at, Slice slice, Slice keys, double factor)
      implements AttentionIntervention {
    public Reweight {
      if (!(factor >= 0) || Double.isInfinite(factor)) {
        throw new IllegalArgumentException(
            "A probability is multiplied by a finite number of at least 0; got " + factor);
      }
      if (!keys.selections().keySet().equals(Set.of(Axis.KEY_POS))) {
        throw new IllegalArgumentException(
            "Name the keys whose share changes, e.g. Slice.keys(0); got " + keys);
      }
    }

    @Override
    public void check(ModelConfig config) {
      require(at, Sites.PATTERN);
      SliceMask.check(keys, at, config);
    }

    @Override
    public @Nullable NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      NDArray chosen = SliceMask.of(keys, at.site(), activation, frame);
      if (chosen == null) {
        return null; // a generated text that does not have these keys yet
      }
      NDArray changed = Tensors.where(chosen, activation.mul(factor), activation);
      int[] key = {at.site().dimension(Axis.KEY_POS)};
      NDArray before = activation.sum(key, true);
      NDArray after = changed.sum(key, true);
      if (factor == 0 && after.eq(0).any().getBoolean()) {
        throw new IllegalArgumentException(
            "Reweighting %s by 0 leaves some query nothing to attend to: keep a key, or take a small factor"
                .formatted(keys));
      }
      return changed.mul(before.div(after));
    }
  }

  /**
   * Divides scores by a temperature: below 1 attention sharpens, above 1 it flattens, at infinity
   * every visible key gets the same.
   *
   * @param temperature above 0, may be infinite; 1 changes nothing
   */
  record Temperature(HookPoint at, Slice slice, double temperature)
      implements AttentionIntervention {
    public Temperature {
      if (!(temperature > 0)) {
        throw new IllegalArgumentException("A temperature is above 0; got " + temperature);
      }
    }

    @Override
    public void check(ModelConfig config) {
      require(at, Sites.SCORES);
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      if (Double.isInfinite(temperature)) {
        return Tensors.where(
            activation.eq(Double.NEGATIVE_INFINITY), activation, activation.zerosLike());
      }
      return activation.div(temperature);
    }
  }

  /**
   * Sets which keys queries see, in place of the model's own rule or on top of it.
   *
   * @param onTop whether the model's own mask goes on hiding what it hides
   */
  record Mask(HookPoint at, Slice slice, MaskRule rule, boolean onTop)
      implements AttentionIntervention {
    @Override
    public void check(ModelConfig config) {
      require(at, Sites.MASK);
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      NDArray seenByRule = new Pairs(frame, activation, row -> new int[0]).where(rule);
      NDArray visible = onTop ? activation : activation.zerosLike();
      return Tensors.where(
          seenByRule, visible, activation.zerosLike().add(Double.NEGATIVE_INFINITY));
    }

    @Override
    public void verify(NDArray edited, Frame frame) {
      VisibleKeys.require(edited, frame, this);
    }
  }

  private static void require(HookPoint at, Site site) {
    if (!at.site().equals(site)) {
      throw new IllegalArgumentException(
          "This edit belongs at %s (%s); got %s".formatted(site, site.meaning(), at));
    }
  }
}
