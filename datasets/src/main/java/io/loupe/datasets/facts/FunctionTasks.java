package io.loupe.datasets.facts;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Layout;
import io.loupe.datasets.corpus.Loader;
import io.loupe.datasets.file.DataFiles;
import io.loupe.datasets.file.JsonItem;
import io.loupe.datasets.task.PromptText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The small functions that function vectors were found with (Todd et al. 2024), as inputs and
 * outputs for in-context learning. Grouped by input.
 *
 * <p>Not shipped, since what they were made of may not be passed on or does not say: the
 * translations (MUSE, non-commercial), {@code conll2003_*} (Reuters news), {@code ag_news}
 * (non-commercial), {@code sentiment} (SST-2), {@code antonym} and {@code synonym} (no licence
 * given). {@link #read} takes them from a copy of the repository.
 */
public final class FunctionTasks {
  private static final String[] KINDS = {"abstractive", "extractive"};

  /** How it is read. */
  public static final Loader<FunctionExample> LOADER =
      new Loader<>(
          new DatasetInfo(
              "function-tasks",
              "examples",
              "Inputs and outputs of small functions of words: capitals, tenses, letters, choosing from a list.",
              "Todd et al. 2024, Function vectors in large language models",
              "MIT",
              "https://github.com/ericwtodd/function_vectors",
              "up to 200 of each of 46 functions, without those made of data that may not be passed on"),
          new Layout<>(
              List.of("kind", "task", "input", "output"),
              e -> List.of(e.kind(), e.task(), e.input(), e.output()),
              FunctionExample::input),
          FunctionTasks::examples);

  private FunctionTasks() {}

  /** Returns the shipped sample. */
  public static Dataset<FunctionExample> shipped() {
    return LOADER.shipped();
  }

  /**
   * Returns the examples of a folder in the repository's layout: {@code abstractive/*.json} and
   * {@code extractive/*.json}, there or in {@code dataset_files/}.
   *
   * @throws IOException a {@code DatasetException} if a file is missing or damaged
   */
  public static Dataset<FunctionExample> read(Path folder) throws IOException {
    return LOADER.read(folder);
  }

  /** Returns the names of these examples' functions, in their order. */
  public static List<String> tasks(Dataset<FunctionExample> examples) {
    return examples.stream().map(FunctionExample::task).distinct().toList();
  }

  /**
   * Returns the examples of one function.
   *
   * @throws IllegalArgumentException if there is none of that name; it lists the names
   */
  public static Dataset<FunctionExample> of(Dataset<FunctionExample> examples, String task) {
    Dataset<FunctionExample> found = examples.where(example -> example.task().equals(task));
    if (found.size() == 0) {
      throw new IllegalArgumentException(
          "No function '%s'; there are %s".formatted(task, tasks(examples)));
    }
    return found;
  }

  /**
   * Returns a prompt that shows some examples and asks for one more, as in the paper: {@code "Q:
   * big\nA: small\n\nQ: hot\nA:"}. Its spans are {@code input 1}, {@code output 1}, ..., {@code
   * query}.
   */
  public static Prompt prompt(List<FunctionExample> shown, FunctionExample query) {
    PromptText text = new PromptText();
    for (int i = 0; i < shown.size(); i++) {
      text.add("Q: ").add("input " + (i + 1), shown.get(i).input()).add("\nA: ");
      text.add("output " + (i + 1), shown.get(i).output()).add("\n\n");
    }
    return text.add("Q: ").add("query", query.input()).add("\nA:").prompt();
  }

  private static List<FunctionExample> examples(DataFiles files) throws IOException {
    List<FunctionExample> examples = new ArrayList<>();
    String top = files.in("dataset_files/abstractive", ".json").isEmpty() ? "" : "dataset_files/";
    for (String kind : KINDS) {
      for (String path : files.in(top + kind, ".json")) {
        String task = path.substring(path.lastIndexOf('/') + 1, path.length() - ".json".length());
        for (JsonItem item : JsonItem.read(files, path).items()) {
          examples.add(new FunctionExample(task, kind, item.text("input"), item.text("output")));
        }
      }
    }
    if (examples.isEmpty()) {
      files.inFirst(
          ".json", "abstractive", "dataset_files/abstractive"); // says what was looked for
    }
    return examples;
  }
}
