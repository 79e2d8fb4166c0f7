package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.util.Set;

/** The mean mass on tokens of some ids, without the first token. */
record DelimiterDetector(Passes.Kind kind, Tokens tokens, Set<Long> delimiters)
    implements HeadDetector {

  @Override
  public HeadMap measure(HookedTransformer model) {
    boolean any = false;
    for (int row = 0; row < tokens.batch(); row++) {
      any |= count(tokens.row(row)) > 0;
    }
    if (!any) {
      throw new IllegalArgumentException(
          "No prompt has one of the %d delimiters behind its first token; give texts with punctuation"
              .formatted(delimiters.size()));
    }
    double[][][] values =
        Passes.values(
            model,
            tokens,
            AttentionRequest.of().withReceived(),
            (statistics, part, head, row) -> {
              long[] ids = part.row(row);
              double[] received = statistics.received(head, row);
              double sum = 0;
              for (int key = 1; key < ids.length; key++) {
                sum += delimiters.contains(ids[key]) ? received[key] : 0;
              }
              return count(ids) == 0 ? Double.NaN : sum / ids.length;
            });
    return Passes.map(model, kind, tokens, values);
  }

  private int count(long[] ids) {
    int count = 0;
    for (int i = 1; i < ids.length; i++) {
      count += delimiters.contains(ids[i]) ? 1 : 0;
    }
    return count;
  }
}
