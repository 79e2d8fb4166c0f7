package io.loupe.probes.data;

import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.text.Tokens;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where features come from: what a probe's provenance says beside its trainer's.
 *
 * @param model its name or folder
 * @param weightsSha256 of the files of the weights
 * @param tokenizerSha256 of the tokenizer; empty without one
 * @param gauge of the weights
 * @param interventions that the model had, as they print
 * @param data the data's name
 * @param tokensSha256 of all token ids, row by row
 * @param place hook point and pooling
 */
public record Origin(
    String model,
    String weightsSha256,
    String tokenizerSha256,
    String gauge,
    String interventions,
    String data,
    String tokensSha256,
    String place) {

  /** Returns the origin of features at a place of a model. Hashes the weights at the first call. */
  public static Origin of(HookedTransformer model, ProbeData data, String place) {
    Provenance provenance = model.provenance(Tokens.of(new long[] {0}));
    return new Origin(
        provenance.model(),
        provenance.weightsSha256(),
        provenance.tokenizerSha256(),
        provenance.gauge(),
        provenance.interventions().toString(),
        data.name(),
        tokensSha256(data.tokens()),
        place);
  }

  /** Returns the origin of features that no model made. */
  public static Origin given(String data, String place) {
    return new Origin("none", "", "", "", "[]", data, "", place);
  }

  /** Returns the same origin at another place. */
  public Origin at(String other) {
    return new Origin(
        model, weightsSha256, tokenizerSha256, gauge, interventions, data, tokensSha256, other);
  }

  /** Returns a hash of all ids of a batch with the lengths of its rows. */
  public static String tokensSha256(Tokens tokens) {
    int count = 0;
    for (int row = 0; row < tokens.batch(); row++) {
      count += tokens.length(row) + 1;
    }
    ByteBuffer bytes = ByteBuffer.allocate(count * Long.BYTES);
    for (int row = 0; row < tokens.batch(); row++) {
      bytes.putLong(tokens.length(row));
      for (long id : tokens.row(row)) {
        bytes.putLong(id);
      }
    }
    return Sha256.of("tokens", bytes.flip());
  }

  /** Returns its parts by name. */
  public Map<String, String> asMap() {
    Map<String, String> map = new TreeMap<>();
    map.put("model", model);
    map.put("weightsSha256", weightsSha256);
    map.put("tokenizerSha256", tokenizerSha256);
    map.put("gauge", gauge);
    map.put("interventions", interventions);
    map.put("data", data);
    map.put("tokensSha256", tokensSha256);
    map.put("place", place);
    return map;
  }
}
