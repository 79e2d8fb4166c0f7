package io.loupe.circuits.graph;

import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.Head;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the names of nodes and inputs, as they print themselves. */
final class EdgeNames {
  private static final Pattern HEAD = Pattern.compile("L(\\d{1,6})H(\\d{1,6})");
  private static final Pattern INPUT = Pattern.compile("L(\\d{1,6})H(\\d{1,6})\\.([qkv])");
  private static final Pattern MLP = Pattern.compile("L(\\d{1,6}) mlp");

  private EdgeNames() {}

  /** Returns a node by its name, such as {@code L3H1}. */
  static Node node(String name) {
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
        "Expected a node such as 'embedding', 'L3H1' or 'L3 mlp'; got '%s'".formatted(name));
  }

  /**
   * Returns an input by its name, such as {@code L4H4.k}; the logits stand behind so many layers.
   */
  static Input input(String name, int layers) {
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
      return new Input(Input.Kind.LOGITS, layers, 0);
    }
    throw new IllegalArgumentException(
        "Expected an input such as 'L4H4.q', 'L3 mlp' or 'logits'; got '%s'".formatted(name));
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }
}
