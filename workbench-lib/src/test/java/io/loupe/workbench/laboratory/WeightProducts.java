package io.loupe.workbench.laboratory;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.path.Receiver;
import io.loupe.workbench.path.Sender;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Where the weights of a model without norms let one part read what another writes. */
final class WeightProducts {
  private final HookedTransformer model;
  private final ModelConfig config;

  WeightProducts(HookedTransformer model) {
    this.model = model;
    this.config = model.config();
  }

  /**
   * Returns the edges whose two weights have a product that is not 0.
   *
   * @param tokensOnly whether the embedding counts without its positions
   * @param without heads that are left out, at both ends
   */
  List<String> edges(boolean tokensOnly, HeadSet without) {
    List<String> edges = new ArrayList<>();
    for (Sender sender : Sender.each(config)) {
      for (Receiver receiver : Receiver.each(config)) {
        Node node = sender.nodes().first();
        Input input = receiver.inputs().first();
        boolean left =
            node instanceof Node.Attention attention && without.contains(attention.head())
                || isOfHead(input) && without.contains(new Head(input.layer(), input.head()));
        if (!left && input.reads(node, config) && meet(written(node, tokensOnly), read(input))) {
          edges.add(sender + " -> " + receiver);
        }
      }
    }
    return edges;
  }

  private static boolean isOfHead(Input input) {
    return input.kind() != Input.Kind.MLP && input.kind() != Input.Kind.LOGITS;
  }

  /** Vectors that are written to the stream, [any][d_model]. */
  private double[][] written(Node node, boolean tokensOnly) {
    if (node instanceof Node.Attention attention) {
      Head head = attention.head();
      double[][] out = weight("blocks." + head.layer() + ".attn.W_O"); // [d_model][heads * d_head]
      double[][] columns = new double[config.dHead()][config.dModel()];
      for (int i = 0; i < columns.length; i++) {
        for (int d = 0; d < config.dModel(); d++) {
          columns[i][d] = out[d][head.index() * config.dHead() + i];
        }
      }
      return columns;
    }
    if (node instanceof Node.Mlp mlp) {
      double[][] out = weight("blocks." + mlp.layer() + ".mlp.W_out");
      double[][] columns = new double[out[0].length][config.dModel()];
      for (int d = 0; d < out.length; d++) {
        for (int i = 0; i < out[d].length; i++) {
          columns[i][d] = out[d][i];
        }
      }
      return columns;
    }
    List<double[]> all = new ArrayList<>(List.of(weight("embed.W_E")));
    if (!tokensOnly) {
      all.addAll(List.of(weight("pos_embed.W_pos")));
    }
    return all.toArray(double[][]::new);
  }

  /** Vectors that the stream is multiplied with, [any][d_model]. */
  private double[][] read(Input input) {
    String at = "blocks." + input.layer() + ".";
    return switch (input.kind()) {
      case QUERY -> ofHead(at + "attn.W_Q", input.head());
      case KEY -> ofHead(at + "attn.W_K", input.head());
      case VALUE -> ofHead(at + "attn.W_V", input.head());
      case MLP -> weight(at + "mlp.W_in");
      case LOGITS -> weight("unembed.W_U");
    };
  }

  private double[][] ofHead(String name, int head) {
    return Arrays.copyOfRange(
        weight(name), head * config.dHead(), head * config.dHead() + config.dHead());
  }

  private double[][] weight(String name) {
    return Tensors.matrix(model.weights().get(name));
  }

  private static boolean meet(double[][] written, double[][] read) {
    for (double[] vector : written) {
      for (double[] row : read) {
        double product = 0;
        for (int d = 0; d < row.length; d++) {
          product += row[d] * vector[d];
        }
        if (product != 0) {
          return true;
        }
      }
    }
    return false;
  }
}
