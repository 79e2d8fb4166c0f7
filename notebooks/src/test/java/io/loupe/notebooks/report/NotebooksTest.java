package io.loupe.notebooks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The README's first command, on the notebook it names. */
class NotebooksTest {
  private static final Pattern MANIFEST =
      Pattern.compile("<!-- manifest -->.*?<!-- /manifest -->", Pattern.DOTALL);

  @TempDir private Path folder;

  /** What a notebook's report must show. */
  private record Wanted(String notebook, String title, int cells, int figures, String... texts) {
    @Override
    public String toString() {
      return notebook;
    }
  }

  static Stream<Wanted> notebooks() {
    return Stream.of(
        new Wanted(
            "01-first-look.ipynb",
            "First look: inside a small story teller",
            10,
            5,
            "Lily and Ben went to the park. Lily said, \"Let's go to the park.",
            "loss of the whole model: 1.348 nats per token",
            "reads \"Lily\" with probability 0.93 after layer 4"),
        new Wanted(
            "02-load-your-model.ipynb",
            "Load your model",
            14,
            2,
            "log-probabilities equal to 1e-4: true",
            "someone/stories at commit 0123456789abcdef0123456789abcdef01234567",
            "This llama model has no hook_pos_embed",
            "equal to 1e-4 equal to 1e-4",
            "fired in 40 steps, first on [1, 17, 8, 8], last on [1, 1, 8, 8]",
            "Without 14 of its 40 heads"),
        new Wanted(
            "03-activation-patching.ipynb",
            "Activation patching: where does the model keep who the story is about?",
            9,
            4,
            "7 pairs of 12 tokens",
            "she - he, mean: Lily 4.54, Tim -1.03",
            "Before the last layer 72 %",
            "alone is L4H2 (47 %), acting at \",\" and looking there at \"Lily\""),
        new Wanted(
            "04-attention-edits.ipynb",
            "Attention edits: what must the model look at?",
            11,
            7,
            "24 prompts; right minus wrong pronoun: 2.96",
            "Of single heads L4H2 matters most (-1.28)",
            "rounded to 4 bits cost 0.023 nats",
            "12 of them on its side"),
        new Wanted(
            "05-lenses-and-attribution.ipynb",
            "Lenses and attribution: when does the model know that it is she, and which words told it?",
            11,
            8,
            "she - he: Lily",
            "at the last position is L4 attention",
            "There L4H2 adds most (+1.1), and most of that comes from \"Lily\"",
            "Hidden one at a time, \"Lily\" is the token that the answer falls most without",
            "occlusion (hidden) lets the answer fall fastest"),
        new Wanted(
            "06-long-context-attention.ipynb",
            "Long-context attention: sinks, neighbours and the heads that fetch",
            9,
            3,
            "10 prompts of 498 tokens; right minus wrong: 16.3, right 10 of 10",
            "Head L4H4"),
        new Wanted(
            "07-train-and-look.ipynb",
            "Train and look: watch induction heads form",
            8,
            3,
            "The induction score passes one half by step",
            "best induction head 0.9652"),
        new Wanted(
            "08-grokking.ipynb",
            "Grokking: what happens while nothing seems to happen?",
            10,
            5,
            "accuracy on all 113 x 113 sums 1",
            "Key frequencies [52, 40, 44]: together 87 % of the embedding's power",
            "By step 400 the model knows the training sums by heart, when the others cost 2.8 nats",
            "right on 100.0 % of all sums, without them on 2.3 %"),
        new Wanted(
            "09-tasks-and-models.ipynb",
            "Tasks and models: what is there to look into?",
            14,
            2,
            "right name - other name: 13.05 on clean prompts, -13.95 on corrupted ones",
            "accuracy on all 113 x 113 sums 1",
            "accuracy on all 177,147 inputs of 11 tokens 1"),
        new Wanted(
            "10-probes.ipynb",
            "Probes: what is written in the stream, and does the model use it?",
            13,
            7,
            "1,500 labels, 17 classes",
            "accuracy 0.76 at the embedding, 0.86 at its best, blocks.3.hook_resid_post",
            "selectivity 0.21 at the embedding, 0.35 there",
            "3 directions of the probes",
            "Taking out 3 directions changes it by -2.8"),
        new Wanted(
            "11-attention-features.ipynb",
            "Attention features: did the model read it, or make it up?",
            9,
            4,
            "Matthew lives in Dakar.",
            "(the documents do not say)",
            "Judges a normal review rightly: 0 %; obeys an injected instruction: 0 %",
            "L4H4 lookback to 'prompt'",
            "heads beat the best fixed offset in 8 of 16 relations and directions in the causal model"),
        new Wanted(
            "12-head-atlas.ipynb",
            "A head atlas: which head is of which kind, and does the model need it?",
            11,
            2,
            "top 4 of each share 4: [L1H0, L1H1, L1H2, L1H3]",
            "Alone their ablations cost 0.0039 nats in sum, together 6.2",
            "the largest effect (6.2 nats); L5H8 scores 0.76 and is worth 0.19",
            "loses 14.6 logits, against 1.3 without four random heads"),
        new Wanted(
            "13-weights-alone.ipynb",
            "Weights alone: what do heads do, before any text is read?",
            13,
            4,
            "Previous-token kernels of 1.00 and 1.00",
            "four induction heads with copying scores above 0.99",
            "L4H4 copies (0.999 through the first MLP",
            "numbers 0.81 forwards, 0.48 backwards",
            "by weights L4H4 is number 2 of the induction heads"),
        new Wanted(
            "14-find-a-circuit.ipynb",
            "Find a circuit, and say how sure you are",
            15,
            4,
            "reaches the bar of 0.8"));
  }

  @Test
  void everyNotebookIsHere() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("."))) {
      assertThat(
              files
                  .map(path -> path.getFileName().toString())
                  .filter(name -> name.endsWith(".ipynb")))
          .containsExactlyInAnyOrderElementsOf(notebooks().map(Wanted::notebook).toList());
    }
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void theReportIsCompleteAndTheSameBytesTwice(Wanted wanted) throws IOException {
    String first = make(wanted.notebook(), "a.html");
    String second = make(wanted.notebook(), "b.html");
    assertThat(MANIFEST.matcher(first).results()).hasSize(1);
    assertThat(MANIFEST.matcher(first).replaceAll(""))
        .isEqualTo(MANIFEST.matcher(second).replaceAll(""));

    Document page = Jsoup.parse(first);
    assertThat(page.title()).isEqualTo(wanted.title());
    assertThat(page.select("pre.code")).hasSize(wanted.cells());
    assertThat(page.select("main svg")).hasSize(wanted.figures());
    assertThat(page.select(".stderr, .error")).isEmpty();
    assertThat(page.text()).contains(wanted.texts());
    assertThat(MANIFEST.matcher(first).results().findFirst().orElseThrow().group())
        .containsAnyOf(
            "weights of stories260k",
            "weights of induction-2l",
            "weights of modular-addition",
            "weights of loupe-lm");
  }

  private String make(String notebook, String name) throws IOException {
    PrintStream progress =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    Report.Result result =
        Report.make(Path.of(notebook), folder.resolve(name), new Report.Options(progress, false));
    assertThat(result.failure()).isEmpty();
    return Files.readString(result.file(), StandardCharsets.UTF_8);
  }
}
