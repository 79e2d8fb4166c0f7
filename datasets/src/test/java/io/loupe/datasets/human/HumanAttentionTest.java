package io.loupe.datasets.human;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.align.TokenOffsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanAttentionTest {
  private static final Offset<Double> EXACT = within(1e-12);
  private static final GazeTable GAZE = new GazeTable("text", "who", "n", "word", "TRT");
  private static final String ROWS =
      """
      text,who,n,word,TRT
      a,x,2,dogs.,300
      a,x,1,My,100
      a,y,1,My,0
      a,y,2,dogs.,NA
      """;

  /** Begin | My | " dog" | s. */
  private static final TokenOffsets TOKENS = text -> new int[][] {{0, 0}, {0, 2}, {2, 6}, {6, 8}};

  @TempDir private Path folder;

  private Path file(String name, String text) throws Exception {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void gazeIsReadAndSharedOut() throws Exception {
    List<HumanAttention> readings = GAZE.read(file("gaze.csv", ROWS));
    assertThat(readings).hasSize(2);
    HumanAttention x = readings.get(0);
    assertThat(x.text()).isEqualTo("My dogs.");
    assertThat(x.array()).containsExactly(100, 300);
    assertThat(x.tokens(TOKENS)).containsExactly(new double[] {Double.NaN, 100, 180, 120}, EXACT);
    HumanAttention y = readings.get(1);
    assertThat(y.array()).containsExactly(0, Double.NaN);
    assertThat(y.tokens(TOKENS)).containsExactly(Double.NaN, 0, Double.NaN, Double.NaN);
    assertThat(y.toString()).contains("2 parts, 1 not measured", "[y]");
    HumanAttention mean = HumanAttention.mean(readings);
    assertThat(mean.array()).containsExactly(50, 300);
    assertThat(mean.readers()).containsExactlyInAnyOrder("x", "y");
  }

  @Test
  void bytesOfOneCharacterShareItsAmount() throws Exception {
    Path tsv = file("gaze.tsv", "text\twho\tn\tword\tTRT\na\tx\t0\té\t80\n");
    assertThat(GAZE.read(tsv).get(0).tokens(text -> new int[][] {{0, 1}, {0, 1}}))
        .containsExactly(40, 40);
  }

  @Test
  void knownTextsKeepTheirSpaces() throws Exception {
    Path file = file("gaze.csv", ROWS);
    assertThat(GAZE.read(file, Map.of("a", "My  dogs.")).get(0).spans().get(1).start())
        .isEqualTo(4);
    assertThatThrownBy(() -> GAZE.read(file, Map.of("a", "My cats.")))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("text 'a', reader 'x': Expected word 1 at character 3, \"cats.\"");
    assertThatThrownBy(() -> GAZE.read(file, Map.of("b", "My dogs.")))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("got one of text 'a'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a,x,1,My,100 | a,x,2,My,100 | 3 | in column 'n' each word of a text once a reader",
        "a,x,1,My,100 | a,x,1,My,-5  | 3 | in column 'TRT' a number from 0.0",
        "a,x,1,My,100 | a,x,1.5,My,5 | 3 | in column 'n' a whole number",
        "a,x,1,My,100 | a,x,1,,5     | 3 | in column 'word' a text",
        "TRT          | FFD          | 1 | a column 'TRT'",
      })
  void brokenGazeNamesTheLine(String part, String by, int line, String expected) throws Exception {
    Path file = file("gaze.csv", ROWS.replace(part, by));
    assertThatThrownBy(() -> GAZE.read(file))
        .isInstanceOf(DatasetException.class)
        .hasMessageStartingWith(file + ", line " + line + ": expected " + expected);
  }

  @Test
  void marksAreTheShareOfAnnotators() throws Exception {
    AnnotationTable columns = new AnnotationTable("text", "who", "from", "to");
    Path file = file("marks.csv", "text,who,from,to\na,x,3,7\na,x,3,4\na,y,0,2\n");
    HumanAttention marks = columns.read(file, Map.of("a", "My dogs.")).get(0);
    assertThat(marks.array()).containsExactly(0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5, 0);
    // " dog" has a space nobody marked; "s." half
    assertThat(marks.tokens(TOKENS))
        .containsExactly(new double[] {Double.NaN, 0.5, 0.375, 0.25}, EXACT);
    Path beyond = file("beyond.csv", "text,who,from,to\na,x,3,9\n");
    assertThatThrownBy(() -> columns.read(beyond, Map.of("a", "My dogs.")))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("line 2: expected in column 'to' a number from 4.0 to 8.0, got '9'");
  }

  @Test
  void meansNeedOneTextAndOtherReaders() throws Exception {
    HumanAttention x = GAZE.read(file("gaze.csv", ROWS)).get(0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HumanAttention.mean(List.of(x, x)))
        .withMessageContaining("Reader 'x' is there twice");
    assertThatIllegalArgumentException().isThrownBy(() -> HumanAttention.mean(List.of()));
  }

  @Test
  void overlapIsScipys() {
    double[] human = {120, 0, Double.NaN, 340, 80, 80, 210};
    double[] model = {0.1, 0.05, 0.9, 0.4, 0.15, 0.05, 0.25};
    Overlap overlap = Overlap.of(human, model, 2);
    // scipy 1.17.1: spearmanr, kendalltau, entropy (1e-6 added to each share), jensenshannon ** 2
    assertThat(overlap.spearman()).isCloseTo(0.8676470588235294, EXACT);
    assertThat(overlap.kendall()).isCloseTo(0.7857142857142858, EXACT);
    assertThat(overlap.kl()).isCloseTo(0.08670278888904713, EXACT);
    assertThat(overlap.jensenShannon()).isCloseTo(0.026083375955584256, EXACT);
    assertThat(overlap.topK()).isEqualTo(1);
    assertThat(overlap.compared()).isEqualTo(6);
    assertThat(overlap.missing()).isEqualTo(1);
    assertThat(overlap.toString()).contains("Spearman 0.868", "(6 entries, 1 missing)");
  }

  @Test
  void topKIsTheMeanOverTies() {
    assertThat(Overlap.topK(new double[] {3, 2, 1}, new double[] {1, 3, 2}, 2)).isEqualTo(0.5);
    // {1, one of 0 and 2} against {0, 1}: both or one of two
    assertThat(Overlap.topK(new double[] {1, 2, 1}, new double[] {3, 2, 1}, 2))
        .isCloseTo(0.75, EXACT);
  }

  @Test
  void sameIsWholeAndOtherUnitsChangeNothing() {
    Random random = new Random(2);
    double[] a = random.doubles(30).toArray();
    double[] scaled = Arrays.stream(a).map(v -> 250 * v).toArray();
    Overlap overlap = Overlap.of(a, scaled, 5);
    assertThat(overlap.spearman()).isCloseTo(1, EXACT);
    assertThat(overlap.kendall()).isCloseTo(1, EXACT);
    assertThat(overlap.kl()).isCloseTo(0, EXACT);
    assertThat(overlap.jensenShannon()).isCloseTo(0, EXACT);
    assertThat(overlap.topK()).isEqualTo(1);
    assertThat(Overlap.jensenShannon(new double[] {1, 0}, new double[] {0, 3}))
        .isCloseTo(Math.log(2), EXACT);
    assertThat(Overlap.kl(new double[] {1, 1}, new double[] {1, 0}, 0)).isInfinite();
    assertThat(Overlap.spearman(new double[] {1, 1}, new double[] {1, 0})).isNaN();
  }

  @Test
  void badInputIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Overlap.of(new double[3], new double[2], 1))
        .withMessageContaining("3 human and 2 of the model");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Overlap.of(new double[] {1, 2}, new double[] {1, 2}, 3))
        .withMessageContaining("k = 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Overlap.of(new double[] {0, 0}, new double[] {1, 2}, 1))
        .withMessageContaining("positive sum");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Overlap.spearman(new double[] {Double.NaN}, new double[] {1}))
        .withMessageContaining("Overlap.of leaves out");
  }
}
