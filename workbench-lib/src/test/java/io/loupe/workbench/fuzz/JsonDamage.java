package io.loupe.workbench.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Ways to damage JSON that leave it JSON, most of the time; and the ways of {@link Damage}. */
final class JsonDamage {
  static final JsonMapper JSON = JsonMapper.shared();

  private static final String[] VALUES = {
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "255",
    "65536",
    "2147483647",
    "2147483648",
    "-2147483649",
    "67108863",
    "60000000",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "1.5",
    "-0.0",
    "1e308",
    "1e-320",
    "1e400",
    "1e999999999",
    "\"\"",
    "\"x\"",
    "\"a b\"",
    "\"default\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\u0120\"",
    "\"\ud83d\ude00\"",
    "\"(a+)+$\"",
    "\"[\"",
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "{\"\":{}}",
    "[1, 2, 3]",
    "[\"a\", 0]",
    "{\"a\": 1}",
    "{\"type\": \"ByteLevel\"}",
    "123456789012345678901234567890",
    "1" + "0".repeat(900)
  };

  /** A value in a container: how to read it, and how to put another in its place. */
  private record Place(JsonNode value, Consumer<JsonNode> put, Runnable remove) {}

  private JsonDamage() {}

  static byte[] damaged(byte[] sound, Random random) {
    if (random.nextInt(4) == 0) {
      return Damage.bytes(sound, sound.length, random);
    }
    JsonNode root = JSON.readTree(sound);
    for (int i = Damage.places(random); i > 0; i--) {
      List<Place> places = new ArrayList<>();
      collect(root, places);
      if (!places.isEmpty()) {
        one(places, random);
      }
    }
    String text = root.toString();
    if (random.nextInt(20) == 0) {
      text = deep(text, random);
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void one(List<Place> places, Random random) {
    Place place = places.get(random.nextInt(places.size()));
    Place other = places.get(random.nextInt(places.size()));
    switch (random.nextInt(6)) {
      case 0 -> place.remove.run();
      case 1 -> place.put.accept(other.value.deepCopy());
      case 2 -> {
        JsonNode value = place.value.deepCopy();
        place.put.accept(other.value.deepCopy());
        other.put.accept(value);
      }
      case 3 -> {
        ArrayNode copies = JSON.createArrayNode();
        for (int i = random.nextInt(5); i >= 0; i--) {
          copies.add(place.value.deepCopy());
        }
        place.put.accept(copies);
      }
      default -> place.put.accept(JSON.readTree(VALUES[random.nextInt(VALUES.length)]));
    }
  }

  /** Puts many brackets or objects around a value in the text. */
  private static String deep(String text, Random random) {
    int at = text.indexOf(':', random.nextInt(text.length())) + 1;
    int depth = 1 << random.nextInt(17);
    boolean arrays = random.nextBoolean();
    String open = (arrays ? "[" : "{\"a\":").repeat(depth);
    String close = random.nextBoolean() ? (arrays ? "]" : "}").repeat(depth) : "";
    return text.substring(0, at) + open + "1" + close + "," + text.substring(at);
  }

  private static void collect(JsonNode node, List<Place> places) {
    if (node instanceof ObjectNode object) {
      for (String key : List.copyOf(object.propertyNames())) {
        JsonNode value = object.get(key);
        places.add(new Place(value, put -> object.set(key, put), () -> object.remove(key)));
        collect(value, places);
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        int index = i;
        places.add(
            new Place(
                array.get(i),
                put -> {
                  if (index < array.size()) {
                    array.set(index, put);
                  }
                },
                () -> array.remove(index)));
        collect(array.get(i), places);
      }
    }
  }
}
