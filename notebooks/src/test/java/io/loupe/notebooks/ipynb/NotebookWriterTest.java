package io.loupe.notebooks.ipynb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NotebookWriterTest {
  @Test
  void writesTheLayoutOfJupyterWithoutOutputs() {
    Notebook notebook =
        new Notebook(
            5,
            Map.of("kernelspec", Map.of("name", "loupe", "language", "java")),
            List.of(
                new Cell.Markdown("# Größe\n"),
                new Cell.Code("b", "var x = 1;\nx", Map.of()),
                new Cell.Code("")));

    assertThat(NotebookWriter.toJson(notebook))
        .isEqualTo(
            """
            {
             "cells": [
              {
               "cell_type": "markdown",
               "id": "cell-1",
               "metadata": {},
               "source": [
                "# Größe\\n"
               ]
              },
              {
               "cell_type": "code",
               "execution_count": null,
               "id": "b",
               "metadata": {},
               "outputs": [],
               "source": [
                "var x = 1;\\n",
                "x"
               ]
              },
              {
               "cell_type": "code",
               "execution_count": null,
               "id": "cell-3",
               "metadata": {},
               "outputs": [],
               "source": []
              }
             ],
             "metadata": {
              "kernelspec": {
               "language": "java",
               "name": "loupe"
              }
             },
             "nbformat": 4,
             "nbformat_minor": 5
            }
            """);
  }

  @Test
  void whatWasWrittenReadsAsTheSameNotebook(@TempDir Path folder) throws IOException {
    Notebook notebook =
        new Notebook(
            5,
            Map.of("authors", List.of(Map.of("name", "A"))),
            List.of(
                new Cell.Markdown(
                    "m", "a\n\nb", Map.of(), Map.of("i.png", Map.of("image/png", "AA=="))),
                new Cell.Code("c", "\"\\n\"", Map.of("collapsed", true)),
                new Cell.Raw("r", "raw", Map.of("format", "text/x"))));
    Path file = folder.resolve("n.ipynb");
    NotebookWriter.write(notebook, file);

    assertThat(NotebookReader.read(file)).isEqualTo(notebook);
  }

  @Test
  void olderFormatsHaveNoIds() {
    Notebook notebook = new Notebook(4, Map.of(), List.of(new Cell.Code("1")));
    assertThat(NotebookWriter.toJson(notebook)).doesNotContain("\"id\"");
  }

  /** The notebooks of the project lie in the folder of this module, where Maven runs the tests. */
  @Test
  void theNotebooksOfTheProjectHoldNoOutputs() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(""))) {
      assertThat(files.filter(file -> file.toString().endsWith(".ipynb")))
          .allSatisfy(
              file ->
                  assertThat(Files.readString(file, StandardCharsets.UTF_8))
                      .as("%s as NotebookWriter writes it", file)
                      .isEqualTo(written(file)));
    }
  }

  private static String written(Path file) {
    try {
      return NotebookWriter.toJson(NotebookReader.read(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
