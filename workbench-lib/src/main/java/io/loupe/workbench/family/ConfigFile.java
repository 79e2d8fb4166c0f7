package io.loupe.workbench.family;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Hugging Face {@code config.json}: typed reading, with errors that name the file and the key.
 */
public final class ConfigFile {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int MOST_LAYERS = 10_000;

  private final Path file;
  private final JsonNode json;

  private ConfigFile(Path file, JsonNode json) {
    this.file = file;
    this.json = json;
  }

  /** Reads the file; throws {@code ModelFormatException} if it is missing or not a JSON object. */
  public static ConfigFile read(Path file) throws ModelFormatException {
    if (!Files.isRegularFile(file)) {
      throw new ModelFormatException(
          file, "missing; a model folder needs config.json, model.safetensors and a tokenizer");
    }
    JsonNode json;
    try {
      json = JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new ModelFormatException(file, "not JSON: " + e.getOriginalMessage(), e);
    }
    if (!json.isObject()) {
      throw new ModelFormatException(file, "expected a JSON object, got " + json.getNodeType());
    }
    return new ConfigFile(file, json);
  }

  public Path file() {
    return file;
  }

  /** Returns a string that must be there. */
  public String text(String key) throws ModelFormatException {
    JsonNode node = json.get(key);
    if (node == null || !node.isString()) {
      throw new ModelFormatException(
          file, "expected a string at '%s', got %s".formatted(key, node));
    }
    return node.stringValue();
  }

  /** Returns a size, a whole number of at least 1, that must be there. */
  public int size(String key) throws ModelFormatException {
    JsonNode node = json.get(key);
    if (node == null
        || !node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < 1) {
      throw new ModelFormatException(
          file, "expected a whole number of at least 1 at '%s', got %s".formatted(key, node));
    }
    return node.intValue();
  }

  /** Returns a size, or the given one where the key is absent or null. */
  public int size(String key, int absent) throws ModelFormatException {
    return json.hasNonNull(key) ? size(key) : absent;
  }

  /** Returns the number of layers, which must be there; refuses one that no model has. */
  public int layers(String key) throws ModelFormatException {
    if (size(key) > MOST_LAYERS) {
      throw new ModelFormatException(
          file,
          "expected at most %d layers at '%s', got %d".formatted(MOST_LAYERS, key, size(key)));
    }
    return size(key);
  }

  /** Returns the equal share that each of so many has of a width, two sizes that must be there. */
  public int share(String width, String count) throws ModelFormatException {
    if (size(width) % size(count) != 0) {
      throw new ModelFormatException(
          file, "%s %d is no multiple of %s %d".formatted(width, size(width), count, size(count)));
    }
    return size(width) / size(count);
  }

  /** Returns a number, or the given one where the key is absent or null. */
  public double number(String key, double absent) throws ModelFormatException {
    if (!json.hasNonNull(key)) {
      return absent;
    }
    JsonNode node = json.get(key);
    double value = node.isNumber() ? node.asDouble(Double.NaN) : Double.NaN;
    if (!Double.isFinite(value)) {
      throw new ModelFormatException(
          file, "expected a number at '%s', got %s".formatted(key, node));
    }
    return value;
  }

  /** Returns a number that must be there. */
  public double number(String key) throws ModelFormatException {
    if (!json.hasNonNull(key)) {
      throw new ModelFormatException(file, "expected a number at '%s', got nothing".formatted(key));
    }
    return number(key, 0);
  }

  /** Returns a size; empty where the key says null, and the given one where it is absent. */
  public OptionalInt optionalSize(String key, OptionalInt absent) throws ModelFormatException {
    return json.hasNonNull(key)
        ? OptionalInt.of(size(key))
        : json.has(key) ? OptionalInt.empty() : absent;
  }

  /** Returns a number; empty where the key says null, and the given one where it is absent. */
  public OptionalDouble optionalNumber(String key, OptionalDouble absent)
      throws ModelFormatException {
    return json.hasNonNull(key)
        ? OptionalDouble.of(number(key))
        : json.has(key) ? OptionalDouble.empty() : absent;
  }

