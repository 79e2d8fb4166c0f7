package io.loupe.circuits.atlas;

import io.loupe.circuits.atlas.Passes.Kind;
import io.loupe.datasets.language.Successor;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.Set;

/**
 * Detectors of the head types of the literature. Each gives every head a value on every prompt, so
 * that its score has an interval. Attention is reduced while it is computed, so texts may be long.
 *
 * <p>A detector that looks at attention says where a head looks; one that looks at what is written
 * says more; neither says that the model needs the head, for which an atlas has effects beside it.
 * Tokens for the induction kinds: random ones, repeated, {@code HeadScores.tokens(new
 * RepeatedTokens(...).draw(...))}. Tokens called texts below: any, {@code model.tokens(...)}.
 */
public final class HeadDetectors {
  private static final String CLARK =
      "Clark et al. 2019, What Does BERT Look At? An Analysis of BERT's Attention";
  private static final String OLSSON =
      "Olsson et al. 2022, In-context Learning and Induction Heads";
  private static final String WANG =
      "Wang et al. 2022, Interpretability in the Wild: a Circuit for Indirect Object Identification in GPT-2 small";
  private static final String XIAO =
      "Xiao et al. 2024, Efficient Streaming Language Models with Attention Sinks";
  private static final String RHYTHM =
      "Attention Illuminates LLM Reasoning: The Preplan-and-Anchor Rhythm Enables Fine-Grained Policy Optimization (2025)";

  private HeadDetectors() {}

  // where heads look: fixed places

  /** Previous-token heads: the mean attention to the token just before the query; 0 to 1. */
  public static HeadDetector previousToken(Tokens texts) {
    return offset(
        texts,
        1,
        new Kind(
            "previous token", "mean attention to the token just before the query; 0 to 1", CLARK));
  }

  /**
   * Fixed-offset heads: the mean attention to the token so many before the query; 0 to 1.
   *
   * @param tokens how many, 0 (the query itself) or more
   */
  public static HeadDetector offset(Tokens texts, int tokens) {
    return offset(
        texts,
        tokens,
        new Kind(
            "offset " + tokens,
            "mean attention to the token %d before the query; 0 to 1".formatted(tokens),
            CLARK));
  }

  private static HeadDetector offset(Tokens texts, int tokens, Kind kind) {
    Passes.requireLength(texts, tokens + 1, kind);
    return new StatisticDetector(kind, texts, Statistic.offset(tokens), tokens, false);
  }

  /** Sink heads: the mean attention to the first token, from the others; 0 to 1. */
  public static HeadDetector sink(Tokens texts) {
    Kind kind =
        new Kind("sink", "mean attention to the first token, from the others; 0 to 1", XIAO);
    Passes.requireLength(texts, 2, kind);
    return new StatisticDetector(kind, texts, Statistic.FIRST_KEY, 1, false);
  }

  /**
   * Delimiter heads: the mean attention to tokens such as full stops and commas, but the first
   * token; 0 to 1.
   *
   * @param delimiters ids, {@code Metrics.tokens(model.tokenizer(), ".", ",")}
   */
  public static HeadDetector delimiter(Tokens texts, Set<Long> delimiters) {
    return new DelimiterDetector(
        new Kind(
            "delimiter",
            "mean attention to %d kinds of delimiters behind the first token; 0 to 1"
                .formatted(delimiters.size()),
            CLARK),
        texts,
        delimiters);
  }

  // where heads look: tokens that were there before

  /**
   * Duplicate-token heads: the mean attention to earlier occurrences of the query's token, where
   * there are any; 0 to 1.
   */
  public static HeadDetector duplicateToken(Tokens repeated) {
    Kind kind =
        new Kind(
            "duplicate token",
            "mean attention to earlier occurrences of the query's token, where there are any; 0 to 1",
            WANG);
    Passes.requireRepeats(repeated, kind);
    return new StatisticDetector(kind, repeated, Statistic.DUPLICATE, 1, true);
  }

