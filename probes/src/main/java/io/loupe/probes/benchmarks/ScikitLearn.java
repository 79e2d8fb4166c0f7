package io.loupe.probes.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** scikit-learn in a process of its own that fits what it is told to. */
final class ScikitLearn implements AutoCloseable {
  private static final String SCRIPT = "sklearn_probes.py";

  private final Process process;
  private final PrintStream commands;
  private final BufferedReader answers;
  private final String version;

  /**
   * One fit.
   *
   * @param seconds for standardising, fitting and scoring
   * @param accuracy on the test rows
   * @param loss mean cross-entropy and penalty on the training rows
   */
  record Fit(double seconds, double accuracy, double loss) {}

  private ScikitLearn(Process process) throws IOException {
    this.process = process;
    this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.version = line();
  }

  /**
   * Starts Python: Debian's if it is there, else the first {@code python3}.
   *
   * @param scratch a folder for the script
   * @throws IOException if there is no Python with scikit-learn
   */
  static ScikitLearn start(Path scratch) throws IOException {
    Path script = scratch.resolve(SCRIPT);
    try (InputStream own = ScikitLearn.class.getResourceAsStream(SCRIPT)) {
      if (own == null) {
        throw new IOException(SCRIPT + " is not among the classes' resources");
      }
      Files.copy(own, script);
    }
    Path debian = Path.of("/usr/bin/python3");
    String python = Files.isExecutable(debian) ? debian.toString() : "python3";
    Process process =
        new ProcessBuilder(python, script.toString())
            .redirectError(scratch.resolve("python-errors").toFile())
            .start();
    try {
      return new ScikitLearn(process);
    } catch (IOException e) {
      process.destroyForcibly();
      throw new IOException(
          "bench probes compares with scikit-learn, which %s did not start (Debian: python3-sklearn): %s"
              .formatted(python, Files.readString(scratch.resolve("python-errors")).strip()),
          e);
    }
  }

  String version() {
    return version;
  }

  /**
   * Fits a logistic regression on the first rows and scores it on the others.
   *
   * @param features file of float32, row by row
   * @param labels file of int32
   * @param c scikit-learn's C
   */
  Fit fit(Path features, Path labels, int columns, int train, double c) throws IOException {
    commands.println(
        String.join(
            "\t", features.toString(), labels.toString(), "" + columns, "" + train, "" + c));
    double[] answer = Arrays.stream(line().split(" ")).mapToDouble(Double::parseDouble).toArray();
    return new Fit(answer[0], answer[1], answer[2]);
  }

  private String line() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("scikit-learn's process ended");
    }
    return line;
  }

  @Override
  public void close() {
    commands.close();
    process.destroy();
  }
}
