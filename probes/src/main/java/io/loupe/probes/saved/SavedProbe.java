package io.loupe.probes.saved;

import io.loupe.probes.data.Partition;
import io.loupe.probes.data.Spot;
import io.loupe.probes.trainer.Probe;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A probe of a sweep with what was known of it.
 *
 * @param spot where its features were read
 * @param seed of its partition and training
 * @param partition which examples were for what
 * @param trainer its trainer's name
 * @param setting its hyper-parameters
 * @param probe the probe, bit by bit as it was
 * @param test the numbers of its test scores, by name
 * @param baselines the values of majority, control and shuffled labels, as far as there were any
 */
public record SavedProbe(
    Spot spot,
    long seed,
    Partition partition,
    String trainer,
    String setting,
    Probe probe,
    Map<String, Double> test,
    Map<String, Double> baselines) {
  public SavedProbe {
    test = Collections.unmodifiableMap(new LinkedHashMap<>(test));
    baselines = Collections.unmodifiableMap(new LinkedHashMap<>(baselines));
  }
}
