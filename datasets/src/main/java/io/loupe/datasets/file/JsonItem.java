package io.loupe.datasets.file;

import io.loupe.datasets.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A JSON value that knows the line it begins at, so that an error about what it means can name the
 * line as one about its syntax does.
 */
public final class JsonItem {
  private static final JsonFactory JSON = new JsonFactory();

  private final String file;
  private final int line;
  private final @Nullable Object value;

  private JsonItem(String file, int line, @Nullable Object value) {
    this.file = file;
    this.line = line;
    this.value = value;
  }

  /** Reads a file that holds one value. */
  public static JsonItem read(DataFiles files, String path) throws IOException {
    String file = files.nameOf(path);
    try (InputStream in = files.open(path)) {
      return parse(file, 0, JSON.createParser(ObjectReadContext.empty(), in.readAllBytes()));
    }
  }

  /** Reads the value that the line read last holds. */
  public static JsonItem line(Lines lines, String text) throws DatasetException {
    return parse(
        lines.file(), lines.line() - 1, JSON.createParser(ObjectReadContext.empty(), text));
  }

  private static JsonItem parse(String file, int linesBefore, JsonParser parser)
      throws DatasetException {
    try (parser) {
      parser.nextToken();
      JsonItem item = value(file, linesBefore, parser);
      if (parser.nextToken() != null) {
        throw item.broken("one value", "more behind it");
      }
      return item;
    } catch (JacksonException e) {
      int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
      throw new DatasetException(
          "%s, line %d: expected JSON, got: %s"
              .formatted(file, linesBefore + line, e.getOriginalMessage()),
          e);
    }
  }

  private static JsonItem value(String file, int linesBefore, JsonParser parser)
      throws DatasetException {
    JsonToken token = parser.currentToken();
    int line = linesBefore + Math.max(1, parser.currentTokenLocation().getLineNr());
    if (token == null) {
      throw DatasetException.at(file, line, "a JSON value", "the end of the file");
    }
    switch (token) {
      case START_OBJECT -> {
        Map<String, JsonItem> fields = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
          String name = parser.currentName();
          int at = linesBefore + parser.currentTokenLocation().getLineNr();
          parser.nextToken();
          if (fields.put(name, value(file, linesBefore, parser)) != null) {
            throw DatasetException.at(file, at, "each field once", "'" + name + "' again");
          }
        }
        return new JsonItem(file, line, fields);
      }
      case START_ARRAY -> {
        List<JsonItem> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(value(file, linesBefore, parser));
        }
        return new JsonItem(file, line, items);
      }
      case VALUE_TRUE, VALUE_FALSE -> {
        return new JsonItem(file, line, parser.getBooleanValue());
      }
      case VALUE_NULL -> {
        return new JsonItem(file, line, null);
      }
      case VALUE_STRING -> {
        return new JsonItem(file, line, parser.getString());
      }
      default -> {
        // numbers are kept as they are written: no reader here computes with them
        return new JsonItem(file, line, new Digits(parser.getString()));
      }
    }
  }

  /** Tells whether this object has a field. */
  public boolean has(String name) throws DatasetException {
    return fields().containsKey(name);
  }

  /** Returns a field of this object. */
  public JsonItem get(String name) throws DatasetException {
    JsonItem field = fields().get(name);
    if (field == null) {
      throw broken("a field '" + name + "'", "the fields " + fields().keySet());
    }
    return field;
  }

  /** Returns this object's field that is a text and not blank. */
  public String text(String name) throws DatasetException {
    return get(name).text();
  }

  /** Returns this text, which is not blank. */
  public String text() throws DatasetException {
    if (value instanceof String text && !text.isBlank()) {
      return text;
    }
    throw broken("a text that is not blank", shown());
  }

  /** Returns this object's field that is true or false. */
  public boolean flag(String name) throws DatasetException {
    JsonItem field = get(name);
    if (field.value instanceof Boolean flag) {
      return flag;
    }
    throw field.broken("true or false", field.shown());
  }

  /** Returns this object's field that is a whole number that an int holds. */
  public int whole(String name) throws DatasetException {
    JsonItem field = get(name);
    try {
      return Integer.parseInt(field.value instanceof Digits digits ? digits.text() : "");
    } catch (NumberFormatException e) {
      throw field.broken("a whole number", field.shown());
    }
  }

  /** Returns the items of this array. */
  public List<JsonItem> items() throws DatasetException {
    if (value instanceof List<?> list) {
      return list.stream().map(JsonItem.class::cast).toList();
    }
    throw broken("an array", shown());
  }

  /** Returns this object's field that is an array of texts. */
  public List<String> texts(String name) throws DatasetException {
    List<String> texts = new ArrayList<>();
    for (JsonItem item : get(name).items()) {
      texts.add(item.text());
    }
    return texts;
  }

  /** Returns an error at the line of this value. */
  public DatasetException broken(String expected, String got) {
    return DatasetException.at(file, line, expected, got);
  }

  private Map<?, JsonItem> fields() throws DatasetException {
    if (value instanceof Map<?, ?> map) {
      @SuppressWarnings("unchecked") // made above
      Map<String, JsonItem> fields = (Map<String, JsonItem>) map;
      return fields;
    }
    throw broken("an object", shown());
  }

  private String shown() {
    if (value instanceof Map<?, ?> map) {
      return "an object with the fields " + map.keySet();
    }
    if (value instanceof List<?> list) {
      return "an array of " + list.size();
    }
    return value instanceof String text ? "\"" + text + "\"" : String.valueOf(value);
  }

  private record Digits(String text) {
    @Override
    public String toString() {
      return text;
    }
  }
}
