package io.loupe.circuits.graph;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A circuit as JSON: whose it is, and its edges by name. */
final class CircuitFile {
  private static final String FORMAT = "loupe-circuit";
  private static final int VERSION = 1;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private CircuitFile() {}

  static void write(Circuit circuit, Path file) throws IOException {
    ModelGraph graph = circuit.graph();
    ObjectNode root = MAPPER.createObjectNode();
    root.put("format", FORMAT);
    root.put("version", VERSION);
    root.put("model", graph.model().name());
    root.put("weights_sha256", graph.model().weightsSha256());
    root.put("edges_of_model", graph.size());
    ArrayNode edges = root.putArray("edges");
    for (Edge edge : circuit.edges()) {
      edges.addArray().add(edge.from().toString()).add(edge.to().toString());
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.writeString(file, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root));
  }

  static Circuit read(Path file, ModelGraph graph) throws IOException {
    JsonNode root = parse(file);
    if (!root.path("format").asString("").equals(FORMAT)
        || root.path("version").asInt(0) != VERSION
        || !root.path("edges").isArray()) {
      throw new CircuitFileException(
          file, "expected \"format\": \"loupe-circuit\", \"version\": 1 and a list \"edges\"");
    }
    String theirs = root.path("weights_sha256").asString("");
    if (!theirs.equals(graph.model().weightsSha256())) {
      throw new IllegalArgumentException(
          "%s holds a circuit of another model, %s (weights %.12s...); this is %s (weights %.12s...). Load that model, or find the circuit anew"
              .formatted(
                  file,
                  root.path("model").asString("?"),
                  theirs,
                  graph.model().name(),
                  graph.model().weightsSha256()));
    }
    List<Edge> edges = new ArrayList<>();
    for (JsonNode pair : root.path("edges")) {
      String from = pair.path(0).asString("");
      String to = pair.path(1).asString("");
      try {
        Edge edge = new Edge(EdgeNames.node(from), EdgeNames.input(to, graph.config().layers()));
        graph.number(edge);
        edges.add(edge);
      } catch (IllegalArgumentException e) {
        throw new CircuitFileException(
            file,
            "edge %d, [\"%s\", \"%s\"]: %s".formatted(edges.size(), from, to, e.getMessage()),
            e);
      }
    }
    return Circuit.of(graph, edges);
  }

  private static JsonNode parse(Path file) throws IOException {
    try {
      return MAPPER.readTree(Files.readString(file));
    } catch (JacksonException | CharacterCodingException e) {
      throw new CircuitFileException(file, "no JSON: " + e.getMessage(), e);
    }
  }
}
