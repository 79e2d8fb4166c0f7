package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Measures two lenses on a corpus that they read together. */
final class LensEvaluator implements LensPass.Visitor {
  private static final int TOKENS = 1024;

  private final HookedTransformer model;
  private final Translator translator;
  private final Map<String, NDArray> before;
  private final Map<String, NDArray> after;
  private final List<Sums> sums; // of each source: before, after
  private final Sums own;
  private final int rows;
  private Tokens batch;
  private int firstRow;
  private int source;
  private @Nullable NDArray target;

  private LensEvaluator(
      HookedTransformer model,
      Tokens corpus,
      int sources,
      Translator translator,
      Map<String, NDArray> before,
      Map<String, NDArray> after) {
    this.model = model;
    this.translator = translator;
    this.before = before;
    this.after = after;
    this.rows = corpus.batch();
    this.batch = corpus;
    this.own = new Sums();
    this.sums = new ArrayList<>();
    for (int i = 0; i < 2 * sources; i++) {
      sums.add(new Sums());
    }
  }

  static LensEvaluation evaluate(
      HookedTransformer model,
      Tokens corpus,
      List<Translator.Source> sources,
      Translator translator,
      Map<String, NDArray> before,
      Map<String, NDArray> after,
      String plain,
      String trained) {
    LensEvaluator evaluator =
        new LensEvaluator(model, corpus, sources.size(), translator, before, after);
    LensPass.inBatches(
        corpus,
        TOKENS,
        (from, some) -> {
          evaluator.firstRow = from;
          evaluator.source = 0;
          try (NDManager scope = Engines.newManager(model.device())) {
            LensPass.run(model, some, sources, scope, evaluator);
          }
        });
    List<LensEvaluation.Line> lines = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      lines.add(
          new LensEvaluation.Line(
              sources.get(i).label(),
              evaluator.sums.get(2 * i).reading(evaluator.own),
              evaluator.sums.get(2 * i + 1).reading(evaluator.own)));
    }
    return new LensEvaluation(plain, trained, lines, evaluator.own.crossEntropy());
  }

  @Override
  public void target(Tokens some, NDArray logProbabilities) {
    batch = some;
    target = logProbabilities;
    own.add(logProbabilities, logProbabilities);
  }

  @Override
  public void source(Translator.Source from, NDArray x) {
    if (target == null) {
      throw new IllegalStateException("The model's own prediction comes first");
    }
    sums.get(2 * source).add(target, translator.logits(from, x, before).logSoftmax(-1));
    sums.get(2 * source + 1).add(target, translator.logits(from, x, after).logSoftmax(-1));
    source++;
  }

  /** Sums over the corpus for one lens at one source. */
  private final class Sums {
    private final double[] divergence = new double[rows];
    private final double[] mean = new double[model.config().vocab()]; // sum of probabilities
    private long tokens;
    private double crossEntropy;
    private long predicted;

    void add(NDArray wanted, NDArray said) {
      NDArray kept = wanted.stopGradient();
      kept.attach(said.getManager());
      double[] each = Tensors.doubles(LensPass.divergence(kept, said));
      double[] sum = Tensors.doubles(said.exp().sum(new int[] {0}));
      for (int id = 0; id < sum.length; id++) {
        mean[id] += sum[id];
      }
      double[] ofText = ofText(said);
      int first = 0;
      for (int row = 0; row < batch.batch(); row++) {
        int length = batch.length(row);
        int predictions = model.config().causal() ? length - 1 : length;
        for (int position = 0; position < length; position++) {
          divergence[firstRow + row] += each[first + position] / length;
          crossEntropy -= position < predictions ? ofText[first + position] : 0;
        }
        predicted += predictions;
        first += length;
      }
      tokens += first;
    }

    /** Returns the log-probability of what the text has, [token]; of token 0 where it ends. */
    private double[] ofText(NDArray said) {
      int ahead = model.config().causal() ? 1 : 0;
      LongStream.Builder answers = LongStream.builder();
      for (int row = 0; row < batch.batch(); row++) {
        long[] ids = batch.row(row);
        for (int position = 0; position < ids.length; position++) {
          answers.add(position + ahead < ids.length ? ids[position + ahead] : 0);
        }
      }
      NDArray index = said.getManager().create(answers.build().toArray()).expandDims(1);
      return Tensors.doubles(said.gather(index, 1).squeeze(1));
    }

    LensEvaluation.Reading reading(Sums model) {
      double bias = 0;
      for (int id = 0; id < mean.length; id++) {
        double p = model.mean[id] / model.tokens;
        bias += p == 0 ? 0 : p * Math.log(p / (mean[id] / tokens));
      }
      return new LensEvaluation.Reading(divergence, bias, crossEntropy());
    }

    double crossEntropy() {
      return predicted == 0 ? Double.NaN : crossEntropy / predicted;
    }
  }
}
