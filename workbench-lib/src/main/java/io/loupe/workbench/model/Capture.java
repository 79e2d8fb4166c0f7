package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * What a run keeps: which hook points, which positions of them, reduced how, in which type. What is
 * not asked for is freed as soon as its layer is done.
 *
 * @param wants which hook points
 * @param positions which positions, counted over each row's own tokens, -1 being its last; empty
 *     for all
 * @param reduction applied to each activation before it is kept; {@code UnaryOperator.identity()}
 *     keeps it as it is
 * @param type the type in which floating activations are kept; empty for the model's
 */
public record Capture(
    Predicate<HookPoint> wants,
    List<Integer> positions,
    UnaryOperator<NDArray> reduction,
    Optional<DataType> type) {
  public Capture {
    positions = List.copyOf(positions);
  }

  /** Keeps the logits only. */
  public static Capture nothing() {
    return matching(point -> false);
  }

  /**
   * Keeps every site but those that are computed on demand ({@link Site#onDemand}), as
   * TransformerLens's {@code run_with_cache} does.
   */
  public static Capture everything() {
    return matching(point -> !point.site().onDemand());
  }

  /** Keeps some sites, in all layers. */
  public static Capture of(Site... sites) {
    List<Site> wanted = List.of(sites);
    return matching(point -> wanted.contains(point.site()));
  }

  /** Keeps single hook points. */
  public static Capture at(HookPoint... points) {
    List<HookPoint> wanted = List.of(points);
    return matching(wanted::contains);
  }

  /** Keeps what a predicate says. */
  public static Capture matching(Predicate<HookPoint> wants) {
    return new Capture(wants, List.of(), UnaryOperator.identity(), Optional.empty());
  }

  /**
   * Returns a capture that keeps only some positions of what has them ({@code POS} or {@code
   * QUERY_POS}); -1 is each row's last token.
   */
  public Capture positions(Integer... positions) {
    return new Capture(wants, List.of(positions), reduction, type);
  }

  /**
   * Returns a capture that keeps what the function makes of each activation, e.g. a mean over
   * positions.
   */
  public Capture reducedBy(UnaryOperator<NDArray> reduction) {
    return new Capture(wants, positions, reduction, type);
  }

  /** Returns a capture that keeps activations in another floating type. */
  public Capture as(DataType type) {
    if (!type.isFloating()) {
      throw new IllegalArgumentException("Activations are kept in a floating type; got " + type);
    }
    return new Capture(wants, positions, reduction, Optional.of(type));
  }
}
