package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.Training;
import io.loupe.workbench.train.TrainingCurve;
import io.loupe.workbench.train.TrainingOptions;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Trains translators to say what the model says in the end. */
final class LensTraining {
  private LensTraining() {}

  /** Throws {@code IllegalArgumentException} if a lens cannot be trained on this. */
  static void check(HookedTransformer model, Tokens corpus, String what) {
    if (!model.interventions().isEmpty()) {
      throw new IllegalArgumentException(
          "A %s is trained on a model without interventions, and then applied to one with them; this one has %s"
              .formatted(what, model.interventions()));
    }
    if (corpus.batch() < 2) {
      throw new IllegalArgumentException(
          "A %s is trained on many texts, one a row; got one row".formatted(what));
    }
  }

  /** Minimises the mean over tokens of KL(model || lens), for each source. */
  static TrainingCurve run(
      String what,
      HookedTransformer model,
      Tokens corpus,
      List<Translator.Source> sources,
      Translator translator,
      Map<String, NDArray> parameters,
      TrainingOptions options) {
    return Training.run(
        what,
        parameters,
        corpus.batch(),
        (leaves, examples, scope, losses) ->
            LensPass.run(
                model,
                LensPass.rows(corpus, examples),
                sources,
                scope,
                new LensPass.Visitor() {
                  private @Nullable NDArray target;

                  @Override
                  public void target(Tokens batch, NDArray logProbabilities) {
                    target = logProbabilities;
                  }

                  @Override
                  public void source(Translator.Source source, NDArray x) {
                    NDArray said = translator.logits(source, x, leaves).logSoftmax(-1);
                    if (target != null) {
                      NDArray wanted = target.stopGradient();
                      wanted.attach(said.getManager());
                      losses.add(source.label(), LensPass.divergence(wanted, said).mean());
                    }
                  }
                }),
        options);
  }
}
