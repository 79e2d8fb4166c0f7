package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.nn.StreamedAttention;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Hooks that do what others do, but for how attention is computed. */
abstract class ForwardingHooks implements Hooks {
  /** Sites of the size T x T. */
  private static final List<Site> MATRICES = List.of(Sites.MASK, Sites.SCORES, Sites.PATTERN);

  private final Hooks hooks;

  ForwardingHooks(Hooks hooks) {
    this.hooks = hooks;
  }

  /** Returns where in a layer somebody asks for a matrix of queries and keys; empty if nowhere. */
  Optional<HookPoint> wantedMatrix(int layer) {
    return MATRICES.stream().map(site -> site.at(layer)).filter(hooks::wants).findFirst();
  }

  @Override
  public NDArray at(HookPoint point, NDArray activation) {
    return hooks.at(point, activation);
  }

  @Override
  public @Nullable NDArray given(HookPoint point) {
    return hooks.given(point);
  }

  @Override
  public @Nullable StreamedAttention streamed(int layer) {
    return hooks.streamed(layer);
  }

  @Override
  public boolean wants(HookPoint point) {
    return hooks.wants(point);
  }

  @Override
  public boolean differentiable() {
    return hooks.differentiable();
  }
}