  /**
   * Induction heads, prefix matching: the mean attention to the token behind the last earlier
   * occurrence of the query's, where there is one; 0 to 1.
   */
  public static HeadDetector induction(Tokens repeated) {
    Kind kind =
        new Kind(
            "induction",
            "mean attention to the token behind the last earlier occurrence of the query's, where there is one; 0 to 1",
            OLSSON);
    Passes.requireRepeats(repeated, kind);
    return new StatisticDetector(kind, repeated, Statistic.INDUCTION, 1, true);
  }

  /**
   * Induction heads, copying: as {@link #induction}, counted where the head raises the token that
   * it is to copy more than any other token of the prompt; 0 to 1.
   */
  public static HeadDetector inductionCopying(Tokens repeated) {
    Kind kind =
        new Kind(
            "induction copying",
            "attention to the token behind the last earlier occurrence, counted where the head raises it most of the prompt's tokens; 0 to 1",
            OLSSON);
    Passes.requireRepeats(repeated, kind);
    return new CopyDetector(kind, repeated, 1, true);
  }

  /**
   * Copy suppression, or negative heads: attention to the most probable key but the first token,
   * counted where the head lowers that key's token more than any other token of the prompt; 0 to 1.
   */
  public static HeadDetector copySuppression(Tokens texts) {
    Kind kind =
        new Kind(
            "copy suppression",
            "attention to the most probable key but the first token, counted where the head lowers its token most of the prompt's tokens; 0 to 1",
            "McDougall et al. 2023, Copy Suppression: Comprehensively Understanding an Attention Head");
    Passes.requireLength(texts, 3, kind);
    return new CopyDetector(kind, texts, -1, false);
  }

  // how far heads look

  /** Global heads: the mean distance between query and key, in tokens; small for local heads. */
  public static HeadDetector distance(Tokens texts) {
    Kind kind =
        new Kind(
            "distance",
            "mean distance between query and key, in tokens",
            "Vig and Belinkov 2019, Analyzing the Structure of Attention in a Transformer Language Model");
    Passes.requireLength(texts, 2, kind);
    return new StatisticDetector(kind, texts, Statistic.DISTANCE, 1, false);
  }

  /**
   * Windowed average attention distance (WAAD): distances beyond a window count as the window.
   *
   * @param window in tokens, 1 or more
   */
  public static HeadDetector windowedDistance(Tokens texts, int window) {
    Kind kind =
        new Kind(
            "windowed distance",
            "mean distance between query and key, at most %d tokens".formatted(window),
            RHYTHM);
    Passes.requireLength(texts, 2, kind);
    return new StatisticDetector(kind, texts, Statistic.distanceWithin(window), 1, false);
  }

  /**
   * Future attention influence (FAI): the attention that a token receives from a query between
   * {@code nearest} and {@code farthest} tokens later, in the mean over these queries and then over
   * tokens that have one; 0 to 1.
   */
  public static HeadDetector futureInfluence(Tokens texts, int nearest, int farthest) {
    if (nearest < 1 || farthest < nearest) {
      throw new IllegalArgumentException(
          "Expected 1 <= nearest <= farthest; got %d and %d".formatted(nearest, farthest));
    }
    Kind kind =
        new Kind(
            "future influence",
            "mean attention that a token receives from queries %d to %d later; 0 to 1"
                .formatted(nearest, farthest),
            RHYTHM);
    Passes.requireLength(texts, nearest + 1, kind);
    return new FutureInfluence(kind, texts, nearest, farthest);
  }

  // how much heads write

  /**
   * Streaming heads: how much of what a head writes stays if it sees the first tokens and a window
   * alone: 1 minus the squared error over the squared length; 0 to 1. Heads near 0 are retrieval
   * heads in DuoAttention's sense.
   *
   * @param texts longer than sinks and window together
   * @param sinks how many first tokens stay visible
   * @param window how many last ones, the query counted
   */
  public static HeadDetector streaming(Tokens texts, int sinks, int window) {
    Kind kind =
        new Kind(
            "streaming",
            "share of what the head writes that %d sinks and a window of %d are enough for; 0 to 1"
                .formatted(sinks, window),
            "Xiao et al. 2024, DuoAttention: Efficient Long-Context LLM Inference with Retrieval and Streaming Heads");
    Passes.requireLength(texts, sinks + window + 1, kind);
    return new OutputDetectors.Streaming(kind, texts, sinks, window);
  }

