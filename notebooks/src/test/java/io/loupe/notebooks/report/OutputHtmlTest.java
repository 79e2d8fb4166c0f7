package io.loupe.notebooks.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.notebooks.eval.CellResult;
import io.loupe.workbench.display.MimeBundle;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OutputHtmlTest {
  @Test
  void theBundleSaysWhichRepresentationIsBest() {
    MimeBundle svg = MimeBundle.svg("<svg><circle/></svg>");
    MimeBundle html = MimeBundle.html("<b>x</b>");

    assertThat(shown(svg.and(html))).contains("<circle").doesNotContain("<b>");
    assertThat(shown(html.and(svg))).contains("<b>").doesNotContain("<circle");
    assertThat(shown(MimeBundle.text("t").and(svg))).contains("<circle").doesNotContain("<pre");
    assertThat(shown(MimeBundle.text("a < b"))).contains("<pre", "a &lt; b");
  }

  @Test
  void fallsBackWhereADrawingIsNone() {
    assertThat(shown(MimeBundle.svg("no drawing").and(MimeBundle.text("t")))).contains(">t</pre>");
  }

  @Test
  void saysWhatItCannotShow() {
    assertThat(shown(new MimeBundle(Map.of("application/x-thing", "?"))))
        .contains("A value of type application/x-thing, which a page cannot show, was left out.");
    assertThat(shown(MimeBundle.html("<p>a</p><script>b</script>")))
        .contains("<p>a</p>", "Left out, since a report runs and loads nothing: script");
  }

  @Test
  void anEmptyTextIsNoOutput() {
    assertThat(shown(MimeBundle.text(""))).isEmpty();
  }

  @Test
  void figuresCountThroughThePage() {
    OutputHtml html = new OutputHtml(new Images(Path.of("")));
    String first = html.render(run(1, MimeBundle.png(new byte[] {1})));
    String second = html.render(run(2, MimeBundle.png(new byte[] {2})));

    assertThat(first)
        .contains("src=\"data:image/png;base64,AQ==\"", "alt=\"Figure 1, made by cell 1\"");
    assertThat(second).contains("<figcaption>Figure 2</figcaption>");
  }

  @Test
  void theHeadingsOfAnOutputStandBelowThoseOfThePage() {
    assertThat(shown(MimeBundle.html("<h1>a</h1>"))).contains("<h3>a</h3>");
  }

  @Test
  void piecesOfOneStreamAreOneOutput() {
    CellRun.Recorder recorder = new CellRun.Recorder();
    recorder.stdout("a");
    recorder.stdout("b\n");
    recorder.stderr("c");
    recorder.display(MimeBundle.text("d"));
    recorder.stdout("e");
    CellRun run = recorder.finish(1, new CellResult(Optional.empty(), Optional.empty()));

    assertThat(run.outputs())
        .containsExactly(
            new CellOutput.Printed(false, "ab\n"),
            new CellOutput.Printed(true, "c"),
            new CellOutput.Shown(MimeBundle.text("d")),
            new CellOutput.Printed(false, "e"));
  }

  private static String shown(MimeBundle bundle) {
    return new OutputHtml(new Images(Path.of(""))).render(run(1, bundle));
  }

  private static CellRun run(int cell, MimeBundle value) {
    return new CellRun.Recorder()
        .finish(cell, new CellResult(Optional.of(value), Optional.empty()));
  }
}
