package io.loupe.datasets.language;

import io.loupe.datasets.task.Template;
import io.loupe.datasets.words.Words;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;

/**
 * Short biographies of the people of {@link WorldFacts}, to train a model on: what is so of a
 * person, told in words that no task asks in, with the person's pronoun. They teach a fact apart
 * from the sentences that ask for it, which makes it be found from new sentences (Allen-Zhu and Li
 * 2024, Physics of Language Models: Part 3.1, Knowledge Storage and Extraction), and whether a name
 * is a woman's or a man's, which {@link GenderedPronoun} asks in other words.
 */
public final class Biographies {
  private static final Map<WorldFacts.Aspect, List<Template>> SENTENCES =
      new EnumMap<>(
          Map.of(
              WorldFacts.Aspect.HOME,
              Template.all(
                  "{who} comes from {what}.",
                  "{who} moved to {what} long ago.",
                  "{who} has rooms in {what}.",
                  "{who} spends the winter in {what}."),
              WorldFacts.Aspect.JOB,
              Template.all(
                  "{who} earns money as a {what}.",
                  "{who} wanted to be a {what} and is one now.",
                  "{who} is known as a good {what}.",
                  "{who} has the trade of a {what}."),
              WorldFacts.Aspect.PET,
              Template.all(
                  "{who} owns a {what}.",
                  "{who} walks with the {what} every day.",
                  "{who} cannot sleep without the {what}.",
                  "{who} has bought a {what}."),
              WorldFacts.Aspect.INSTRUMENT,
              Template.all(
                  "{who} gives lessons on the {what}.",
                  "{who} makes music with the {what}.",
                  "{who} brings the {what} to every feast.",
                  "{who} practices the {what} at night."),
              WorldFacts.Aspect.COLOUR,
              Template.all(
                  "{who} wears {what} every day.",
                  "{who} has a {what} coat.",
                  "{who} paints the walls {what}.",
                  "{who} wants everything to be {what}.")));

  private final List<Words.Name> names = Words.names();

  /** Returns a biography: the name, then two to five sentences, the second with the pronoun. */
  public String next(Random random) {
    int person = random.nextInt(names.size());
    Words.Name name = names.get(person);
    int aspects = WorldFacts.Aspect.values().length;
    List<WorldFacts.Fact> facts =
        new ArrayList<>(WorldFacts.world().subList(person * aspects, (person + 1) * aspects));
    Collections.shuffle(facts, random);
    int count = 2 + random.nextInt(aspects - 1);
    StringJoiner text = new StringJoiner(" ").add("Here is " + name.text() + ".");
    for (int i = 0; i < count; i++) {
      boolean pronoun = i == 1 || (i > 1 && random.nextBoolean());
      text.add(sentence(facts.get(i), pronoun ? capital(name.pronoun()) : name.text(), random));
    }
    return text.toString();
  }

  private static String sentence(WorldFacts.Fact fact, String who, Random random) {
    List<Template> sentences = SENTENCES.getOrDefault(fact.aspect(), List.of());
    Template template = sentences.get(random.nextInt(sentences.size()));
    return template.fill(Map.of("who", who, "what", fact.value())).text();
  }

  private static String capital(String word) {
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }
}
