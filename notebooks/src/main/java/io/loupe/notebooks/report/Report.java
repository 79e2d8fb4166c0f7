package io.loupe.notebooks.report;

import io.loupe.notebooks.eval.CellEvaluator;
import io.loupe.notebooks.ipynb.Notebook;
import io.loupe.notebooks.ipynb.NotebookReader;
import io.loupe.workbench.display.Display;
import io.loupe.workbench.display.Manifest;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Makes a report of a notebook: runs it from top to bottom and writes one HTML file. */
public final class Report {
  private Report() {}

  /**
   * How a report is made.
   *
   * @param progress takes a line for each cell
   * @param live whether {@code progress} is a terminal, where the line of a running cell counts its
   *     seconds
   */
  public record Options(PrintStream progress, boolean live) {}

  /**
   * What came of it.
   *
   * @param file the report, written in every case
   * @param failure cell, line and message of the error that stopped the run; empty if there was
   *     none
   */
  public record Result(Path file, Optional<String> failure) {}

  /**
   * Runs a notebook in this JVM and writes the report, as far as the run went.
   *
   * @param notebook the file to run; it is not changed
   * @param file where to write; folders that are missing are made, a file that is there is replaced
   * @throws IllegalArgumentException if {@code file} is the notebook itself or a folder, or if the
   *     notebook is in another language than Java
   * @throws io.loupe.notebooks.ipynb.NotebookFormatException if the file is no notebook
   * @throws IOException if the notebook cannot be read or the report cannot be written
   */
  public static Result make(Path notebook, Path file, Options options) throws IOException {
    byte[] content = Files.readAllBytes(notebook);
    Notebook parsed = NotebookReader.read(notebook, content);
    checkLanguage(notebook, parsed);
    prepare(notebook, file);

    Instant start = Instant.now();
    NotebookRun run = run(parsed, options);
    Duration duration = Duration.between(start, Instant.now());

    Path folder = Optional.ofNullable(notebook.toAbsolutePath().getParent()).orElse(notebook);
    String name = String.valueOf(notebook.getFileName());
    ReportPage page = new ReportPage(run, name, new Images(folder));
    Map<String, String> manifest = new LinkedHashMap<>();
    manifest.put("Notebook", name + ", SHA-256 " + sha256(content));
    manifest.put("Made", start.truncatedTo(ChronoUnit.SECONDS).toString());
    manifest.put("Duration", String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3));
    manifest.putAll(Environment.lines());
    Manifest.entries().forEach(manifest::putIfAbsent);
    Files.writeString(file, page.html(manifest), StandardCharsets.UTF_8);
    return new Result(file, run.failure().map(Report::message));
  }

  private static void checkLanguage(Path notebook, Notebook parsed) {
    String language = parsed.language().orElse("java");
    if (!language.equals("java")) {
      throw new IllegalArgumentException(
          notebook + " is a notebook in " + language + "; only notebooks in Java can be run");
    }
  }

  /** Fails before the run, not after it, if the report cannot be written. */
  private static void prepare(Path notebook, Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(
          "Expected a file to write the report to, got the folder " + file);
    }
    if (Files.exists(file) && Files.isSameFile(notebook, file)) {
      throw new IllegalArgumentException(
          "The report would replace its own notebook " + notebook + "; name another file");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
  }

  private static NotebookRun run(Notebook notebook, Options options) {
    try (Progress progress = new Progress(options.progress(), options.live());
        Display.Redirection notes = Display.redirectProgressTo(progress::note);
        CellEvaluator evaluator = new CellEvaluator()) {
      return NotebookRunner.run(notebook, evaluator::evaluate, progress);
    }
  }

  private static String message(NotebookRun.Failure failure) {
    return Failures.where(failure.cell(), failure.error()) + ": " + Failures.what(failure.error());
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JVM has SHA-256", e);
    }
  }
}
