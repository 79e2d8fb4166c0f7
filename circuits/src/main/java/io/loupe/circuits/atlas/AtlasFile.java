package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.heads.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** An atlas as JSON. A value that is missing is the text {@code "NaN"}. */
final class AtlasFile {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String FORMAT = "loupe.head-atlas.1";

  private AtlasFile() {}

  private record Saved(String format, Origin origin, List<Values> detectors, List<Values> effects) {
    Saved {
      Objects.requireNonNull(origin, "it has no origin");
      detectors = List.copyOf(Objects.requireNonNull(detectors, "it has no detectors"));
      effects = List.copyOf(Objects.requireNonNull(effects, "it has no effects"));
    }
  }

  private record Values(Origin origin, HeadMap.Label label, double[][][] values) {
    Values {
      Objects.requireNonNull(origin, "a map has no origin");
      Objects.requireNonNull(label, "a map has no label");
      Objects.requireNonNull(values, "a map has no values");
    }

    static Values of(HeadMap map) {
      return new Values(map.origin(), map.label(), map.values());
    }

    HeadMap map() {
      return HeadMap.of(origin, label, values);
    }
  }

  static void save(Path file, Origin origin, List<HeadMap> detectors, List<HeadMap> effects)
      throws IOException {
    Saved saved =
        new Saved(
            FORMAT,
            origin,
            detectors.stream().map(Values::of).toList(),
            effects.stream().map(Values::of).toList());
    Files.writeString(file, JSON.writeValueAsString(saved) + "\n");
  }

  static HeadAtlas load(Path file) throws IOException {
    try {
      @Nullable Saved saved = JSON.readValue(Files.readString(file), Saved.class);
      if (saved == null) {
        throw new IllegalArgumentException("it is empty");
      }
      if (!FORMAT.equals(saved.format)) {
        throw new IllegalArgumentException(
            "its format is '%s', expected '%s'".formatted(saved.format, FORMAT));
      }
      return HeadAtlas.of(
          saved.origin,
          saved.detectors.stream().map(Values::map).toList(),
          saved.effects.stream().map(Values::map).toList());
    } catch (JacksonException | IllegalArgumentException e) {
      throw new AtlasFileException(
          "%s is no atlas of heads: %s".formatted(file, e.getMessage()), e);
    }
  }
}
