package io.loupe.workbench.plot;

import static io.loupe.workbench.plot.FigureChecks.noise;
import static io.loupe.workbench.plot.FigureChecks.parse;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Renderers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is true of the files of every kind of figure, also in other JVMs and without fonts. */
class FigureFilesTest {
  @TempDir Path folder;

  @Test
  void aBundleHasSvgThenPngThenOneLineOfText() {
    Figure figure = Plots.heatmap(noise(2, 2)).title("Two\nlines");
    MimeBundle bundle = Renderers.render(figure);

    assertThat(bundle.data().keySet())
        .containsExactly(MimeBundle.SVG, MimeBundle.PNG, MimeBundle.TEXT);
    assertThat(bundle.data().get(MimeBundle.TEXT)).startsWith("Heat map: Two lines: 2 rows");
    assertThat(bundle.data().get(MimeBundle.SVG))
        .contains("aria-label=\"Heat map: Two lines")
        .isEqualTo(figure.svg());
  }

  @Test
  void savesByTheEndingOfTheName() throws IOException {
    Figure figure = Plots.heatmap(noise(2, 2));

    figure.save(folder.resolve("new/a.svg"));
    figure.save(folder.resolve("new/a.PNG"));

    assertThat(folder.resolve("new/a.svg")).hasContent(figure.svg());
    assertThat(folder.resolve("new/a.PNG")).hasBinaryContent(figure.png());
    assertThatThrownBy(() -> figure.save(folder.resolve("a.jpg")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(".svg or .png")
        .hasMessageContaining("a.jpg");
  }

  @Test
  void svgIsWellFormedWithoutTextElementsOrOutsideReferences() {
    for (Figure figure : FigureMain.figures()) {
      String svg = figure.svg();

      assertThat(parse(svg).getDocumentElement().getAttribute("viewBox"))
          .isEqualTo("0 0 %d %d".formatted(figure.width(), figure.height()));
      assertThat(svg).doesNotContain("<text").doesNotContain("font-family");
      assertThat(svg.replaceAll("href=\"(#|data:)", "")).doesNotContain("href=");
    }
  }

  @Test
  void otherJvmsWriteTheSameBytesInAnyLocaleAndTimeZone() throws Exception {
    String here = FigureMain.fingerprints();
    String there =
        run(
            Map.of(),
            List.of("-Duser.language=ar", "-Duser.country=EG", "-Duser.timezone=Asia/Tokyo"));

    assertThat(there).isEqualTo(here);
  }

  @Test
  void worksWithoutAnyFontOrFontConfiguration() throws Exception {
    Path libraries = Files.createDirectories(folder.resolve("lib"));
    Files.createFile(libraries.resolve("libfontconfig.so.1"));
    Files.createFile(libraries.resolve("libfontconfig.so"));
    Path home = Files.createDirectories(folder.resolve("home"));
    Path configuration = home.resolve("fonts.conf");
    Files.writeString(configuration, "<?xml version=\"1.0\"?><fontconfig></fontconfig>");
    List<String> options = List.of("-Duser.home=" + home);

    String noLibrary = run(Map.of("LD_LIBRARY_PATH", libraries.toString()), options);
    String noFonts =
        run(
            Map.of(
                "FONTCONFIG_FILE", configuration.toString(),
                "FONTCONFIG_PATH", home.toString(),
                "HOME", home.toString()),
            options);

    assertThat(noLibrary).isEqualTo(FigureMain.fingerprints());
    assertThat(noFonts).isEqualTo(FigureMain.fingerprints());
  }

  @Test
  void aMissingSystemLibraryIsNamedWithItsPackage() {
    assertThat(Fonts.missingLibrary(new UnsatisfiedLinkError("libfreetype.so.6: cannot open")))
        .hasMessageContaining("libfreetype.so.6: cannot open")
        .hasMessageContaining(
            System.getProperty("os.name").equals("Linux")
                ? "apt-get install libfreetype6"
                : "full JDK");
  }

  /** Runs {@link FigureMain} in a JVM of its own and returns what it prints. */
  private String run(Map<String, String> environment, List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.awt.headless=true");
    command.addAll(options);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), FigureMain.class.getName()));
    Path out = folder.resolve("out.txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(out.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
    String text = Files.readString(out, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }
}
