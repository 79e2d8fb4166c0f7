package io.loupe.workbench.model;

import io.loupe.workbench.capture.AttentionRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How a text is continued.
 *
 * @param newTokens how many tokens at most, for each row
 * @param sampling how the next token is chosen
 * @param seed of the draws; row r of a batch draws as a prompt by itself with the seed + r does
 * @param stopTexts a row ends when its continuation contains one of these; the tokens that
 *     completed it stay
 * @param stopTokens a row ends behind one of these tokens
 * @param capture what is kept of each step: the columns that it computed, the whole prompt in the
 *     first step and one new token in each further step
 * @param attention what is kept of each step's attention: rows of the columns that it computed, in
 *     memory that grows with the length of the text; empty for nothing
 * @param cache whether keys and values of earlier steps are kept rather than computed anew; the
 *     tokens are the same
 * @param onStep called after each step
 */
public record GenerationOptions(
    int newTokens,
    Sampling sampling,
    long seed,
    List<String> stopTexts,
    List<Long> stopTokens,
    Capture capture,
    Optional<AttentionRequest> attention,
    boolean cache,
    Consumer<GenerationStep> onStep) {
  public GenerationOptions {
    if (newTokens < 1) {
      throw new IllegalArgumentException(
          "Generation continues by at least one token; got " + newTokens);
    }
    stopTexts = List.copyOf(stopTexts);
    stopTokens = List.copyOf(stopTokens);
    if (stopTexts.contains("")) {
      throw new IllegalArgumentException("A stop text has at least one character");
    }
  }

  /** Takes the most probable token, again and again, and captures nothing. */
  public static GenerationOptions greedy(int newTokens) {
    return new GenerationOptions(
        newTokens,
        Sampling.mostProbable(),
        0,
        List.of(),
        List.of(),
        Capture.nothing(),
        Optional.empty(),
        true,
        step -> {});
  }

  /** Draws tokens; the same seed draws the same ones. */
  public static GenerationOptions sampled(int newTokens, Sampling sampling, long seed) {
    GenerationOptions greedy = greedy(newTokens);
    return new GenerationOptions(
        newTokens,
        sampling,
        seed,
        List.of(),
        List.of(),
        greedy.capture,
        greedy.attention,
        greedy.cache,
        greedy.onStep);
  }

  /** Returns this with more texts that end a row. */
  public GenerationOptions stopAt(String... texts) {
    List<String> all = new ArrayList<>(stopTexts);
    all.addAll(Arrays.asList(texts));
    return new GenerationOptions(
        newTokens, sampling, seed, all, stopTokens, capture, attention, cache, onStep);
  }

  /** Returns this with more tokens that end a row, such as the tokenizer's end of text. */
  public GenerationOptions stopAtToken(long... tokens) {
    List<Long> all = new ArrayList<>(stopTokens);
    Arrays.stream(tokens).forEach(all::add);
    return new GenerationOptions(
        newTokens, sampling, seed, stopTexts, all, capture, attention, cache, onStep);
  }

  /** Returns this with what each step keeps. */
  public GenerationOptions capturing(Capture what) {
    return new GenerationOptions(
        newTokens, sampling, seed, stopTexts, stopTokens, what, attention, cache, onStep);
  }

  /**
   * Returns this with what each step keeps of attention, and what it changes in it: {@link
   * GenerationStep#attentionStatistics}.
   */
  public GenerationOptions watching(AttentionRequest request) {
    return new GenerationOptions(
        newTokens,
        sampling,
        seed,
        stopTexts,
        stopTokens,
        capture,
        Optional.of(request),
        cache,
        onStep);
  }

  /** Returns this, computing every column anew in each step; slower, and the same tokens. */
  public GenerationOptions withoutCache() {
    return new GenerationOptions(
        newTokens, sampling, seed, stopTexts, stopTokens, capture, attention, false, onStep);
  }

  /** Returns this with something to call after each step, behind what is called already. */
  public GenerationOptions onStep(Consumer<GenerationStep> listener) {
    return new GenerationOptions(
        newTokens,
        sampling,
        seed,
        stopTexts,
        stopTokens,
        capture,
        attention,
        cache,
        onStep.andThen(listener));
  }
}
