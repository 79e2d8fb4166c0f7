package io.loupe.workbench.family;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * From our parameter names to a checkpoint's tensors.
 *
 * @param sources in the order of the forward pass
 * @param prefixes what may stand before every tensor name; the first that fits the checkpoint is
 *     taken
 */
record WeightMap(Map<String, Source> sources, List<String> prefixes) {
  WeightMap {
    sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
    prefixes = List.copyOf(prefixes);
  }
}