  /** Returns a list of numbers that must be there. */
  public List<Double> numbers(String key) throws ModelFormatException {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode node : list(key)) {
      if (!node.isNumber()) {
        throw new ModelFormatException(
            file, "expected numbers in the list at '%s', got %s".formatted(key, node));
      }
      numbers.add(node.doubleValue());
    }
    return numbers;
  }

  /** Returns a list of strings, or the given one where the key is absent or null. */
  public List<String> texts(String key, List<String> absent) throws ModelFormatException {
    return json.hasNonNull(key) ? texts(key, list(key)) : absent;
  }

  /** Returns the strings of groups that are repeated: [[["a", "b"], 2]] is a, b, a, b. */
  public List<String> repeatedTexts(String key) throws ModelFormatException {
    List<String> all = new ArrayList<>();
    for (JsonNode group : list(key)) {
      JsonNode times = group.path(1);
      if (!group.path(0).isArray() || !times.canConvertToInt() || times.intValue() > MOST_LAYERS) {
        throw new ModelFormatException(
            file, "expected pairs of a list and a count at '%s', got %s".formatted(key, group));
      }
      for (int i = 0; i < times.intValue(); i++) {
        all.addAll(texts(key, group.get(0)));
      }
    }
    return all;
  }

  private List<String> texts(String key, JsonNode list) throws ModelFormatException {
    List<String> texts = new ArrayList<>();
    for (JsonNode node : list) {
      if (!node.isString()) {
        throw new ModelFormatException(
            file, "expected strings in the list at '%s', got %s".formatted(key, node));
      }
      texts.add(node.stringValue());
    }
    return texts;
  }

  private JsonNode list(String key) throws ModelFormatException {
    JsonNode node = json.get(key);
    if (node == null || !node.isArray()) {
      throw new ModelFormatException(file, "expected a list at '%s', got %s".formatted(key, node));
    }
    return node;
  }

  /** Tells whether the key is there and not null. */
  public boolean has(String key) {
    return json.hasNonNull(key);
  }

  /** Returns an object without keys, of the same file. */
  public ConfigFile empty() {
    return new ConfigFile(file, JSON.createObjectNode());
  }

  /** Returns an object inside this one that must be there. */
  public ConfigFile objectAt(String key) throws ModelFormatException {
    return object(key)
        .orElseThrow(
            () ->
                new ModelFormatException(
                    file, "expected an object at '%s', got nothing".formatted(key)));
  }

  /** Returns a truth value, or the given one where the key is absent or null. */
  public boolean flag(String key, boolean absent) throws ModelFormatException {
    if (!json.hasNonNull(key)) {
      return absent;
    }
    JsonNode node = json.get(key);
    if (!node.isBoolean()) {
      throw new ModelFormatException(
          file, "expected true or false at '%s', got %s".formatted(key, node));
    }
    return node.booleanValue();
  }

  /** Returns a string, or the given one where the key is absent or null. */
  public String text(String key, String absent) throws ModelFormatException {
    return json.hasNonNull(key) ? text(key) : absent;
  }

  /** Returns an object inside this one; empty where the key is absent or null. */
  public Optional<ConfigFile> object(String key) throws ModelFormatException {
    if (!json.hasNonNull(key)) {
      return Optional.empty();
    }
    if (!json.get(key).isObject()) {
      throw new ModelFormatException(
          file, "expected an object at '%s', got %s".formatted(key, json.get(key)));
    }
    return Optional.of(new ConfigFile(file, json.get(key)));
  }

  /** Returns a list of objects that must be there. */
  public List<ConfigFile> objects(String key) throws ModelFormatException {
    List<ConfigFile> objects = new ArrayList<>();
    for (JsonNode node : list(key)) {
      if (!node.isObject()) {
        throw new ModelFormatException(
            file, "expected objects in the list at '%s', got %s".formatted(key, node));
      }
      objects.add(new ConfigFile(file, node));
    }
    return objects;
  }

  /** Returns one of an enumeration's constants, named as in the code. */
  public <E extends Enum<E>> E constant(String key, Class<E> kind) throws ModelFormatException {
    String name = text(key);
    for (E constant : kind.getEnumConstants()) {
      if (constant.name().equals(name)) {
        return constant;
      }
    }
    throw new ModelFormatException(
        file,
        "expected one of %s at '%s', got '%s'"
            .formatted(List.of(kind.getEnumConstants()), key, name));
  }

  /** Refuses a setting that changes the arithmetic in a way that is not supported. */
  public void requireFlag(String key, boolean expected, boolean absent)
      throws ModelFormatException {
    if (flag(key, absent) != expected) {
      throw new ModelFormatException(file, "'%s' = %s is not supported".formatted(key, !expected));
    }
  }
}
