package io.loupe.datasets.text;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Layout;
import io.loupe.datasets.corpus.Loader;
import io.loupe.datasets.file.DataFiles;
import io.loupe.datasets.file.Lines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Sentences and reviews of two classes (Pang and Lee 2004, 2005), down-cased, a space before each
 * punctuation mark. Grouped by text.
 */
public final class LabelledTexts {
  private static final String SOURCE = "https://www.cs.cornell.edu/people/pabo/movie-review-data";
  private static final Layout<LabelledText> LAYOUT =
      new Layout<>(
          List.of("label", "text", "id"),
          t -> List.of(t.label(), t.text(), t.id()),
          LabelledText::text);

  /** How the sentences with a polarity are read. */
  public static final Loader<LabelledText> POLARITY =
      new Loader<>(
          info(
              "sentence-polarity",
              "sentences",
              "Sentences of film reviews, positive or negative.",
              "Pang and Lee 2005, Seeing stars",
              "1,200 of each class"),
          LAYOUT,
          files -> {
            List<LabelledText> texts =
                sentences(files, "sentence_polarity", "rt-polarity.pos", "positive");
            texts.addAll(sentences(files, "sentence_polarity", "rt-polarity.neg", "negative"));
            return texts;
          });

  /** How the subjective and objective sentences are read. */
  public static final Loader<LabelledText> SUBJECTIVITY =
      new Loader<>(
          info(
              "subjectivity",
              "sentences",
              "Sentences of film reviews (subjective) and of plot summaries (objective).",
              "Pang and Lee 2004, A sentimental education",
              "800 of each class"),
          LAYOUT,
          files -> {
            List<LabelledText> texts =
                sentences(files, "subjectivity", "quote.tok.gt9.5000", "subjective");
            texts.addAll(sentences(files, "subjectivity", "plot.tok.gt9.5000", "objective"));
            return texts;
          });

  /** How the film reviews are read. */
  public static final Loader<LabelledText> REVIEWS =
      new Loader<>(
          info(
              "movie-reviews",
              "reviews",
              "Film reviews, positive or negative, one sentence a line.",
              "Pang and Lee 2004, A sentimental education",
              "60 of each class"),
          LAYOUT,
          files -> {
            List<LabelledText> texts = reviews(files, "pos", "positive");
            texts.addAll(reviews(files, "neg", "negative"));
            return texts;
          });

  private LabelledTexts() {}

  /** Returns the shipped sentences with a polarity. */
  public static Dataset<LabelledText> polarity() {
    return POLARITY.shipped();
  }

  /** Returns the shipped subjective and objective sentences. */
  public static Dataset<LabelledText> subjectivity() {
    return SUBJECTIVITY.shipped();
  }

  /** Returns the shipped film reviews. */
  public static Dataset<LabelledText> reviews() {
    return REVIEWS.shipped();
  }

  /** Returns the sentences of NLTK's {@code sentence_polarity.zip}, or of where it was unpacked. */
  public static Dataset<LabelledText> readPolarity(Path place) throws IOException {
    return POLARITY.read(place);
  }

  /** Returns the sentences of NLTK's {@code subjectivity.zip}, or of where it was unpacked. */
  public static Dataset<LabelledText> readSubjectivity(Path place) throws IOException {
    return SUBJECTIVITY.read(place);
  }

  /** Returns the reviews of NLTK's {@code movie_reviews.zip}, or of where it was unpacked. */
  public static Dataset<LabelledText> readReviews(Path place) throws IOException {
    return REVIEWS.read(place);
  }

  private static DatasetInfo info(
      String name, String items, String description, String paper, String shipped) {
    return new DatasetInfo(name, items, description, paper, "CC BY 4.0", SOURCE, shipped);
  }

  private static List<LabelledText> sentences(
      DataFiles files, String folder, String file, String label) throws IOException {
    List<LabelledText> texts = new ArrayList<>();
    try (Lines lines = Lines.open(files, files.first(folder + "/" + file, file))) {
      for (String line = lines.next(); line != null; line = lines.next()) {
        if (line.isBlank()) {
          throw lines.broken("a sentence", "an empty line");
        }
        texts.add(new LabelledText(line.strip(), label, file + ":" + lines.line()));
      }
    }
    return texts;
  }

  private static List<LabelledText> reviews(DataFiles files, String folder, String label)
      throws IOException {
    List<LabelledText> texts = new ArrayList<>();
    for (String path : files.inFirst(".txt", "movie_reviews/" + folder, folder)) {
      List<String> lines = Lines.all(files, path).stream().map(String::strip).toList();
      String text = String.join("\n", lines).strip();
      if (text.isEmpty()) {
        throw new DatasetException(files.nameOf(path) + ": expected a review, got an empty file");
      }
      texts.add(new LabelledText(text, label, path.substring(path.indexOf(folder + "/"))));
    }
    return texts;
  }
}
