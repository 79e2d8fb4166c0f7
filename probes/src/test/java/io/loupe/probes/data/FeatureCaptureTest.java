package io.loupe.probes.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.Prompt;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureCaptureTest {
  private static final HookedTransformer MODEL = TinyModels.gpt2(LoadOptions.DEFAULT);

  private static ProbeData data() {
    Random random = new Random(2);
    long[][] rows = new long[40][];
    List<Example> examples = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (int row = 0; row < rows.length; row++) {
      int length = 3 + random.nextInt(60);
      rows[row] = random.longs(length, 0, 128).toArray();
      for (int e = 0; e < row % 3; e++) { // none in every third text
        int start = random.nextInt(length - 2);
        examples.add(
            new Example(row, start, start + 2 + random.nextInt(length - start - 1), "g", "t"));
        labels.add("class " + e);
      }
    }
    return ProbeData.of(
        "spans",
        Tokens.padded(Tokens.Padding.RIGHT, rows),
        examples,
        Labels.classes(labels),
        List.of());
  }

  /** Each feature against a pass of one text alone and a plain loop. */
  @Test
  void featuresAreTheActivationsOfEachTextAloneInTheExamplesOrder() {
    ProbeData data = data();
    List<HookPoint> points = List.of(Sites.RESID_POST.at(1), Sites.Z.at(0), Sites.EMBED.here());
    List<SpotFeatures> all =
        FeatureCapture.of(
            MODEL, data, points, List.of(Pooling.at(1), Pooling.mean(), Pooling.last()));
    assertThat(all).hasSize(9);
    assertThat(all.get(0).spot()).isEqualTo(new Spot(points.get(0), Pooling.at(1)));
    for (int i = 0; i < data.size(); i++) {
      Example example = data.examples().get(i);
      try (Run run =
          MODEL.run(
              Tokens.of(data.tokens().row(example.row())),
              Capture.at(points.toArray(HookPoint[]::new)))) {
        for (int p = 0; p < 3; p++) {
          float[] own = run.cache().get(points.get(p)).toFloatArray();
          for (int pooling = 0; pooling < 3; pooling++) {
            int from =
                pooling == 0
                    ? example.start() + 1
                    : pooling == 1 ? example.start() : example.end() - 1;
            int to = pooling == 0 ? example.start() + 2 : example.end();
            double[] expected = new double[48];
            for (int position = from; position < to; position++) {
              for (int j = 0; j < 48; j++) {
                expected[j] += own[position * 48 + j] / (double) (to - from);
              }
            }
            Features features = all.get(3 * p + pooling).features();
            assertThat(features.rows()).isEqualTo(data.size());
            for (int j = 0; j < 48; j++) {
              assertThat((double) features.at(i, j)).isCloseTo(expected[j], within(1e-4));
            }
          }
        }
      }
    }
  }

  @Test
  void interventionsBehindTheLastLayerThatIsReadAreNoError() {
    HookedTransformer edited = MODEL.with(Interventions.zero(Sites.MLP_OUT.at(2)));
    assertThat(
            FeatureCapture.of(
                    edited, data(), List.of(Sites.RESID_POST.at(0)), List.of(Pooling.last()))
                .get(0)
                .features()
                .values())
        .isEqualTo(
            FeatureCapture.of(
                    MODEL, data(), List.of(Sites.RESID_POST.at(0)), List.of(Pooling.last()))
                .get(0)
                .features()
                .values());
  }

  @Test
  void placesThatAreNotThereAreRefusedBeforeARun() {
    ProbeData data = data();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureCapture.of(MODEL, data, List.of(), List.of(Pooling.last())))
        .withMessageContaining("RESID_POST.at(0)");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                FeatureCapture.of(
                    MODEL, data, List.of(Sites.PATTERN.at(0)), List.of(Pooling.last())))
        .withMessageContaining("axis 1 is POS");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                FeatureCapture.of(
                    MODEL, data, List.of(Sites.RESID_POST.at(3)), List.of(Pooling.last())));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                FeatureCapture.of(
                    MODEL, data, List.of(Sites.RESID_POST.at(0)), List.of(Pooling.at(40))))
        .withMessageContaining("Example 0");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                FeatureCapture.of(
                    MODEL,
                    data,
                    List.of(Sites.RESID_POST.at(0)),
                    List.of(Pooling.span("subject"))));
    ProbeData other =
        ProbeData.rows("x", Tokens.of(new long[] {5, 200}), Labels.classes(List.of("a")));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                FeatureCapture.of(
                    MODEL, other, List.of(Sites.RESID_POST.at(0)), List.of(Pooling.last())))
        .withMessageContaining("token 200")
        .withMessageContaining("tokenised for another model");
    ProbeData longer = ProbeData.rows("x", Tokens.of(new long[65]), Labels.classes(List.of("a")));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                FeatureCapture.of(
                    MODEL, longer, List.of(Sites.RESID_POST.at(0)), List.of(Pooling.last())))
        .withMessageContaining("65 tokens");
  }

  @Test
  void labelsThatDoNotFitTheTextsAreRefused() {
    Tokens tokens = Tokens.padded(Tokens.Padding.RIGHT, new long[] {1, 2, 3}, new long[] {4});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ProbeData.tokens("x", tokens, Labels.numbers("n", 1, 2, 3, 4, 5, 6)))
        .withMessageContaining("not aligned to tokens: 2 rows have 4 tokens")
        .withMessageContaining("6 labels");
    ProbeData data = ProbeData.tokens("x", tokens, Labels.numbers("n", 1, 2, 3, 4));
    assertThat(data.types()).containsExactly("1", "2", "3", "4");
    assertThat(data.groups()).containsExactly("row 0", "row 0", "row 0", "row 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> data.groups(List.of("a")))
        .withMessageContaining("a group for each of 4 examples, got 1");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ProbeData.of(
                    "x",
                    tokens,
                    List.of(new Example(1, 0, 2, "g", "t")),
                    Labels.numbers("n", 1),
                    List.of()))
        .withMessageContaining("that text has 1 tokens");
    assertThatIllegalArgumentException().isThrownBy(() -> new Example(0, 2, 2, "g", "t"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Features.of(new float[][] {{1, 2}, {3}}))
        .withMessageContaining("row 1 has 1");
  }

  /** Words in a real tokenizer: spans, first subwords, and spans that no token spells. */
  @Test
  void wordsAreFoundAndOneThatVanishedIsRefused() throws IOException {
    HookedTransformer model = HookedTransformer.load("loupe-lm");
    Prompt prompt = Prompt.of("The cat sat.").mark("w1", "cat").mark("w2", "sat");
    ProbeData words =
        ProbeData.words("words", model, List.of(prompt), Labels.classes(List.of("noun", "verb")));
    assertThat(words.types()).containsExactly("cat", "sat");
    for (Example example : words.examples()) {
      StringBuilder text = new StringBuilder();
      for (int i = example.start(); i < example.end(); i++) {
        text.append(model.labels(words.tokens(), 0).get(i));
      }
      assertThat(text.toString()).contains(example.type());
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> ProbeData.words("words", model, List.of(prompt), Labels.classes(List.of("a"))))
        .withMessageContaining("1 prompts have 2 marked spans and there are 1 labels");
    ProbeData whole = ProbeData.prompts("p", model, List.of(prompt), Labels.classes(List.of("a")));
    assertThat(whole.at("w1").examples().get(0).start()).isEqualTo(words.examples().get(0).start());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> whole.at("subject"))
        .withMessageContaining("subject");
  }

  /** A tokenizer that drops a character before it splits the text, as BERT's drops controls. */
  @Test
  void aSpanThatVanishedInTokenisationIsRefused(@TempDir Path folder) throws IOException {
    HookedTransformer.load("stories260k").save(folder);
    Path tokenizer = folder.resolve("tokenizer.json");
    String drops = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"~\"},\"content\":\"\"},";
    String json;
    try (InputStream shipped =
        Prompt.class.getResourceAsStream("models/stories260k/tokenizer.json")) {
      json = new String(shipped.readAllBytes(), StandardCharsets.UTF_8);
    }
    Matcher normalizers = Pattern.compile("\"normalizers\"\\s*:\\s*\\[").matcher(json);
    assertThat(normalizers.find()).isTrue();
    Files.writeString(
        tokenizer,
        json.substring(0, normalizers.end()) + drops + json.substring(normalizers.end()));
    HookedTransformer model = HookedTransformer.load(folder.toString());
    Prompt prompt = Prompt.of("The cat ~ sat.").mark("w1", "cat").mark("w2", "~");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ProbeData.words(
                    "words", model, List.of(prompt), Labels.classes(List.of("noun", "verb"))))
        .withMessageContaining("No token covers span 'w2'");
  }
}
