package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.heads.Origin;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.datasets.treebank.Word;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Whether heads find words by syntax, beyond what a fixed distance finds. */
record SyntacticDetector(Passes.Kind kind, List<Sentence> sentences, String relation)
    implements HeadDetector {

  /** Two words of a sentence, by their ids. */
  private record Arc(int sentence, int later, int earlier) {
    int offset() {
      return later - earlier;
    }
  }

  SyntacticDetector {
    sentences = List.copyOf(sentences);
    if (arcs(sentences, relation).isEmpty()) {
      throw new IllegalArgumentException(
          "No sentence has the relation '%s'; there are %s"
              .formatted(
                  relation,
                  sentences.stream()
                      .flatMap(sentence -> sentence.words().stream())
                      .map(Word::plainRelation)
                      .distinct()
                      .sorted()
                      .toList()));
    }
  }

  private static List<Arc> arcs(List<Sentence> sentences, String relation) {
    List<Arc> arcs = new ArrayList<>();
    for (int i = 0; i < sentences.size(); i++) {
      for (Word word : sentences.get(i).words()) {
        if (word.head() > 0 && word.plainRelation().equals(relation)) {
          arcs.add(new Arc(i, Math.max(word.id(), word.head()), Math.min(word.id(), word.head())));
        }
      }
    }
    return arcs;
  }

  /** Returns by how many words the earlier word is most often before the later one. */
  private static int bestOffset(List<Arc> arcs) {
    Map<Integer, Integer> counts = new TreeMap<>();
    arcs.forEach(arc -> counts.merge(arc.offset(), 1, Integer::sum));
    return counts.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElseThrow();
  }

  @Override
  public HeadMap measure(HookedTransformer model) {
    List<Arc> arcs = arcs(sentences, relation);
    int best = bestOffset(arcs);
    Tokens tokens = model.tokens(sentences.stream().map(Sentence::prompt).toList());
    double[][][] values = Passes.empty(model, arcs.size());
    Passes.over(
        tokens,
        (first, part) -> {
          AttentionStatistics statistics =
              model.attention(part, AttentionRequest.of().topKeys(1)).statistics();
          for (int i = 0; i < arcs.size(); i++) {
            Arc arc = arcs.get(i);
            int row = arc.sentence() - first;
            if (row < 0 || row >= part.batch()) {
              continue;
            }
            Span earlier = part.span(row, String.valueOf(arc.earlier()));
            int query = part.span(row, String.valueOf(arc.later())).end() - 1;
            int fixed = arc.offset() == best ? 1 : 0;
            for (Head head : model.config().allHeads()) {
              int key = statistics.topKeys(head, row)[query][0];
              int hit = key >= earlier.start() && key < earlier.end() ? 1 : 0;
              values[head.layer()][head.index()][i] = hit - fixed;
            }
          }
        });
    return HeadMap.of(
        Origin.of(model),
        kind.label(
            "%d pairs of words of %d sentences; the best offset is %d word(s)"
                .formatted(arcs.size(), sentences.size(), best)),
        values);
  }
}
