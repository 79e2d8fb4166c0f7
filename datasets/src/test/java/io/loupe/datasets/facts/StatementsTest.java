package io.loupe.datasets.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.task.Split;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class StatementsTest {
  private final Dataset<Fact> facts = Relations.shipped();
  private final Dataset<Statement> statements = Statements.of(facts, 0);

  @Test
  void balancedInEveryRelation() {
    Map<FactRelation, Integer> surplus = new HashMap<>();
    statements.forEach(s -> surplus.merge(s.fact().relation(), s.truth() ? 1 : -1, Integer::sum));
    assertThat(surplus).hasSizeGreaterThan(45);
    assertThat(surplus.values()).containsOnly(0);
    assertThat(statements.size()).isGreaterThan(10_000);
  }

  @Test
  void noSubjectHasBothAndNoSentenceIsThereTwice() {
    Map<String, Set<Boolean>> truths =
        statements.stream()
            .collect(
                Collectors.groupingBy(
                    s -> s.fact().subject().toLowerCase(Locale.ROOT),
                    Collectors.mapping(Statement::truth, Collectors.toSet())));
    assertThat(truths.values()).allMatch(of -> of.size() == 1);
    assertThat(statements.stream().map(Statement::text)).doesNotHaveDuplicates();
    assertThat(statements.stream().map(s -> s.fact().relation().name() + "/" + s.fact().subject()))
        .doesNotHaveDuplicates();
  }

  @Test
  void trueOnesAreFactsAndFalseOnesAreNone() {
    Set<String> known = new HashSet<>();
    Set<String> objects = new HashSet<>();
    for (Fact fact : facts) {
      known.add(key(fact, fact.object()));
      objects.add(fact.relation().name() + "/" + fact.object());
    }
    for (Statement s : statements) {
      assertThat(known.contains(key(s.fact(), s.object()))).as(s.text()).isEqualTo(s.truth());
      assertThat(objects).contains(s.fact().relation().name() + "/" + s.object());
      assertThat(s.prompt().textOf("subject")).isEqualTo(s.fact().subject());
      assertThat(s.prompt().textOf("object")).isEqualTo(s.object());
      assertThat(s.text()).endsWith(" " + s.object() + ".");
    }
  }

  @Test
  void seedDecides() {
    assertThat(Statements.of(facts, 0).items()).isEqualTo(statements.items());
    assertThat(Statements.of(facts, 1).items()).isNotEqualTo(statements.items());
  }

  @Test
  void splitsAreThoseOfTheFacts() {
    for (Statement statement : statements.in(Split.TEST)) {
      assertThat(facts.splitOf(statement.fact())).isEqualTo(Split.TEST);
    }
    assertThat(statements.licence()).isEqualTo("MIT");
  }

  @Test
  void oneObjectIsRefused() {
    Dataset<Fact> one =
        Relations.of(facts, "country capital city").where(f -> f.object().equals("Ottawa"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Statements.of(one, 0))
        .withMessageContaining("two objects");
  }

  private static String key(Fact fact, String object) {
    return (fact.relation().name() + "/" + fact.subject() + "/" + object).toLowerCase(Locale.ROOT);
  }
}
