package io.loupe.circuits.atlas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.index.NDIndex;
import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.weights.HeadWeights;
import io.loupe.circuits.weights.RelationSet;
import io.loupe.circuits.weights.TokenVectors;
import io.loupe.datasets.context.Needle;
import io.loupe.datasets.context.NeedleKind;
import io.loupe.datasets.language.IndirectObject;
import io.loupe.datasets.language.Successor;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.datasets.treebank.Treebank;
import io.loupe.datasets.treebank.Word;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Detectors on prompts of tasks, on the English model, against one prompt at a time. */
class LanguageDetectorsTest {
  private static HookedTransformer model;
  private static TextTokens words;

  @BeforeAll
  static void load() throws IOException {
    model = HookedTransformer.load("loupe-lm");
    words = text -> model.tokenizer().encode(text, false);
  }

  @Test
  void nameMoversAreAttentionThatRaisesTheName() {
    List<PromptPair> prompts =
        new IndirectObject(IndirectObject.Corruption.ABC, words).draw(Split.TEST, 5, 1);
    HeadMap movers = HeadDetectors.nameMover(prompts).measure(model);
    HeadMap negative = HeadDetectors.negativeNameMover(prompts).measure(model);
    HeadMap subject = HeadDetectors.sInhibition(prompts).measure(model);
    HookedTransformer folded = model.folded();
    double[][] unembedding = Tensors.matrix(folded.weights().get("unembed.W_U"));
    for (int i = 0; i < prompts.size(); i++) {
      Tokens tokens = folded.tokens(List.of(prompts.get(i).clean()));
      int last = tokens.length(0) - 1;
      ActivationCache cache = folded.run(tokens, Capture.of(Sites.PATTERN, Sites.RESULT)).cache();
      int name = (int) model.tokenizer().idOf(prompts.get(i).answer()).getAsLong();
      int other = (int) model.tokenizer().idOf(prompts.get(i).wrong()).getAsLong();
      for (Head head : List.of(new Head(4, 4), new Head(3, 7), new Head(5, 8), new Head(0, 2))) {
        double[] row = row(cache, head, last);
        double[] written =
            Tensors.doubles(
                cache
                    .get(Sites.RESULT.at(head.layer()))
                    .get(new NDIndex().addIndices(0, last, head.index())));
        double moved = 0;
        for (int d = 0; d < written.length; d++) {
          moved += written[d] * (unembedding[name][d] - unembedding[other][d]);
        }
        double looked = on(row, tokens.span(0, "IO"));
        assertThat(movers.perExample(head)[i]).isCloseTo(moved > 0 ? looked : 0, within(1e-4));
        assertThat(negative.perExample(head)[i]).isCloseTo(moved < 0 ? looked : 0, within(1e-4));
        assertThat(subject.perExample(head)[i])
            .isCloseTo(on(row, tokens.span(0, "S2")), within(1e-4));
      }
    }
    assertThat(movers.ranked().get(0)).isEqualTo(new Head(4, 4));
  }

  private static double on(double[] row, Span span) {
    return Arrays.stream(row, span.start(), span.end()).sum();
  }

  private static double[] row(ActivationCache cache, Head head, int query) {
    return Tensors.doubles(
        cache
            .get(Sites.PATTERN.at(head.layer()))
            .get(new NDIndex().addIndices(0, head.index(), query)));
  }

  /** Generates token by token, and looks at the last row of each step's pattern. */
  @Test
  void retrievalIsCopyingWhileTheAnswerIsSaid() {
    List<PromptPair> needles =
        new Needle(NeedleKind.LITERAL, 120, 0.5, words).draw(Split.TEST, 3, 1);
    HeadMap retrieval = HeadDetectors.retrieval(needles, 3).measure(model);
    List<Head> some = List.of(new Head(4, 4), new Head(4, 0), new Head(3, 7), new Head(0, 1));
    for (int i = 0; i < needles.size(); i++) {
      Tokens prompt = model.tokens(List.of(needles.get(i).clean()));
      Span value = prompt.span(0, "value");
      long[] ids = prompt.row(0);
      boolean[] copied = new boolean[some.size()];
      boolean said = false;
      for (int step = 0; step < 3; step++) {
        Tokens soFar = Tokens.of(ids);
        ActivationCache cache = model.run(soFar, Capture.of(Sites.PATTERN)).cache();
        long[] more = Arrays.copyOf(ids, ids.length + 1);
        more[ids.length] = model.generate(soFar, 1).row(0)[ids.length];
        for (int h = 0; h < copied.length; h++) {
          double[] row = row(cache, some.get(h), ids.length - 1);
          int key = 0;
          for (int k = 0; k < row.length; k++) {
            key = row[k] > row[key] ? k : key;
          }
          copied[h] |= key == value.start() && ids[key] == more[ids.length];
        }
        said |= more[ids.length] == ids[value.start()];
        ids = more;
      }
      assertThat(said).isTrue();
      assertThat(value.length()).isEqualTo(1);
      for (int h = 0; h < copied.length; h++) {
        assertThat(retrieval.perExample(some.get(h))[i]).isEqualTo(copied[h] ? 1 : 0);
      }
    }
    assertThat(retrieval.score(new Head(4, 4))).isEqualTo(1);
    assertThat(retrieval.score(new Head(0, 1))).isZero();
  }

