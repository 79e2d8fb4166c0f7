package io.loupe.datasets.context;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.task.Template;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/** Sentences that say nothing of what is asked: no name, no number, no country. */
final class Filler {
  private static final List<Template> FRAMES =
      Template.all(
          " The {thing} stood in the {place}.",
          " Nobody had seen the {thing} near the {place} before.",
          " In the {place} there was a {thing} that nobody wanted.",
          " The way to the {place} was long, and the {thing} was heavy.",
          " They carried the {thing} to the {place} and came back in the evening.",
          " A {thing} lay on the ground, not far from the {place}.",
          " It was quiet around the {place}, and the old {thing} was still there.",
          " Some of them liked the {thing}, others liked the {place} better.",
          " On the way home they talked about the {place} and the {thing}.",
          " The wind blew over the {place}, and the {thing} began to move.",
          " Later the {thing} was sold, and the {place} was closed for the winter.",
          " Where the {place} had been, they found only a {thing}.");

  private final TextTokens tokens;
  private final List<String> places;
  private final List<String> things;
  private final Map<String, Integer> counts = new ConcurrentHashMap<>();

  Filler(String task, TextTokens tokens) {
    this.tokens = tokens;
    Fitting fitting = new Fitting(task, tokens);
    List<String> all = Words.nouns("place").stream().map(Words.Noun::singular).toList();
    places = fitting.words("places", all, 2);
    things = fitting.words("things", Words.withArticleA("thing"), 2);
  }

  /** Returns a counted sentence: with it, texts differ whatever follows. */
  String first(Choices choices) {
    Template frame = choices.one(FRAMES);
    String place = choices.one(places);
    return fill(frame, place, choices.one(things)).strip();
  }

  /** Returns so many tokens of sentences or a few less, the same for the same random numbers. */
  List<String> sentences(int length, Random random) {
    List<String> sentences = new ArrayList<>();
    int left = length;
    while (true) {
      Template frame = FRAMES.get(random.nextInt(FRAMES.size()));
      String place = places.get(random.nextInt(places.size()));
      String sentence = fill(frame, place, things.get(random.nextInt(things.size())));
      left -= count(sentence);
      if (left < 0) {
        return sentences;
      }
      sentences.add(sentence);
    }
  }

  /** Returns the number of tokens of a sentence that follows another one. */
  int count(String sentence) {
    return counts.computeIfAbsent(
        sentence, s -> tokens.ids("." + s).length - tokens.ids(".").length);
  }

  private static String fill(Template frame, String place, String thing) {
    return frame.fill(Map.of("place", place, "thing", thing)).text();
  }
}
