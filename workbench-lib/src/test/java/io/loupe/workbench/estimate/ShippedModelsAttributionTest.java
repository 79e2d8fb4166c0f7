package io.loupe.workbench.estimate;

import static io.loupe.workbench.site.Axis.D_MLP;
import static io.loupe.workbench.site.Axis.HEAD;
import static io.loupe.workbench.site.Axis.POS;
import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.path.PathEffects;
import io.loupe.workbench.path.PathPatching;
import io.loupe.workbench.path.Receiver;
import io.loupe.workbench.path.Sender;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Estimates beside exact effects on trained models, where effects are near linear. */
class ShippedModelsAttributionTest {
  @Test
  void ranksTheHeadsAndNeuronsOfTheStoryTeller() throws IOException {
    HookedTransformer model = HookedTransformer.load("stories260k");
    List<String> girls = new ArrayList<>();
    List<String> boys = new ArrayList<>();
    int length = model.tokens("Lily had a new toy. One day,").length();
    for (String thing :
        List.of("a new toy", "a big ball", "a red ball", "a big tree", "a big idea")) {
      String girl = "Lily had " + thing + ". One day,";
      String boy = "Tim had " + thing + ". One day,";
      if (model.tokens(girl).length() == length && model.tokens(boy).length() == length) {
        girls.add(girl);
        boys.add(boy);
      }
    }
    Tokens lily = model.tokens(girls.toArray(String[]::new));
    Tokens tim = model.tokens(boys.toArray(String[]::new));
    Metric metric =
        Metrics.logitDifference(
            model.tokenizer().idOf(" she").orElseThrow(),
            model.tokenizer().idOf(" he").orElseThrow());
    AttributionPatching patching = AttributionPatching.denoising(model, lily, tim, metric);
    NodeAttributions heads = patching.over(Sites.Z, HEAD);
    assertThat(heads.check(100, 1).agreement().spearman()).isGreaterThan(0.9);
    assertThat(patching.over(Sites.MLP_POST, D_MLP).check(100, 1).agreement().spearman())
        .isGreaterThan(0.9);
    assertThat(patching.over(Sites.MLP_OUT, POS).check(100, 1).agreement().spearman())
        .isGreaterThan(0.9);
    assertThat(patching.integrated(10).over(Sites.MLP_OUT, POS).completeness())
        .allSatisfy(one -> assertThat(one.error()).as("%s", one).isLessThan(0.01));
    assertThat(patching.integratedOverInputs(10).over(Sites.Z, HEAD).completeness())
        .allSatisfy(one -> assertThat(one.error()).as("%s", one).isLessThan(0.01));
    PathEffects paths =
        PathPatching.denoising(model, lily, tim, metric)
            .between(Sender.each(model.config()), Receiver.each(model.config()).subList(17, 86));
    assertThat(paths.approximation(1).spearman()).isGreaterThan(0.9);
  }

  @Test
  void ranksTheHeadsAndNeuronsOfTheSorter() throws IOException {
    HookedTransformer model = HookedTransformer.load("sort");
    Random random = new Random(1);
    long[][] clean = new long[16][];
    long[][] corrupted = new long[16][];
    for (int row = 0; row < clean.length; row++) {
      clean[row] = random.longs(6, 0, 3).toArray();
      corrupted[row] = clean[row].clone();
      int place = random.nextInt(6);
      corrupted[row][place] = (corrupted[row][place] + 1) % 3;
    }
    AttributionPatching patching =
        AttributionPatching.denoising(
            model, Tokens.of(clean), Tokens.of(corrupted), Metrics.logitDifference(0, 2));
    assertThat(patching.over(Sites.Z, HEAD).check(9, 1).agreement().spearman()).isGreaterThan(0.9);
    assertThat(patching.over(Sites.MLP_POST, D_MLP).check(100, 1).agreement().spearman())
        .isGreaterThan(0.9);
    assertThat(patching.integrated(24).over(Sites.MLP_OUT, POS).completeness())
        .allSatisfy(one -> assertThat(one.error()).as("%s", one).isLessThan(0.01));
  }
}
