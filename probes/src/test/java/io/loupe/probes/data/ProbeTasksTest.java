package io.loupe.probes.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.facts.Entities;
import io.loupe.datasets.facts.Place;
import io.loupe.datasets.facts.Relations;
import io.loupe.datasets.facts.Statement;
import io.loupe.datasets.facts.Statements;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.text.LabelledText;
import io.loupe.datasets.text.LabelledTexts;
import io.loupe.datasets.treebank.Sentence;
import io.loupe.datasets.treebank.Treebank;
import io.loupe.datasets.treebank.Word;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The tasks on the shipped data sets, against the items that they are made of. */
class ProbeTasksTest {
  private static HookedTransformer model;

  @BeforeAll
  static void load() throws IOException {
    model = HookedTransformer.load("stories260k");
  }

  @Test
  void eachWordOfATreebankIsAnExampleAtItsOwnTokens() {
    Dataset<Sentence> treebank =
        Treebank.shipped().where(sentence -> sentence.text().length() < 60);
    ProbeData data = ProbeTasks.partsOfSpeech(model, treebank);
    List<Word> words = treebank.stream().flatMap(s -> s.words().stream()).toList();
    assertThat(data.size()).isEqualTo(words.size());
    Labels.Classes labels = (Labels.Classes) data.labels();
    for (int i = 0; i < data.size(); i += 97) {
      assertThat(labels.names().get(labels.of()[i])).isEqualTo(words.get(i).upos());
      assertThat(data.types().get(i)).isEqualToIgnoringCase(words.get(i).form());
      Example example = data.examples().get(i);
      StringBuilder text = new StringBuilder();
      for (int t = example.start(); t < example.end(); t++) {
        text.append(model.labels(data.tokens(), example.row()).get(t));
      }
      assertThat(text.toString()).contains(words.get(i).form().substring(0, 1));
    }
    // the publishers' splits, in which no document is twice
    assertThat(data.splits()).hasSize(data.size()).contains(Split.values());
    Partition partition = data.labelled().partition(1);
    HashSet<String> train = new HashSet<>();
    for (int row : partition.train()) {
      train.add(data.groups().get(row));
    }
    for (int row : partition.test()) {
      assertThat(train).doesNotContain(data.groups().get(row));
    }
  }

  @Test
  void statementsAreGroupedBySubjectAndPlacesHaveTheirDegrees() {
    Dataset<Statement> statements = Statements.of(Relations.shipped(), 1).draw(60, 1);
    ProbeData truth = ProbeTasks.truth(model, statements);
    Labels.Classes labels = (Labels.Classes) truth.labels();
    for (int i = 0; i < 60; i++) {
      assertThat(labels.of()[i] == 1).isEqualTo(statements.get(i).truth());
      assertThat(truth.groups().get(i)).isEqualTo(statements.get(i).fact().subject());
    }
    Dataset<Place> places = Entities.world().draw(40, 1);
    ProbeData space = ProbeTasks.space(model, places);
    Labels.Numbers degrees = (Labels.Numbers) space.labels();
    assertThat(degrees.names()).containsExactly("latitude", "longitude");
    assertThat(degrees.values()[7])
        .containsExactly(places.get(7).latitude(), places.get(7).longitude());
    ProbeData years = ProbeTasks.time(model, Entities.art().draw(40, 1));
    assertThat(years.labels().names()).containsExactly("year");
    assertThat(ProbeTasks.polarity(model, LabelledTexts.polarity().draw(30, 1)).labels().names())
        .containsExactly("negative", "positive");
  }

  @Test
  void tokenIdentityAsksForTheMostFrequentTokensThatManyBack() {
    Tokens tokens =
        Tokens.padded(Tokens.Padding.RIGHT, new long[] {5, 6, 5, 7, 5}, new long[] {6, 5, 9, 8});
    ProbeData here = ProbeTasks.tokenIdentity(tokens, 0, 2);
    assertThat(here.types()).containsExactly("5", "6", "5", "5", "6", "5");
    ProbeData back = ProbeTasks.tokenIdentity(tokens, 1, 2);
    // before each token: 5 6 5 7 and 6 5 9; the most frequent are 5, three times, and 6, twice
    List<String> labels = new ArrayList<>();
    for (int of : ((Labels.Classes) back.labels()).of()) {
      labels.add(back.labels().names().get(of));
    }
    assertThat(labels).containsExactly("5", "6", "5", "6", "5");
    assertThat(back.examples().get(0)).isEqualTo(new Example(0, 1, 2, "row 0", "6"));
    assertThat(back.examples().get(4)).isEqualTo(new Example(1, 2, 3, "row 1", "9"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ProbeTasks.tokenIdentity(tokens, -1, 2))
        .withMessageContaining("back >= 0");
  }

  @Test
  void textsLongerThanTheContextAreLeftOutAndIfAllAreItIsAnError() {
    Dataset<LabelledText> reviews = LabelledTexts.reviews();
    Dataset<LabelledText> tooLong =
        reviews.where(
            review ->
                model.tokenizer().encodeWithOffsets(review.text()).size()
                    > model.config().longestInput());
    assertThat(tooLong.size()).isPositive();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ProbeTasks.polarity(model, tooLong))
        .withMessageContaining("None of %d texts fits the context".formatted(tooLong.size()));
  }
}
