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

  /** Collects the parameters of a model, in the order of the forward pass. */
  static final class Builder {
    private final Map<String, Source> sources = new LinkedHashMap<>();

    Builder put(String ours, Source source) {
      sources.put(ours, source);
      return this;
    }

    /** A linear layer stored [out, in]; {@code %s} in our name is W or b. */
    Builder linear(String ours, String theirs, long out, long in, boolean bias) {
      put(ours.formatted("W"), Source.of(theirs + ".weight", out, in));
      return bias ? put(ours.formatted("b"), Source.of(theirs + ".bias", out)) : this;
    }

    /** A layer norm; checkpoints converted from TensorFlow call weight and bias gamma and beta. */
    Builder layerNorm(String ours, String theirs, long width) {
      put(ours + ".w", Source.of(theirs + ".weight", width).or(theirs + ".gamma"));
      return put(ours + ".b", Source.of(theirs + ".bias", width).or(theirs + ".beta"));
    }

    /** A root-mean-square norm. */
    Builder rmsNorm(String ours, String theirs, long width) {
      return put(ours + ".w", Source.of(theirs + ".weight", width));
    }

    /** An unembedding of its own, stored as the embedding is, or the embedding itself if tied. */
    Builder unembedding(Source embedding, String untied, boolean tied) {
      return put("unembed.W_U", tied ? embedding : embedding.named(untied));
    }

    WeightMap under(String... prefixes) {
      return new WeightMap(sources, List.of(prefixes));
    }
  }
}
