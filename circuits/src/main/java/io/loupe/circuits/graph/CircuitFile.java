package io.loupe.circuits.graph;

import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.Head;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  private static final Pattern HEAD = Pattern.compile("L(\\d{1,6})H(\\d{1,6})");
  private static final Pattern INPUT = Pattern.compile("L(\\d{1,6})H(\\d{1,6})\\.([qkv])");
  private static final Pattern MLP = Pattern.compile("L(\\d{1,6}) mlp");

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
        Edge edge = new Edge(node(from), input(to, graph));
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
    } catch (JacksonException | java.nio.charset.CharacterCodingException e) {
      throw new CircuitFileException(file, "no JSON: " + e.getMessage(), e);
    }
  }

  private static Node node(String name) {
    Matcher head = HEAD.matcher(name);
    if (head.matches()) {
      return new Node.Attention(new Head(number(head, 1), number(head, 2)));
    }
    Matcher mlp = MLP.matcher(name);
    if (mlp.matches()) {
      return new Node.Mlp(number(mlp, 1));
    }
    if (name.equals("embedding")) {
      return new Node.Embedding();
    }
    throw new IllegalArgumentException(
        "expected a node such as \"embedding\", \"L3H1\" or \"L3 mlp\"");
  }

  private static Input input(String name, ModelGraph graph) {
    Matcher head = INPUT.matcher(name);
    if (head.matches()) {
      Input.Kind kind =
          switch (head.group(3)) {
            case "q" -> Input.Kind.QUERY;
            case "k" -> Input.Kind.KEY;
            default -> Input.Kind.VALUE;
          };
      return new Input(kind, number(head, 1), number(head, 2));
    }
    Matcher mlp = MLP.matcher(name);
    if (mlp.matches()) {
      return new Input(Input.Kind.MLP, number(mlp, 1), 0);
    }
    if (name.equals("logits")) {
      return graph.inputs().get(graph.inputs().size() - 1);
    }
    throw new IllegalArgumentException(
        "expected an input such as \"L4H4.q\", \"L3 mlp\" or \"logits\"");
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }
}
