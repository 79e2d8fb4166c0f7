package io.loupe.datasets.treebank;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Layout;
import io.loupe.datasets.corpus.Loader;
import io.loupe.datasets.file.DataFiles;
import io.loupe.datasets.file.Lines;
import io.loupe.datasets.task.Split;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The English Web Treebank of Universal Dependencies (Silveira et al. 2014), with its published
 * splits, which keep documents together; other treebanks in CoNLL-U are read as well.
 */
public final class Treebank {
  /** How it is read. */
  public static final Loader<Sentence> LOADER =
      new Loader<>(
          new DatasetInfo(
              "ud-english-ewt",
              "sentences",
              "Sentences of blogs, e-mails, newsgroups, reviews and answers with parts of speech and dependency trees.",
              "Silveira et al. 2014, A gold standard dependency corpus for English",
              "CC BY-SA 4.0",
              "https://github.com/UniversalDependencies/UD_English-EWT",
              "whole documents drawn by hash: about 1,200 sentences of train, 400 of dev, 400 of test"),
          new Layout<>(
              List.of("split", "id", "words", "text", "parts of speech"),
              s ->
                  List.of(
                      s.split().name(),
                      s.id(),
                      String.valueOf(s.size()),
                      s.text(),
                      String.join(" ", s.words().stream().map(Word::upos).toList())),
              s -> s.document().isEmpty() ? s.id() : s.document(),
              Sentence::split),
          Treebank::sentences);

  private Treebank() {}

  /** Returns the shipped sentences. */
  public static Dataset<Sentence> shipped() {
    return LOADER.shipped();
  }

  /**
   * Returns the sentences of all {@code *.conllu} of a folder; the split is in the file's name
   * ({@code -dev} is validation), and train where it is not.
   *
   * @throws IOException a {@code DatasetException} if a file is damaged or there is none
   */
  public static Dataset<Sentence> read(Path folder) throws IOException {
    return LOADER.read(folder);
  }

  /**
   * Reads a file as its sentences are asked for; close the stream to close the file. A broken line
   * ends it with an {@link UncheckedIOException} of a {@code DatasetException}.
   *
   * @throws IOException if there is no such file
   */
  public static Stream<Sentence> stream(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new DatasetException(file + ": there is no such file");
    }
    String name = String.valueOf(file.getFileName());
    ConlluReader reader =
        new ConlluReader(new Lines(file.toString(), Files.newInputStream(file)), splitOf(name));
    return Stream.generate(() -> step(reader))
        .takeWhile(Optional::isPresent)
        .map(Optional::orElseThrow)
        .onClose(() -> close(reader));
  }

  private static List<Sentence> sentences(DataFiles files) throws IOException {
    List<Sentence> sentences = new ArrayList<>();
    for (String path : files.inFirst(".conllu", "")) {
      try (ConlluReader reader = new ConlluReader(Lines.open(files, path), splitOf(path))) {
        for (Sentence next = reader.next(); next != null; next = reader.next()) {
          sentences.add(next);
        }
      }
    }
    return sentences;
  }

  private static Split splitOf(String file) {
    if (file.contains("-test")) {
      return Split.TEST;
    }
    return file.contains("-dev") ? Split.VALIDATION : Split.TRAIN;
  }

  private static Optional<Sentence> step(ConlluReader reader) {
    try {
      return Optional.ofNullable(reader.next());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void close(ConlluReader reader) {
    try {
      reader.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
