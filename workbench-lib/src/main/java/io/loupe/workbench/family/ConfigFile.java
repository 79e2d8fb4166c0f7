package io.loupe.workbench.family;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Hugging Face {@code config.json}: typed reading, with errors that name the file and the key.
 */
public final class ConfigFile {
  private static final JsonMapper JSON = new JsonMapper();

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

  /** Refuses a setting that changes the arithmetic in a way that is not supported. */
  public void requireFlag(String key, boolean expected, boolean absent)
      throws ModelFormatException {
    if (flag(key, absent) != expected) {
      throw new ModelFormatException(file, "'%s' = %s is not supported".formatted(key, !expected));
    }
  }
}
