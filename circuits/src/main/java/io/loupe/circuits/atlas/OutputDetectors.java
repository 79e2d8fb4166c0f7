package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.weights.HeadWeights;
import io.loupe.workbench.capture.AttentionEdit;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.text.Tokens;

/** Detectors that look at how much heads write. */
final class OutputDetectors {
  private OutputDetectors() {}

  /** How much of what a head writes stays when it sees sinks and a window alone. */
  record Streaming(Passes.Kind kind, Tokens tokens, int sinks, int window) implements HeadDetector {
    @Override
    public HeadMap measure(HookedTransformer given) {
      Passes.requireCausal(given, kind);
      HookedTransformer model = given.folded();
      double[][][][] grams = grams(model);
      double[][][] values = Passes.empty(model, tokens.batch());
      HeadSet all = model.config().allHeads();
      AttentionRequest whole = AttentionRequest.of().withOutputs();
      Passes.over(
          tokens,
          (first, part) -> {
            AttentionStatistics full = model.attention(part, whole).statistics();
            for (int layer = 0; layer < values.length; layer++) {
              // one layer at a time: what the next one reads would have changed
              HeadSet ofLayer = all.inLayer(layer);
              AttentionStatistics cut =
                  model
                      .attention(part, whole.edit(AttentionEdit.sinkWindow(ofLayer, sinks, window)))
                      .statistics();
              for (Head head : ofLayer) {
                for (int row = 0; row < part.batch(); row++) {
                  values[layer][head.index()][first + row] =
                      kept(
                          Written.z(full, part, head, row),
                          Written.z(cut, part, head, row),
                          grams[layer][head.index()]);
                }
              }
            }
          });
      return Passes.map(model, kind, tokens, values);
    }

    private static double kept(double[][] full, double[][] cut, double[][] gram) {
      double error = 0;
      double size = 0;
      for (int query = 0; query < full.length; query++) {
        double[] difference = new double[full[query].length];
        for (int i = 0; i < difference.length; i++) {
          difference[i] = full[query][i] - cut[query][i];
        }
        error += Written.squaredLength(difference, gram);
        size += Written.squaredLength(full[query], gram);
      }
      return size == 0 ? Double.NaN : Math.max(0, 1 - error / size);
    }
  }

  /** How often a head writes almost nothing, against the heads of its layer. */
  record Dormant(Passes.Kind kind, Tokens tokens, double share) implements HeadDetector {
    @Override
    public HeadMap measure(HookedTransformer given) {
      HookedTransformer model = given.folded();
      double[][][][] grams = grams(model);
      double[][][] values = Passes.empty(model, tokens.batch());
      Passes.over(
          tokens,
          (first, part) -> {
            AttentionStatistics statistics =
                model.attention(part, AttentionRequest.of().withOutputs()).statistics();
            for (int layer = 0; layer < values.length; layer++) {
              for (int row = 0; row < part.batch(); row++) {
                double[] quiet = quiet(statistics, part, layer, row, grams[layer]);
                for (int head = 0; head < quiet.length; head++) {
                  values[layer][head][first + row] = quiet[head];
                }
              }
            }
          });
      return Passes.map(model, kind, tokens, values);
    }

    /** Returns the share of quiet queries of each head of a layer. */
    private double[] quiet(
        AttentionStatistics statistics, Tokens tokens, int layer, int row, double[][][] grams) {
      int queries = tokens.length(row);
      double[][] lengths = new double[grams.length][queries];
      double[] mean = new double[queries];
      for (int head = 0; head < grams.length; head++) {
        double[][] z = Written.z(statistics, tokens, new Head(layer, head), row);
        for (int query = 0; query < queries; query++) {
          lengths[head][query] = Math.sqrt(Written.squaredLength(z[query], grams[head]));
          mean[query] += lengths[head][query] / grams.length;
        }
      }
      double[] quiet = new double[grams.length];
      for (int head = 0; head < grams.length; head++) {
        for (int query = 0; query < queries; query++) {
          quiet[head] += lengths[head][query] < share * mean[query] ? 1.0 / queries : 0;
        }
      }
      return quiet;
    }
  }

  /** Returns W_O W_O^T of every head, [layer][head][d_head][d_head]. */
  private static double[][][][] grams(HookedTransformer model) {
    HeadWeights weights = HeadWeights.asTheyAre(model);
    double[][][][] grams = new double[model.config().layers()][model.config().heads()][][];
    for (Head head : model.config().allHeads()) {
      grams[head.layer()][head.index()] = weights.outputGram(head);
    }
    return grams;
  }
}