  @Test
  void retrievalCountsTheNeedlesTokensThatWereSaid() {
    long[] ids = {5, 7, 8, 9, 1, 7, 9, 2};
    Span value = new Span("value", 1, 4); // 7 8 9
    int[][] keys = {{0}, {0}, {0}, {0}, {1}, {3}, {3}, {0}};
    // at 4 the head looks at 7 and 7 is said; at 5 it looks at 9 and 9 is said; 8 is not said
    assertThat(RetrievalDetector.copied(ids, value, 5, keys)).isCloseTo(2.0 / 3, within(1e-12));
    keys[5][0] = 2; // looks at another token of the needle than the one that is said
    assertThat(RetrievalDetector.copied(ids, value, 5, keys)).isCloseTo(1.0 / 3, within(1e-12));
    assertThat(RetrievalDetector.copied(ids, value, 7, keys)).isNaN();
  }

  @Test
  void successionIsTheHighestItemOfTheSeries() {
    HeadMap map =
        HeadDetectors.successor(List.of(Successor.Series.ORDINALS, Successor.Series.DAYS))
            .measure(model);
    HeadWeights weights = HeadWeights.folded(model).with(TokenVectors.THROUGH_FIRST_MLP);
    RelationSet ordinals = RelationSet.of(Successor.Series.ORDINALS, model.tokenizer());
    RelationSet days = RelationSet.of(Successor.Series.DAYS, model.tokenizer());
    assertThat(map.examples()).isEqualTo(ordinals.pairs().size() + days.pairs().size());
    for (Head head : model.config().allHeads()) {
      double[][] rows =
          weights
              .vocabularyOv(head)
              .rows(ordinals.pairs().stream().mapToInt(pair -> (int) pair.source()).toArray());
      Set<Integer> items = new LinkedHashSet<>();
      ordinals.pairs().forEach(pair -> items.add((int) pair.target()));
      ordinals.pairs().forEach(pair -> items.add((int) pair.source()));
      for (int i = 0; i < rows.length; i++) {
        double[] row = rows[i];
        int best = items.stream().max((a, b) -> Double.compare(row[a], row[b])).orElseThrow();
        boolean right = best == ordinals.pairs().get(i).target() && row[best] > 0;
        assertThat(map.perExample(head)[i]).isEqualTo(right ? 1 : 0);
      }
    }
    assertThat(map.label().examples()).contains("first MLP");
  }

  @Test
  void syntaxIsWhatTheBestOffsetDoesNotFind() {
    List<Sentence> sentences =
        Treebank.shipped().stream().filter(s -> s.size() > 4 && s.size() < 12).limit(16).toList();
    HeadMap map = HeadDetectors.syntactic(sentences, "nsubj").measure(model);
    int[] offsets =
        sentences.stream()
            .flatMap(s -> s.words().stream())
            .filter(w -> w.plainRelation().equals("nsubj"))
            .mapToInt(w -> Math.abs(w.id() - w.head()))
            .toArray();
    int best = 0;
    for (int offset = 1; offset < 12; offset++) {
      int o = offset;
      int b = best;
      best =
          Arrays.stream(offsets).filter(x -> x == o).count()
                  > Arrays.stream(offsets).filter(x -> x == b).count()
              ? offset
              : best;
    }
    int at = 0;
    for (Sentence sentence : sentences) {
      Tokens tokens = model.tokens(List.of(sentence.prompt()));
      ActivationCache cache = model.run(tokens, Capture.of(Sites.PATTERN)).cache();
      for (Word word : sentence.words()) {
        if (!word.plainRelation().equals("nsubj")) {
          continue;
        }
        Span later = tokens.span(0, "" + Math.max(word.id(), word.head()));
        Span earlier = tokens.span(0, "" + Math.min(word.id(), word.head()));
        int fixed = Math.abs(word.id() - word.head()) == best ? 1 : 0;
        for (Head head : model.config().allHeads()) {
          double[] row = row(cache, head, later.end() - 1);
          int key = 0;
          for (int k = 0; k < row.length; k++) {
            key = row[k] > row[key] ? k : key;
          }
          int hit = key >= earlier.start() && key < earlier.end() ? 1 : 0;
          assertThat(map.perExample(head)[at]).isEqualTo(hit - fixed);
        }
        at++;
      }
    }
    assertThat(map.examples()).isEqualTo(at);
    assertThat(map.label().examples()).contains("the best offset is " + best);
  }

  @Test
  void promptsWithoutWhatIsLookedForAreRefused() {
    List<PromptPair> ioi = new IndirectObject().draw(Split.TEST, 2, 1);
    List<Sentence> sentences = Treebank.shipped().stream().limit(3).toList();
    DetectorsTest.refused(() -> HeadDetectors.retrieval(ioi, 2), "the span 'value'");
    DetectorsTest.refused(() -> HeadDetectors.syntactic(sentences, "no"), "there are [");
    List<PromptPair> needles = new Needle(NeedleKind.LITERAL).draw(Split.TEST, 1, 1);
    DetectorsTest.refused(() -> HeadDetectors.nameMover(needles), "the span 'IO'");
    DetectorsTest.refused(() -> HeadDetectors.retrieval(needles, 0), "1 token or more");
  }
}
