package io.loupe.workbench.sweep;

import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.text.Tokens;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a sweep is, in words: what tells one checkpoint from another.
 *
 * @param name for the person who waits
 * @param parts what the sweep computes, by name, beside model and tokens
 */
record SweepIdentity(String name, Map<String, String> parts) {

  /** Names the sweep on a model and tokens. Hashes the weights. */
  Map<String, String> of(HookedTransformer model, Tokens tokens) {
    Provenance provenance = model.provenance(Tokens.of(new long[] {0}));
    Map<String, String> all = new LinkedHashMap<>();
    all.put("sweep", name);
    all.putAll(parts);
    all.put("model", provenance.model());
    all.put("weights", provenance.weightsSha256());
    all.put("gauge", provenance.gauge());
    all.put("number format", provenance.type());
    all.put("interventions", words(model.interventions()));
    all.put("tokens", words(tokens));
    all.put("engine", provenance.versions().toString());
    return all;
  }

  /** A function has no name of its own that the next JVM would know. */
  static String words(List<Intervention> interventions) {
    return interventions.stream()
        .map(
            each ->
                each instanceof Intervention.Edit edit
                    ? "Edit[%s, %s, %s]".formatted(edit.at(), edit.slice(), edit.name())
                    : each.toString())
        .collect(Collectors.joining(", "));
  }

  /** Returns the size of a batch, and a hash of its ids, padding and spans. */
  static String words(Tokens tokens) {
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < tokens.batch(); row++) {
      text.append(Arrays.toString(tokens.row(row)))
          .append(Arrays.toString(tokens.columns(row)))
          .append(tokens.spans(row));
    }
    String hash = Sha256.of(text.toString(), ByteBuffer.allocate(0));
    return "%d x %d #%s".formatted(tokens.batch(), tokens.length(), hash.substring(0, 16));
  }
}
