package io.loupe.circuits.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.AttentionSpec.QueryKeyNorm;
import io.loupe.workbench.nn.BlockSpec.Norms;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.Tensors;
import org.ejml.simple.SimpleMatrix;

/**
 * The four matrices of each head, in float64: those that read are [d_model, d_head], the one that
 * writes is [d_head, d_model].
 */
final class HeadMatrices {
  private final HookedTransformer model;
  private final ModelConfig config;

  HeadMatrices(HookedTransformer model) {
    this.model = model;
    this.config = model.config();
  }

  AttentionSpec spec(Head head) {
    return config.attention().get(head.layer());
  }

  /** What a head's query reads, scaled, and turned so that a key so many tokens before meets it. */
  SimpleMatrix query(Head head, int distance) {
    SimpleMatrix query = normed(reader(head, "Q", head.index()), head, "q_norm", head.index());
    AttentionSpec spec = spec(head);
    if (spec.positions() instanceof PositionSpec.Rotary rotary) {
      turn(query, rotary, distance);
      double factor = rotary.scaling().attentionFactor();
      return scaledRotary(query, rotary, factor * factor).scale(spec.scale());
    }
    return query.scale(spec.scale());
  }

  /** What a head's key reads, not turned. */
  SimpleMatrix key(Head head) {
    int shared = shared(head);
    return normed(reader(head, "K", shared), head, "k_norm", shared);
  }

  SimpleMatrix value(Head head) {
    return reader(head, "V", shared(head));
  }

  /** What a head writes, through the weight of a norm that stands behind the attention. */
  SimpleMatrix output(Head head) {
    int from = head.index() * config.dHead();
    NDArray all = model.weights().get("blocks." + head.layer() + ".attn.W_O");
    SimpleMatrix output;
    try (NDArray own =
        all.get(new NDIndex().addAllDim().addSliceDim(from, from + config.dHead()))) {
      output = Matrices.of(own).transpose(); // [d_head, d_model]
    }
    Norms norms = config.block().norms();
    if (norms.hasBehind() && norms.streamIsSum()) {
      output = throughNorm(output, "blocks." + head.layer() + ".ln1_post.w", 0);
    }
    return output;
  }

  /** Which key/value head a head reads. */
  private int shared(Head head) {
    return head.index() / (config.heads() / config.kvHeads());
  }

  private SimpleMatrix reader(Head head, String letter, int index) {
    int from = index * config.dHead();
    NDArray all = model.weights().get("blocks." + head.layer() + ".attn.W_" + letter);
    try (NDArray own = all.get(new NDIndex().addSliceDim(from, from + config.dHead()))) {
      return Matrices.of(own).transpose(); // [d_model, d_head]
    }
  }

  private SimpleMatrix normed(SimpleMatrix reader, Head head, String norm, int index) {
    QueryKeyNorm kind = spec(head).queryKeyNorm();
    if (kind == QueryKeyNorm.NONE) {
      return reader;
    }
    int from = kind == QueryKeyNorm.ALL_HEADS ? index * config.dHead() : 0;
    String name = "blocks." + head.layer() + ".attn." + norm + ".w";
    // the mean over all heads is no business of one head's: it is left with the scale
    return kind == QueryKeyNorm.EACH_HEAD
        ? throughNorm(reader, name, from)
        : weighted(reader, name, from);
  }

  /** The linear part of a norm on each row: its mean taken off, its weight multiplied. */
  private SimpleMatrix throughNorm(SimpleMatrix rows, String weight, int from) {
    SimpleMatrix centred = rows.copy();
    if (config.norm().kind() == NormSpec.Kind.LAYER_NORM) {
      for (int i = 0; i < rows.getNumRows(); i++) {
        double mean = rows.extractVector(true, i).elementSum() / rows.getNumCols();
        for (int j = 0; j < rows.getNumCols(); j++) {
          centred.set(i, j, rows.get(i, j) - mean);
        }
      }
    }
    return weighted(centred, weight, from);
  }

  private SimpleMatrix weighted(SimpleMatrix rows, String name, int from) {
    if (!model.weights().names().contains(name)) {
      return rows;
    }
    double[] weight = Tensors.doubles(model.weights().get(name));
    SimpleMatrix result = rows.copy();
    for (int i = 0; i < rows.getNumRows(); i++) {
      for (int j = 0; j < rows.getNumCols(); j++) {
        result.set(i, j, rows.get(i, j) * weight[from + j]);
      }
    }
    return result;
  }

  /** Turns each row's pairs of dimensions by the angles of a distance, in place. */
  private void turn(SimpleMatrix rows, PositionSpec.Rotary rotary, int distance) {
    int pairs = rotary.dimensions() / 2;
    // scalings that depend on a text's length leave those within the original context alone
    double[] frequencies = rotary.scaling().frequencies(rotary.dimensions(), rotary.base(), 1);
    boolean halves = rotary.pairing() == PositionSpec.Pairing.HALVES;
    for (int pair = 0; pair < pairs; pair++) {
      int first = halves ? pair : 2 * pair;
      int second = halves ? pair + pairs : 2 * pair + 1;
      double cos = Math.cos(distance * frequencies[pair]);
      double sin = Math.sin(distance * frequencies[pair]);
      for (int row = 0; row < rows.getNumRows(); row++) {
        double x = rows.get(row, first);
        double y = rows.get(row, second);
        rows.set(row, first, x * cos - y * sin);
        rows.set(row, second, y * cos + x * sin);
      }
    }
  }

  /** Long-context scalings multiply cosines and sines of both sides, so turned dimensions alone. */
  private static SimpleMatrix scaledRotary(
      SimpleMatrix rows, PositionSpec.Rotary rotary, double factor) {
    if (factor == 1) {
      return rows;
    }
    SimpleMatrix scaled = rows.copy();
    for (int row = 0; row < rows.getNumRows(); row++) {
      for (int j = 0; j < rotary.dimensions(); j++) {
        scaled.set(row, j, rows.get(row, j) * factor);
      }
    }
    return scaled;
  }
}
