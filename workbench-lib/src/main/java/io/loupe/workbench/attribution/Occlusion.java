package io.loupe.workbench.attribution;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/**
 * How much the metric falls when one token is removed (Zeiler and Fergus 2014; Li et al. 2016).
 *
 * @param removal how
 */
record Occlusion(Removal removal) implements InputAttribution {
  @Override
  public String name() {
    return "occlusion (%s)".formatted(removal);
  }

  @Override
  public boolean signed() {
    return true;
  }

  @Override
  public TokenAttribution of(HookedTransformer model, Tokens tokens, Metric metric) {
    Remover remover = new Remover(model, tokens, metric, removal);
    double[] whole = TokenAttribution.metric(model, tokens, metric);
    double[][] scores = new double[tokens.batch()][];
    List<boolean[][]> each = new ArrayList<>();
    for (int position = 0; position < tokens.length(); position++) {
      boolean[][] removed = new boolean[tokens.batch()][];
      boolean any = false;
      for (int row = 0; row < removed.length; row++) {
        removed[row] = new boolean[tokens.length(row)];
        if (position < removed[row].length) {
          removed[row][position] = true;
          any = true;
        }
      }
      if (any) {
        each.add(removed);
      }
    }
    double[][] without = remover.metric(each);
    for (int row = 0; row < scores.length; row++) {
      scores[row] = new double[tokens.length(row)];
      for (int position = 0; position < scores[row].length; position++) {
        scores[row][position] = whole[row] - without[position][row];
      }
    }
    return new TokenAttribution(this, model, tokens, scores, whole);
  }
}
