package io.loupe.workbench.evaluation;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Numbers;
import io.loupe.workbench.display.Table;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model can do.
 *
 * @param model its name
 * @param weightsSha256 of the files its weights were read from
 * @param seed of the prompts
 * @param scores one for each ability
 * @param repeated the loss on repeated random tokens; null if it was not measured
 * @param leftOut abilities that the model's tokenizer or context does not allow, with the reason
 */
public record EvaluationReport(
    String model,
    String weightsSha256,
    long seed,
    List<AbilityScore> scores,
    @Nullable RepeatedLoss repeated,
    Map<String, String> leftOut)
    implements Displayable {
  public EvaluationReport {
    scores = List.copyOf(scores);
    leftOut = Collections.unmodifiableMap(new LinkedHashMap<>(leftOut));
  }

  /**
   * Returns the score of an ability.
   *
   * @throws IllegalArgumentException if it was not measured; it says why, or names the measured
   */
  public AbilityScore score(String ability) {
    return scores.stream()
        .filter(score -> score.ability().equals(ability))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    leftOut.containsKey(ability)
                        ? "Ability '%s' was left out: %s".formatted(ability, leftOut.get(ability))
                        : "No ability '%s'; measured are %s"
                            .formatted(
                                ability, scores.stream().map(AbilityScore::ability).toList())));
  }

  /** Returns a row for each ability, with 95 % bootstrap intervals over prompts. */
  public Table table() {
    Table table =
        Table.of(
            "ability", "prompts", "accuracy", "95 %", "first of all", "logit difference", "95 % ");
    for (AbilityScore score : scores) {
      table =
          table.row(
              score.ability(),
              score.results().size(),
              percent(score.accuracy()),
              percent(score.accuracyInterval().low())
                  + " to "
                  + percent(score.accuracyInterval().high()),
              percent(score.top1()),
              Numbers.fixed(score.difference(), 2),
              score.differenceInterval().toString());
    }
    for (Map.Entry<String, String> left : leftOut.entrySet()) {
      table = table.row(left.getKey(), 0, null, null, null, null, "left out: " + left.getValue());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.html(table().toHtml() + "<p>" + repeatedText() + "</p>")
        .and(MimeBundle.text(toString()));
  }

  /** Returns the table and what repeated random tokens cost, as text. */
  @Override
  public String toString() {
    return "%s (weights %s, seed %d)%n%s%s%n"
        .formatted(
            model,
            weightsSha256.substring(0, Math.min(12, weightsSha256.length())),
            seed,
            table(),
            repeatedText());
  }

  private String repeatedText() {
    RepeatedLoss loss = repeated;
    return loss == null
        ? "Repeated random tokens: not measured."
        : "Repeated random tokens, %d sequences of %d and the same %d: first half %s nats a token, second half %s, %s cheaper %s."
            .formatted(
                loss.first().size(),
                loss.half(),
                loss.half(),
                mean(loss.first()),
                mean(loss.second()),
                Numbers.fixed(loss.gain(), 2),
                loss.gainInterval());
  }

  private static String mean(List<Double> values) {
    return Numbers.fixed(values.stream().mapToDouble(v -> v).average().orElseThrow(), 3);
  }

  private static String percent(double share) {
    return Numbers.fixed(100 * share, 1) + " %";
  }
}
