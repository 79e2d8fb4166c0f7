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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Greater-than: "The war lasted from the year 1732 to the year 17" is followed by two digits
 * greater than 32 (Hanna et al. 2023). The years' first two digits are 11 to 17; years that the
 * tokenizer does not cut into two pairs of digits are left out, as in the paper.
 *
 * <p>Spans: {@code event}, {@code YY} (the first year's last two digits), {@code XX} (the last two
 * digits of the prompt). The answers are all greater endings, the wrong ones all others. Corrupted:
 * {@code YY} becomes 01, or the least that the tokenizer has, so that every year is greater. An
 * event stays in one split.
 */
public final class GreaterThan extends TextTask {
  private static final String NAME = "greater-than";
  private static final Template TEMPLATE =
      new Template("The {event} lasted from the year {century}{YY} to the year {XX}");

  /** A year with the endings that the tokenizer has in its century. */
  private record Year(int century, int ending, List<Integer> endings) {}

  private final Groups<String> events;
  private final List<Year> years;

  /** The task on words. */
  public GreaterThan() {
    this(TextTokens.words());
  }

  /**
   * The task for a tokenizer.
   *
   * @throws IllegalArgumentException if it does not cut years into two pairs of digits
   */
  public GreaterThan(TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "Which two digits end a later year? Corrupted: the first year ends in 01, or the least there is.",
            "Hanna, Liu and Variengien 2023, How does GPT-2 compute greater-than?"),
        tokens);
    events = Groups.of(NAME, Words.events(), event -> event);
    years = years(tokens);
    List<String> split = years.isEmpty() ? List.of("1732", "1145", "1588") : List.of();
    new Fitting(NAME, tokens).need("years (as two pairs of digits)", years.size(), 679, 2, split);
  }

  @Override
  public GreaterThan with(TextTokens tokens) {
    return new GreaterThan(tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    String event = choices.one(events.in(split));
    Year year = choices.one(years);
    Map<String, String> values = new LinkedHashMap<>();
    values.put("event", event);
    values.put("century", "" + year.century);
    values.put("YY", digits(year.ending));
    values.put("XX", "" + year.century);
    var clean = TEMPLATE.fill(values);
    values.put("YY", digits(year.endings.get(0)));
    return new PromptPair(
        clean,
        TEMPLATE.fill(values),
        year.endings.stream().filter(e -> e > year.ending).map(GreaterThan::digits).toList(),
        year.endings.stream().filter(e -> e <= year.ending).map(GreaterThan::digits).toList(),
        event,
        split);
  }

  private static List<Year> years(TextTokens tokens) {
    List<Year> years = new ArrayList<>();
    for (int century = 11; century <= 17; century++) {
      String before = "from the year " + century;
      List<Integer> endings =
          IntStream.rangeClosed(1, 99)
              .filter(ending -> tokens.single(before, digits(ending)).isPresent())
              .boxed()
              .toList();
      for (int i = 1; i < endings.size() - 1; i++) {
        years.add(new Year(century, endings.get(i), endings));
      }
    }
    return years;
  }

  private static String digits(int ending) {
    return "%02d".formatted(ending);
  }
}
