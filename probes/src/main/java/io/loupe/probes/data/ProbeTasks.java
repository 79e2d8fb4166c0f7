package io.loupe.probes.data;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.facts.Artwork;
import io.loupe.datasets.facts.Place;
import io.loupe.datasets.facts.Statement;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.text.LabelledText;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.datasets.treebank.Word;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The usual questions to a model's activations, made of the shipped datasets or of a user's own in
 * their types. Texts longer than the model's context are left out.
 */
public final class ProbeTasks {
  private ProbeTasks() {}

  /**
   * Which part of speech each word of a treebank has (UPOS). Grouped by document; splits are the
   * publishers'; a word's type is its form, down-cased.
   */
  public static ProbeData partsOfSpeech(HookedTransformer model, Dataset<Sentence> treebank) {
    return words(model, treebank, "parts of speech", Word::upos);
  }

  /** What a label says of each word of a treebank; see {@link #partsOfSpeech}. */
  public static ProbeData words(
      HookedTransformer model,
      Dataset<Sentence> treebank,
      String name,
      Function<Word, String> label) {
    List<Sentence> sentences = fitting(model, treebank.items(), Sentence::text);
    List<Prompt> prompts = sentences.stream().map(Sentence::prompt).toList();
    List<String> labels = new ArrayList<>();
    List<String> groups = new ArrayList<>();
    List<String> types = new ArrayList<>();
    List<Split> splits = new ArrayList<>();
    for (Sentence sentence : sentences) {
      for (Word word : sentence.words()) {
        labels.add(label.apply(word));
        groups.add(treebank.groupOf(sentence));
        types.add(word.form().toLowerCase(Locale.ROOT));
        splits.add(treebank.splitOf(sentence));
      }
    }
    ProbeData data =
        ProbeData.words(name, model, prompts, Labels.classes(labels)).groups(groups).types(types);
    return new HashSet<>(splits).size() == Split.values().length ? data.splits(splits) : data;
  }

  /**
   * Whether statements are true (Marks and Tegmark 2024). Grouped by subject, so that nothing that
   * was learnt of a subject helps in another split; a statement's type is the object it names.
   */
  public static ProbeData truth(HookedTransformer model, Dataset<Statement> statements) {
    List<Statement> own = fitting(model, statements.items(), Statement::text);
    return ProbeData.prompts(
            "truth",
            model,
            own.stream().map(Statement::prompt).toList(),
            Labels.truth(own.stream().map(Statement::truth).toList()))
        .groups(own.stream().map(statement -> statement.fact().subject()).toList())
        .types(own.stream().map(Statement::object).toList());
  }

  /** Whether sentences are positive or negative. Each is a group of its own. */
  public static ProbeData polarity(HookedTransformer model, Dataset<LabelledText> texts) {
    List<LabelledText> own = fitting(model, texts.items(), LabelledText::text);
    return ProbeData.prompts(
        texts.name(),
        model,
        own.stream().map(text -> Prompt.of(text.text())).toList(),
        Labels.classes(own.stream().map(LabelledText::label).toList()));
  }

  /**
   * Where places are, in degrees (Gurnee and Tegmark 2024). Grouped by name; a place's type is its
   * region.
   */
  public static ProbeData space(HookedTransformer model, Dataset<Place> places) {
    List<Place> own = fitting(model, places.items(), Place::name);
    double[][] degrees =
        own.stream()
            .map(place -> new double[] {place.latitude(), place.longitude()})
            .toArray(double[][]::new);
    return ProbeData.prompts(
            places.name(),
            model,
            own.stream().map(Place::prompt).toList(),
            new Labels.Numbers(List.of("latitude", "longitude"), degrees))
        .groups(own.stream().map(Place::name).toList())
        .types(own.stream().map(Place::region).toList());
  }

  /** When works of art came out, in years (Gurnee and Tegmark 2024). Grouped by creator. */
  public static ProbeData time(HookedTransformer model, Dataset<Artwork> works) {
    List<Artwork> own = fitting(model, works.items(), Artwork::title);
    return ProbeData.prompts(
            works.name(),
            model,
            own.stream().map(Artwork::prompt).toList(),
            Labels.numbers("year", own.stream().mapToDouble(Artwork::year).toArray()))
        .groups(own.stream().map(Artwork::creator).toList())
        .types(own.stream().map(Artwork::creator).toList());
  }

  /**
   * Which token stands so many positions before each token: 0 asks for the token itself. Only the
   * most frequent ones are asked for; examples with another are left out. Grouped by row.
   *
   * @param back 0 or more
   * @param classes how many tokens, at least 2
   */
  public static ProbeData tokenIdentity(Tokens tokens, int back, int classes) {
    if (back < 0 || classes < 2) {
      throw new IllegalArgumentException(
          "Expected back >= 0 and at least 2 classes, got %d and %d".formatted(back, classes));
    }
    Map<Long, Integer> counts = new HashMap<>();
    for (int row = 0; row < tokens.batch(); row++) {
      long[] ids = tokens.row(row);
      for (int i = back; i < ids.length; i++) {
        counts.merge(ids[i - back], 1, Integer::sum);
      }
    }
    Set<Long> asked =
        new HashSet<>(
            counts.keySet().stream()
                .sorted(
                    Comparator.<Long>comparingInt(id -> -counts.getOrDefault(id, 0))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(classes)
                .toList());
    List<Example> examples = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (int row = 0; row < tokens.batch(); row++) {
      long[] ids = tokens.row(row);
      for (int i = back; i < ids.length; i++) {
        if (asked.contains(ids[i - back])) {
          examples.add(new Example(row, i, i + 1, "row " + row, String.valueOf(ids[i])));
          labels.add(String.valueOf(ids[i - back]));
        }
      }
    }
    String name = back == 0 ? "token identity" : "token %d back".formatted(back);
    return ProbeData.of(name, tokens, examples, Labels.classes(labels), List.of());
  }

  private static <T> List<T> fitting(
      HookedTransformer model, List<T> items, Function<T, String> text) {
    List<T> fitting =
        items.stream()
            .filter(
                item ->
                    model.tokenizer().encodeWithOffsets(text.apply(item)).size()
                        <= model.config().longestInput())
            .toList();
    if (fitting.isEmpty()) {
      throw new IllegalArgumentException(
          "None of %d texts fits the context of %s, %d tokens"
              .formatted(items.size(), model.name(), model.config().context()));
    }
    return fitting;
  }
}
