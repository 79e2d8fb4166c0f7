package io.loupe.probes.saved;

import io.loupe.datasets.task.Split;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.Partition;
import io.loupe.probes.data.Spot;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.site.HookPoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The parts of {@code sweep.json}: how each value is written and read. */
final class SweepFile {
  private SweepFile() {}

  static void write(ObjectNode node, Origin origin) {
    origin.asMap().forEach(node::put);
  }

  static Origin origin(JsonNode node) {
    return new Origin(
        text(node, "model"),
        text(node, "weightsSha256"),
        text(node, "tokenizerSha256"),
        text(node, "gauge"),
        text(node, "interventions"),
        text(node, "data"),
        text(node, "tokensSha256"),
        text(node, "place"));
  }

  static void write(ObjectNode node, Labelled labelled) {
    node.put("name", labelled.name());
    Labels labels = labelled.labels();
    texts(node.putArray("names"), labels.names());
    if (labels instanceof Labels.Classes classes) {
      integers(node.putArray("classes"), classes.of());
    } else if (labels instanceof Labels.Numbers numbers) {
      ArrayNode rows = node.putArray("numbers");
      for (double[] row : numbers.values()) {
        ArrayNode own = rows.addArray();
        for (double value : row) {
          own.add(value);
        }
      }
    } else {
      ArrayNode rows = node.putArray("tags");
      for (boolean[] row : ((Labels.Tags) labels).has()) {
        ArrayNode own = rows.addArray();
        for (boolean value : row) {
          own.add(value);
        }
      }
    }
    texts(node.putArray("groups"), labelled.groups());
    texts(node.putArray("types"), labelled.types());
    texts(node.putArray("splits"), labelled.splits().stream().map(Split::name).toList());
  }

  static Labelled labelled(JsonNode node) {
    return new Labelled(
        text(node, "name"),
        labels(node),
        texts(node.required("groups")),
        texts(node.required("types")),
        texts(node.required("splits")).stream().map(Split::valueOf).toList());
  }

  private static Labels labels(JsonNode node) {
    List<String> names = texts(node.required("names"));
    if (node.has("classes")) {
      return new Labels.Classes(names, integers(node.required("classes")));
    }
    if (node.has("numbers")) {
      JsonNode rows = node.required("numbers");
      double[][] values = new double[rows.size()][names.size()];
      for (int row = 0; row < values.length; row++) {
        for (int i = 0; i < names.size(); i++) {
          values[row][i] = rows.required(row).required(i).asDouble();
        }
      }
      return new Labels.Numbers(names, values);
    }
    JsonNode rows = node.required("tags");
    boolean[][] has = new boolean[rows.size()][names.size()];
    for (int row = 0; row < has.length; row++) {
      for (int i = 0; i < names.size(); i++) {
        has[row][i] = rows.required(row).required(i).asBoolean();
      }
    }
    return new Labels.Tags(names, has);
  }

  static void write(ObjectNode node, Partition partition) {
    integers(node.putArray("train"), partition.train());
    integers(node.putArray("validation"), partition.validation());
    integers(node.putArray("test"), partition.test());
  }

  static Partition partition(JsonNode node) {
    return new Partition(
        integers(node.required("train")),
        integers(node.required("validation")),
        integers(node.required("test")));
  }

  static void write(ObjectNode node, Spot spot) {
    node.put("point", spot.point().toString());
    Pooling pooling = spot.pooling();
    if (pooling instanceof Pooling.At at) {
      node.put("position", at.position());
    } else if (pooling instanceof Pooling.Named named) {
      node.put("span", named.span());
    } // neither: the mean over tokens
  }

  static Spot spot(JsonNode node) {
    Pooling pooling =
        node.has("position")
            ? Pooling.at(node.required("position").asInt())
            : node.has("span") ? Pooling.span(text(node, "span")) : Pooling.mean();
    return new Spot(HookPoint.parse(text(node, "point")), pooling);
  }

  static void write(ObjectNode node, Map<String, Double> numbers) {
    numbers.forEach(node::put);
  }

  static Map<String, Double> numbers(JsonNode node) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    node.forEachEntry((name, value) -> numbers.put(name, value.asDouble()));
    return numbers;
  }

  static String text(JsonNode node, String name) {
    return node.required(name).asString();
  }

  private static void texts(ArrayNode array, List<String> texts) {
    texts.forEach(array::add);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asString()));
    return texts;
  }

  private static void integers(ArrayNode array, int[] integers) {
    for (int integer : integers) {
      array.add(integer);
    }
  }

  private static int[] integers(JsonNode array) {
    int[] integers = new int[array.size()];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = array.required(i).asInt();
    }
    return integers;
  }
}
