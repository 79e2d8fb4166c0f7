package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a trained lens makes of an activation. */
interface Translator {
  /**
   * An activation that is translated.
   *
   * @param head the head whose part is read, on axis 1 behind the rows; null to read all
   */
  record Source(HookPoint point, @Nullable Head head, String label) {}

  /**
   * Returns the logits.
   *
   * @param x the source at some tokens, [row, width]
   * @param parameters by name
   * @return [row, vocab]
   */
  NDArray logits(Source source, NDArray x, Map<String, NDArray> parameters);
}
