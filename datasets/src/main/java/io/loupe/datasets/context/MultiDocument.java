package io.loupe.datasets.context;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.task.Groups;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.PromptText;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TaskInfo;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.util.ArrayList;
import java.util.List;

/**
 * Questions about one of several documents, with the gold document at a chosen place (Liu et al.
 * 2024, Lost in the Middle: How Language Models Use Long Contexts).
 *
 * <p>Spans: {@code document1} and so on, in each {@code name}, {@code job} and {@code city} with
 * the same number; {@code gold} the document with the answer, {@code evidence} the city in it;
 * {@code question}, {@code asked}. The answer is the city. Corrupted: the city of the gold document
 * is one of no document. The asked person stays in one split.
 */
public final class MultiDocument extends TextTask {
  /** What the other documents are about. */
  public enum Distractors {
    /** Other people in other cities, told in the same words. */
    RELATED,
    /** The same, and all with the job of the person who is asked for. */
    SAME_JOB,
    /** Neither people nor cities. */
    UNRELATED
  }

  private static final String NAME = "multi-document";

  private final int documents;
  private final int gold;
  private final Distractors distractors;
  private final Groups<String> people;
  private final List<String> names;
  private final List<String> cities;
  private final List<String> jobs;
  private final Filler filler;

  /** Five related documents, of which the third is the gold one, on words. */
  public MultiDocument() {
    this(5, 3, Distractors.RELATED, TextTokens.words());
  }

  /**
   * The task of this size for a tokenizer.
   *
   * @param documents how many there are, 1 to 30
   * @param gold which of them holds the answer, 1 to {@code documents}
   * @throws IllegalArgumentException if the tokenizer splits too many names or cities
   */
  public MultiDocument(int documents, int gold, Distractors distractors, TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "In which city does the person live? Corrupted: the city in the gold document.",
            "Liu et al. 2024, Lost in the Middle: How Language Models Use Long Contexts"),
        tokens);
    if (documents < 1 || documents > 30 || gold < 1 || gold > documents) {
      throw new IllegalArgumentException(
          "Expected 1 to 30 documents and one of them as gold, got %d and %d"
              .formatted(documents, gold));
    }
    this.documents = documents;
    this.gold = gold;
    this.distractors = distractors;
    Fitting fitting = new Fitting(NAME, tokens);
    List<String> all = Words.names().stream().map(Words.Name::text).toList();
    names = fitting.words("names", all, documents);
    List<String> kept = names;
    people = Groups.of(NAME, all, name -> name).keep(kept::contains);
    List<String> capitals = Words.countries().stream().map(Words.Country::capital).toList();
    cities = fitting.words("cities", capitals, documents + 1);
    jobs = Words.jobs().stream().map(Words.WordPair::object).filter(this::takesA).toList();
    filler = new Filler(NAME, tokens);
  }

  @Override
  public MultiDocument with(TextTokens tokens) {
    return new MultiDocument(documents, gold, distractors, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    String person = choices.one(people.in(split));
    List<String> towns = new ArrayList<>(choices.distinct(cities, documents));
    List<String> work = new ArrayList<>();
    List<String> who = new ArrayList<>();
    List<String> rest = names.stream().filter(name -> !name.equals(person)).toList();
    if (distractors == Distractors.UNRELATED) {
      work.add(choices.one(jobs));
      who.add(person);
      towns.subList(1, documents).clear();
    } else {
      who.addAll(choices.distinct(rest, documents - 1));
      who.add(gold - 1, person);
      String job = choices.one(jobs);
      for (int i = 0; i < documents; i++) {
        boolean same = i == gold - 1 || distractors == Distractors.SAME_JOB;
        work.add(same ? job : choices.one(jobs));
      }
    }
    int at = who.indexOf(person);
    String city = towns.get(at);
    String wrong = choices.anyOf(cities.stream().filter(c -> !towns.contains(c)).toList());
    List<String> fill = filler.sentences(40 * documents, choices.free());
    Prompt clean = text(person, who, work, towns, fill);
    towns.set(at, wrong);
    return new PromptPair(
        clean, text(person, who, work, towns, fill), " " + city, " " + wrong, person, split);
  }

  private Prompt text(
      String person, List<String> who, List<String> work, List<String> towns, List<String> fill) {
    PromptText text = new PromptText().add("Answer from the documents.\n");
    for (int i = 0; i < documents; i++) {
      boolean isGold = i == gold - 1;
      int start = text.length();
      text.add("Document %d:".formatted(i + 1));
      if (distractors == Distractors.UNRELATED && !isGold) {
        text.add(fill.get((2 * i) % fill.size())).add(fill.get((2 * i + 1) % fill.size()));
      } else {
        int row = who.size() == 1 ? 0 : i;
        text.add(" A ").add("job" + (i + 1), work.get(row)).add(" named ");
        text.add("name" + (i + 1), who.get(row)).add(" lives in ");
        int city = text.length();
        text.add("city" + (i + 1), towns.get(row));
        if (isGold) {
          text.mark("evidence", city);
        }
        text.add(" and likes it there.");
      }
      text.mark("document" + (i + 1), start);
      if (isGold) {
        text.mark("gold", start);
      }
      text.add("\n");
    }
    int question = text.length();
    text.add("Question: In which city does ").add("asked", person).add(" live?\nAnswer: ");
    return text.add(person + " lives in").mark("question", question).prompt();
  }

  private boolean takesA(String job) {
    return "aeiou".indexOf(job.charAt(0)) < 0;
  }
}
