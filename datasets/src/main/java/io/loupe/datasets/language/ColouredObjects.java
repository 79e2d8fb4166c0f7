package io.loupe.datasets.language;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Coloured objects: three objects with a colour each, and the question which colour one of them has
 * (BIG-bench's Reasoning about Colored Objects in the form of Merullo et al. 2024, Circuit
 * Component Reuse Across Tasks).
 *
 * <p>Spans: {@code colour1} to {@code colour3}, {@code object1} to {@code object3}, {@code asked}.
 * The answer is the asked object's colour. Corrupted: another of the three is asked for; its colour
 * is the wrong answer, and that of the third follows. The asked object stays in one split.
 */
public final class ColouredObjects extends TextTask {
  private static final String NAME = "coloured-objects";
  private static final List<Template> TEMPLATES =
      Template.all(
          "Q: On the table there is a {colour1} {object1}, a {colour2} {object2} and a {colour3}"
              + " {object3}. What color is the {asked}?\nA: The color is",
          "Q: I see a {colour1} {object1}, a {colour2} {object2} and a {colour3} {object3}."
              + " Which color does the {asked} have?\nA: It is",
          "In the box were a {colour1} {object1}, a {colour2} {object2} and a {colour3}"
              + " {object3}. The color of the {asked} was");

  private final List<String> colours;
  private final List<String> objects;
  private final Groups<String> asked;

  /** The task on words. */
  public ColouredObjects() {
    this(TextTokens.words());
  }

  /**
   * The task for a tokenizer.
   *
   * @throws IllegalArgumentException if it splits too many colours or objects
   */
  public ColouredObjects(TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "Which colour has the object? Corrupted: another of the three objects is asked for.",
            "Merullo, Eickhoff and Pavlick 2024, Circuit Component Reuse Across Tasks in"
                + " Transformer Language Models"),
        tokens);
    Fitting fitting = new Fitting(NAME, tokens);
    List<String> all = Words.withArticleA("thing");
    colours = fitting.words("colours", Words.colours(), 3);
    objects = fitting.words("objects", all, 3);
    List<String> kept = objects;
    asked = Groups.of(NAME, all, object -> object).keep(kept::contains);
  }

  @Override
  public ColouredObjects with(TextTokens tokens) {
    return new ColouredObjects(tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    String wanted = choices.one(asked.in(split));
    List<String> things =
        new ArrayList<>(
            choices.distinct(objects.stream().filter(o -> !o.equals(wanted)).toList(), 2));
    int place = choices.below(3);
    things.add(place, wanted);
    List<String> paints = choices.distinct(colours, 3);
    Template template = choices.one(TEMPLATES);
    int other = (place + 1 + choices.free().nextInt(2)) % 3;
    Map<String, String> values = new HashMap<>(Map.of("asked", wanted));
    for (int i = 0; i < 3; i++) {
      values.put("colour" + (i + 1), paints.get(i));
      values.put("object" + (i + 1), things.get(i));
    }
    var clean = template.fill(values);
    values.put("asked", things.get(other));
    return new PromptPair(
        clean,
        template.fill(values),
        List.of(" " + paints.get(place)),
        List.of(" " + paints.get(other), " " + paints.get(3 - place - other)),
        wanted,
        split);
  }
}
