package io.loupe.datasets.language;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.task.Groups;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TaskInfo;
import io.loupe.datasets.task.Template;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Indirect object identification: "Then, Mary and John went to the store. John gave a drink to" is
 * followed by the name that is not repeated (Wang et al. 2022, Interpretability in the Wild). 15
 * sentences of our own in the form of the paper's, each with the indirect object first (ABBA) and
 * second (BABA).
 *
 * <p>Spans: {@code IO}, {@code S1}, {@code S2}, {@code place}, {@code object}. The answer is the
 * indirect object, the wrong one the subject. A pair of names stays in one split, whatever its
 * order, so the names of a test prompt never stand together in training.
 */
public final class IndirectObject extends TextTask {
  /** What is changed. */
  public enum Corruption {
    /** The repeated name becomes the other one, so that the answers change places. */
    SWAPPED_SUBJECT,
    /** The repeated name becomes a third one, so that no name is repeated. */
    THIRD_NAME,
    /** All three names become others, each occurring once: the paper's p_ABC. */
    ABC
  }

  private static final String NAME = "ioi";
  private static final List<Template> TEMPLATES =
      Stream.of(
              "Then, {1} and {2} went to the {place}. {S2} gave a {object} to",
              "When {1} and {2} came home from the {place}, {S2} decided to give a {object} to",
              "After {1} and {2} had left the {place}, {S2} handed a {object} to",
              "Then, {1} and {2} had a long talk at the {place}. Later {S2} sent a {object} to",
              "While {1} and {2} were waiting at the {place}, {S2} passed a {object} to",
              "Last summer, {1} and {2} worked at the {place}. Once {S2} offered a {object} to",
              "The friends {1} and {2} met at the {place}, where {S2} showed a {object} to",
              "Yesterday, {1} and {2} had lunch near the {place}. Then {S2} brought a {object} to",
              "At the {place}, {1} and {2} found something nice. So {S2} gave the {object} to",
              "As {1} and {2} walked past the {place}, {S2} threw a {object} to",
              "Once, {1} and {2} lost their way to the {place}. {S2} promised a {object} to",
              "Because {1} and {2} were early at the {place}, {S2} lent a {object} to",
              "Today, {1} and {2} argued all day at the {place}. Then {S2} returned a {object} to",
              "Before {1} and {2} closed the {place}, {S2} sold a {object} to",
              "In the morning, {1} and {2} cleaned the {place}. Then {S2} carried a {object} to")
          .flatMap(
              text ->
                  Stream.of(
                      new Template(text.replace("{1}", "{IO}").replace("{2}", "{S1}")),
                      new Template(text.replace("{1}", "{S1}").replace("{2}", "{IO}"))))
          .toList();

  private final Corruption corruption;
  private final List<String> names;
  private final Groups<List<String>> pairs;
  private final List<String> places;
  private final List<String> objects;

  /** The task with the subject swapped, on words. */
  public IndirectObject() {
    this(Corruption.SWAPPED_SUBJECT, TextTokens.words());
  }

  /**
   * The task with this corruption for this tokenizer.
   *
   * @throws IllegalArgumentException if the tokenizer splits too many names
   */
  public IndirectObject(Corruption corruption, TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "Which name is not repeated? Corrupted: "
                + switch (corruption) {
                  case SWAPPED_SUBJECT -> "the other name is repeated.";
                  case THIRD_NAME -> "a third name stands in place of the repeated one.";
                  case ABC -> "three other names.";
                },
            "Wang et al. 2022, Interpretability in the Wild: a Circuit for Indirect Object"
                + " Identification in GPT-2 small"),
        tokens);
    this.corruption = corruption;
    Fitting fitting = new Fitting(NAME, tokens);
    List<String> all = Words.names().stream().map(Words.Name::text).toList();
    names = fitting.words("names", all, 5);
    List<String> kept = names;
    pairs = Groups.of(NAME, pairs(all), IndirectObject::key).keep(kept::containsAll);
    places = Words.nouns("place").stream().map(Words.Noun::singular).toList();
    objects = Words.withArticleA("thing");
  }

  @Override
  public IndirectObject with(TextTokens tokens) {
    return new IndirectObject(corruption, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    List<String> pair = choices.one(pairs.in(split));
    boolean swapped = choices.coin();
    String io = pair.get(swapped ? 1 : 0);
    String subject = pair.get(swapped ? 0 : 1);
    Template template = choices.one(TEMPLATES);
    String place = choices.one(places);
    String object = choices.one(objects);
    List<String> others = others(choices, pair);
    Prompt clean = fill(template, List.of(io, subject, subject), place, object);
    Prompt corrupted =
        fill(
            template,
            switch (corruption) {
              case SWAPPED_SUBJECT -> List.of(io, subject, io);
              case THIRD_NAME -> List.of(io, subject, others.get(0));
              case ABC -> others;
            },
            place,
            object);
    return new PromptPair(clean, corrupted, " " + io, " " + subject, key(pair), split);
  }

  /** Three more names, which differ from each other and from the pair's. */
  private List<String> others(Choices choices, List<String> pair) {
    List<String> chosen = new ArrayList<>();
    while (chosen.size() < 3) {
      String name = choices.anyOf(names);
      if (!pair.contains(name) && !chosen.contains(name)) {
        chosen.add(name);
      }
    }
    return chosen;
  }

  private static Prompt fill(Template template, List<String> ioS1S2, String place, String object) {
    return template.fill(
        Map.of(
            "IO",
            ioS1S2.get(0),
            "S1",
            ioS1S2.get(1),
            "S2",
            ioS1S2.get(2),
            "place",
            place,
            "object",
            object));
  }

  private static List<List<String>> pairs(List<String> names) {
    List<List<String>> pairs = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      for (int j = i + 1; j < names.size(); j++) {
        pairs.add(List.of(names.get(i), names.get(j)));
      }
    }
    return pairs;
  }

  private static String key(List<String> pair) {
    return pair.get(0) + "+" + pair.get(1);
  }
}
