package io.loupe.datasets.facts;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Layout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * True and false statements, to find truth in activations (Marks and Tegmark 2024; Azaria and
 * Mitchell 2023), made of the facts of relations: a fact's first template, its object or another
 * one, and a full stop. "The capital of Canada is Ottawa." is true, "The capital of Canada is
 * Nairobi." is false.
 *
 * <ul>
 *   <li>Every relation has as many true as false ones.
 *   <li>All statements on one subject, in all relations, are true, or all are false, and all are in
 *       one split: nothing that was learnt of a subject's truth in one split helps in another.
 *   <li>A false object is one of the same relation, drawn as often as it occurs there, so that the
 *       object alone tells little. It is none that the relation lists for the subject; what it does
 *       not list may still be true.
 * </ul>
 *
 * <p>Nothing is mended: an article before the object may be the wrong one of a and an.
 */
public final class Statements {
  private static final int TRIES = 100;

  private Statements() {}

  /**
   * Returns statements from facts.
   *
   * @param facts of any relations; a relation whose facts have one object is left out
   * @param seed decides which subjects are true, and the false objects
   * @throws IllegalArgumentException if no relation has two objects
   */
  public static Dataset<Statement> of(Dataset<Fact> facts, long seed) {
    Random random = new Random(seed);
    Map<String, Boolean> truths = new HashMap<>();
    List<Statement> all = new ArrayList<>();
    byRelation(facts).values().forEach(group -> all.addAll(balanced(group, truths, random)));
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          "True and false statements need a relation with two objects and two subjects, got "
              + facts);
    }
    return new Dataset<>(
        info(facts.info()),
        "made with seed %d of %s".formatted(seed, facts.origin()),
        all,
        new Layout<>(
            List.of("truth", "statement", "relation", "fact's object"),
            s ->
                List.of(
                    String.valueOf(s.truth()),
                    s.text(),
                    s.fact().relation().name(),
                    s.fact().object()),
            statement -> statement.fact().subject()));
  }

  private static DatasetInfo info(DatasetInfo facts) {
    // the facts' name, under which their licence is shipped, also gives a subject the same split
    return new DatasetInfo(
        facts.name(),
        "statements",
        "True and false statements made of " + facts.name() + ".",
        facts.paper(),
        facts.licence(),
        facts.source(),
        facts.shipped());
  }

  private static Map<FactRelation, List<Fact>> byRelation(Dataset<Fact> facts) {
    Map<FactRelation, List<Fact>> groups = new LinkedHashMap<>();
    facts.forEach(
        fact -> groups.computeIfAbsent(fact.relation(), r -> new ArrayList<>()).add(fact));
    return groups;
  }

  private static List<Statement> balanced(
      List<Fact> facts, Map<String, Boolean> truths, Random random) {
    Map<String, List<Fact>> bySubject = new LinkedHashMap<>();
    facts.forEach(f -> bySubject.computeIfAbsent(key(f.subject()), s -> new ArrayList<>()).add(f));
    List<String> subjects = new ArrayList<>(bySubject.keySet());
    Collections.shuffle(subjects, random);
    // subjects whose truth an earlier relation decided come first, the others even it out
    List<String> ordered = new ArrayList<>(subjects.stream().filter(truths::containsKey).toList());
    subjects.stream().filter(subject -> !truths.containsKey(subject)).forEach(ordered::add);
    List<Statement> right = new ArrayList<>();
    List<Statement> wrong = new ArrayList<>();
    for (String subject : ordered) {
      List<Fact> known = bySubject.getOrDefault(subject, List.of());
      boolean truth = truths.getOrDefault(subject, right.size() <= wrong.size());
      Optional<Statement> statement =
          truth
              ? Optional.of(statement(known.get(0), known.get(0).object(), true))
              : falseOne(known, facts, random);
      statement.ifPresent(
          made -> {
            truths.put(subject, truth);
            (truth ? right : wrong).add(made);
          });
    }
    int each = Math.min(right.size(), wrong.size());
    // later ones are dropped; the kept are put into the order of the facts
    Set<Statement> kept = new HashSet<>(right.subList(0, each));
    kept.addAll(wrong.subList(0, each));
    Map<Fact, Statement> byFact = new HashMap<>();
    kept.forEach(statement -> byFact.put(statement.fact(), statement));
    return facts.stream().distinct().filter(byFact::containsKey).map(byFact::get).toList();
  }

  private static Optional<Statement> falseOne(List<Fact> known, List<Fact> facts, Random random) {
    Set<String> right = new HashSet<>();
    known.forEach(fact -> right.add(key(fact.object())));
    right.add(key(known.get(0).subject()));
    for (int i = 0; i < TRIES; i++) {
      String object = facts.get(random.nextInt(facts.size())).object();
      if (!right.contains(key(object))) {
        return Optional.of(statement(known.get(0), object, false));
      }
    }
    return facts.stream()
        .map(Fact::object)
        .filter(object -> !right.contains(key(object)))
        .findFirst()
        .map(object -> statement(known.get(0), object, false));
  }

  private static Statement statement(Fact fact, String object, boolean truth) {
    Prompt prompt = fact.prompt();
    String text = prompt.text() + " " + object + ".";
    int start = prompt.text().length() + 1;
    return new Statement(
        new Prompt(text, prompt.spans()).mark("object", start, start + object.length()),
        truth,
        fact,
        object);
  }

  private static String key(String text) {
    return text.strip().toLowerCase(Locale.ROOT);
  }
}
