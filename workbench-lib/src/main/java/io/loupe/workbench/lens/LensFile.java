package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A trained lens on disk: one safetensors file, whose header says what kind of lens it is and which
 * weights, in which gauge, it was trained on.
 */
final class LensFile {
  private static final String KIND = "loupe.lens";
  private static final String MODEL = "loupe.model";
  private static final String WEIGHTS = "loupe.weights_sha256";
  private static final String GAUGE = "loupe.gauge";
  private static final String OPTIONS = "loupe.training";

  private LensFile() {}

  /** Which weights a lens belongs to. */
  record Owner(String model, String weightsSha256, String gauge) {
    static Owner of(HookedTransformer model) {
      Provenance provenance = model.provenance(Tokens.of(new long[] {0}));
      return new Owner(provenance.model(), provenance.weightsSha256(), provenance.gauge());
    }

    /** Returns why a lens of this owner does not fit another's model; empty if it does. */
    String misfit(Owner other) {
      if (!weightsSha256.equals(other.weightsSha256)) {
        return "it was trained on %s, weights %s; this model is %s, weights %s"
            .formatted(model, brief(weightsSha256), other.model, brief(other.weightsSha256));
      }
      return gauge.equals(other.gauge)
          ? ""
          : "it was trained on weights in the gauge '%s'; this model's are in '%s' (see model.folded())"
              .formatted(gauge, other.gauge);
    }

    private static String brief(String sha256) {
      return sha256.substring(0, Math.min(12, sha256.length()));
    }
  }

  static void save(
      Path file, String kind, Owner owner, String options, Map<String, NDArray> parameters)
      throws IOException {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(KIND, kind);
    texts.put(MODEL, owner.model());
    texts.put(WEIGHTS, owner.weightsSha256());
    texts.put(GAUGE, owner.gauge());
    texts.put(OPTIONS, options);
    SafetensorsWriter.write(file, parameters, texts);
  }

  /**
   * Reads a lens for a model.
   *
   * @param shapes of the parameters that it must have, by name
   * @throws IllegalArgumentException if the file holds another kind of lens, or one of another
   *     model
   */
  static Loaded load(Path file, String kind, HookedTransformer model, Map<String, long[]> shapes)
      throws IOException {
    SafetensorsFile stored = SafetensorsFile.open(file);
    Map<String, String> texts = stored.metadata();
    String found = texts.getOrDefault(KIND, "");
    if (!found.equals(kind)) {
      throw new IllegalArgumentException(
          "%s holds no %s%s"
              .formatted(
                  file, kind, found.isEmpty() ? "" : "; it is a lens of another kind: " + found));
    }
    Owner owner =
        new Owner(
            texts.getOrDefault(MODEL, "?"),
            texts.getOrDefault(WEIGHTS, "?"),
            texts.getOrDefault(GAUGE, "?"));
    requireFit(file.toString(), owner, Owner.of(model));
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    for (Map.Entry<String, long[]> expected : shapes.entrySet()) {
      long[] shape =
          stored.info(expected.getKey()).shape().stream().mapToLong(Long::longValue).toArray();
      if (!Arrays.equals(shape, expected.getValue())) {
        throw new IllegalArgumentException(
            "%s: tensor '%s' has the shape %s; a %s of this model needs %s"
                .formatted(
                    file,
                    expected.getKey(),
                    Arrays.toString(shape),
                    kind,
                    Arrays.toString(expected.getValue())));
      }
      DataType type = model.type();
      parameters.put(
          expected.getKey(),
          stored.read(expected.getKey(), NativeMemory.reachable(model.device()), type));
    }
    return new Loaded(owner, texts.getOrDefault(OPTIONS, ""), parameters);
  }

  /** What a file held. */
  record Loaded(Owner owner, String options, Map<String, NDArray> parameters) {}

  static void requireFit(String lens, Owner owner, Owner model) {
    String misfit = owner.misfit(model);
    if (!misfit.isEmpty()) {
      throw new IllegalArgumentException(
          "%s does not fit this model: %s. Train one on it".formatted(lens, misfit));
    }
  }
}