  /**
   * Dormant heads: the share of queries at which a head writes less than a share of the mean length
   * that the heads of its layer write there; 0 to 1.
   *
   * @param share between 0 and 1, such as 0.1
   */
  public static HeadDetector dormant(Tokens texts, double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException("Expected a share between 0 and 1; got " + share);
    }
    return new OutputDetectors.Dormant(
        new Kind(
            "dormant",
            "share of queries at which the head writes less than %s of its layer's mean length; 0 to 1"
                .formatted(share),
            "Guo et al. 2024, Active-Dormant Attention Heads: Mechanistically Demystifying Extreme-Token Phenomena in LLMs"),
        texts,
        share);
  }

  // tasks

  /**
   * Name movers: the attention from the last token to the indirect object's name, counted where the
   * head raises that name's logit above the subject's; 0 to 1.
   *
   * @param prompts of {@code IndirectObject}, with spans {@code IO} and {@code S2}
   */
  public static HeadDetector nameMover(List<PromptPair> prompts) {
    return new NameDetector(
        new Kind(
            "name mover",
            "attention from the last token to the indirect object, counted where the head raises its logit above the subject's; 0 to 1",
            WANG),
        prompts,
        "IO",
        1);
  }

  /**
   * Negative name movers: as {@link #nameMover}, counted where the head lowers the indirect
   * object's logit below the subject's; 0 to 1.
   */
  public static HeadDetector negativeNameMover(List<PromptPair> prompts) {
    return new NameDetector(
        new Kind(
            "negative name mover",
            "attention from the last token to the indirect object, counted where the head lowers its logit below the subject's; 0 to 1",
            WANG),
        prompts,
        "IO",
        -1);
  }

  /**
   * S-inhibition heads, by where they look: the attention from the last token to the subject's
   * second occurrence; 0 to 1. What makes such a head one is what the name movers do with what it
   * writes, so look at the effect beside it.
   */
  public static HeadDetector sInhibition(List<PromptPair> prompts) {
    return new NameDetector(
        new Kind(
            "S-inhibition",
            "attention from the last token to the subject's second occurrence; 0 to 1",
            WANG),
        prompts,
        "S2",
        0);
  }

  /**
   * Retrieval heads: the share of a needle's tokens that the model says, and that the head's most
   * probable key stands on when they are said; 0 to 1. Prompts after which the model says none of
   * them are left out.
   *
   * @param needles prompts with a span {@code value}, such as those of {@code Needle}
   * @param newTokens how many tokens are generated, 1 or more
   */
  public static HeadDetector retrieval(List<PromptPair> needles, int newTokens) {
    return new RetrievalDetector(
        new Kind(
            "retrieval",
            "share of the needle's tokens said that the head's most probable key stands on when they are said; 0 to 1",
            "Wu et al. 2024, Retrieval Head Mechanistically Explains Long-Context Factuality"),
        needles,
        newTokens);
  }

  /**
   * Successor heads, from the weights: the share of a series' items (numbers, days, months) for
   * which the head, when it looks at the item, raises the next one's logit most of all items; 0 to
   * 1. Items are read through the first MLP, where the model has one.
   */
  public static HeadDetector successor(List<Successor.Series> series) {
    return new SuccessorDetector(
        new Kind(
            "successor",
            "share of items of a series whose successor the head raises most of all items; 0 to 1",
            "Gould et al. 2023, Successor Heads: Recurring, Interpretable Attention Heads In The Wild"),
        series);
  }

  /**
   * Syntactic heads: how much more often the most probable key of the later of two words that a
   * dependency relation connects stands on the earlier one than the best fixed offset does; -1 to
   * 1. A pair of words is an example; the most probable key is that of the later word's last token.
   *
   * @param relation such as {@code nsubj}, without a subtype
   */
  public static HeadDetector syntactic(List<Sentence> sentences, String relation) {
    return new SyntacticDetector(
        new Kind(
            "syntactic, " + relation,
            "accuracy of the most probable key of the later word for the earlier one of '%s', minus that of the best fixed offset; -1 to 1"
                .formatted(relation),
            CLARK),
        sentences,
        relation);
  }
}
