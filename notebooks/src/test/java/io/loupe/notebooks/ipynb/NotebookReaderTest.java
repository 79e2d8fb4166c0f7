package io.loupe.notebooks.ipynb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotebookReaderTest {
  private static final Path FILE = Path.of("some", "first.ipynb");

  @Test
  void readsTheThreeKindsOfCells() throws IOException {
    Notebook notebook =
        read(
            """
            {"nbformat": 4, "nbformat_minor": 5,
             "metadata": {"kernelspec": {"name": "loupe", "language": "Java"}},
             "cells": [
               {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# One\\n", "two"],
                "attachments": {"a.png": {"image/png": "AAAA"}}},
               {"cell_type": "code", "id": "c", "metadata": {"tags": ["x"]}, "source": "1 + 1\\r\\n",
                "execution_count": 3, "outputs": [{"output_type": "stream", "text": "old"}]},
               {"cell_type": "raw", "source": []}]}""");

    assertThat(notebook.minor()).isEqualTo(5);
    assertThat(notebook.language()).contains("java");
    assertThat(notebook.cells())
        .containsExactly(
            new Cell.Markdown(
                "m", "# One\ntwo", Map.of(), Map.of("a.png", Map.of("image/png", "AAAA"))),
            new Cell.Code("c", "1 + 1\n", Map.of("tags", List.of("x"))),
            new Cell.Raw("", "", Map.of()));
  }

  @Test
  void findsTheLanguageInEitherPlace() throws IOException {
    assertThat(withMetadata("{\"language_info\": {\"name\": \"python\"}}").language())
        .contains("python");
    assertThat(withMetadata("{}").language()).isEmpty();
    assertThat(withMetadata("{\"kernelspec\": 3}").language()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "<html>                                        | not JSON at line 1, column 1",
        "{\"nbformat\": 4, \"cells\": [               | not JSON at line 1",
        "{\"nbformat\": 4, \"nbformat\": 4}            | not JSON at line 1",
        "` `                                           | the file is empty",
        "[1]                                           | expected a JSON object, got a list",
        "{}                                            | expected a number 'nbformat', got nothing",
        "{\"nbformat\": 3, \"worksheets\": []}         | it has nbformat 3; convert it with",
        "{\"nbformat\": 4}                             | expected a list 'cells', got nothing",
        "{\"nbformat\": 4, \"cells\": {}}              | expected a list 'cells', got an object",
        "{\"nbformat\": 4, \"cells\": [7]}             | cell 1: expected an object, got the number 7",
        "{\"nbformat\": 4, \"cells\": [{}]}            | cell 1: expected a text 'cell_type', got nothing",
        "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\"}]} | cell 1: expected 'source', a text or a list of texts, got nothing",
        "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"sql\", \"source\": \"\"}]} | cell 1: expected cell_type code, markdown or raw, got 'sql'",
        "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": [null]}]} | cell 1: expected only texts in 'source', got null",
        "{\"nbformat\": 4, \"cells\": [], \"metadata\": true} | expected an object 'metadata', got true",
        "{\"nbformat\": 4, \"cells\": [], \"nbformat_minor\": \"x\"} | expected a number 'nbformat_minor'",
      })
  void saysWhichFileIsBrokenAndHow(String json, String problem) {
    assertThatExceptionOfType(NotebookFormatException.class)
        .isThrownBy(() -> read(json))
        .withMessageStartingWith(FILE + " is not a notebook of nbformat 4: " + problem);
  }

  @Test
  void aMissingFileIsTheSystemsError(@org.junit.jupiter.api.io.TempDir Path folder) {
    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> NotebookReader.read(folder.resolve("no.ipynb")));
  }

  private static Notebook withMetadata(String metadata) throws IOException {
    return read("{\"nbformat\": 4, \"cells\": [], \"metadata\": " + metadata + "}");
  }

  private static Notebook read(String json) throws IOException {
    return NotebookReader.read(FILE, json.getBytes(StandardCharsets.UTF_8));
  }
}
