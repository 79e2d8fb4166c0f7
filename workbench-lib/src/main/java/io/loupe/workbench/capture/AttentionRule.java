package io.loupe.workbench.capture;

import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.PositionTerms;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How a layer turns queries and keys into scores: cap(scale q.k) + slope (j - i), masked.
 *
 * @param mask who sees whom
 * @param scale what products are multiplied by
 * @param softCap scores become cap tanh(score / cap)
 * @param slopes ALiBi's, one for each head; empty without ALiBi
 */
public record AttentionRule(
    MaskSpec mask, double scale, OptionalDouble softCap, List<Double> slopes) {
  public AttentionRule {
    slopes = List.copyOf(slopes);
  }

  /** Returns the rule of a model's layer with so many heads. */
  public static AttentionRule of(AttentionSpec spec, int heads) {
    List<Double> slopes =
        spec.positions() instanceof PositionSpec.Alibi
            ? Arrays.stream(PositionTerms.alibiSlopes(heads)).boxed().toList()
            : List.of();
    return new AttentionRule(spec.mask(), spec.scale(), spec.softCap(), slopes);
  }

  double slope(int head) {
    return slopes.isEmpty() ? 0 : slopes.get(head);
  }
}
