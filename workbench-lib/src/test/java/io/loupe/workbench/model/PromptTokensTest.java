package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.Prompt;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PromptTokensTest {
  private final HookedTransformer model = HookedTransformer.load("stories260k");

  PromptTokensTest() throws IOException {}

  @Test
  void namedSpansSurviveTokenisationAndPadding() {
    Prompt one =
        Prompt.of("Lily and Ben went to the park.").mark("boy", "Ben").mark("place", "the park");
    Prompt two = Prompt.of("Once upon a time, a boy named Ben was very happy.").mark("boy", "Ben");
    Tokens tokens = model.tokens(List.of(one, two));
    for (int row = 0; row < 2; row++) {
      Span span = tokens.span(row, "boy");
      List<String> labels = model.labels(tokens, row).subList(span.start(), span.end());
      assertThat(String.join("", labels).strip()).isEqualTo("Ben");
    }
    Span place = tokens.span(0, "place");
    assertThat(String.join("", model.labels(tokens, 0).subList(place.start(), place.end())).strip())
        .isEqualTo("the park");

    HookedTransformer ablated =
        model.with(Interventions.zero(Sites.EMBED.here(), Slice.span("boy")));
    double[][][] embedded =
        Tensors.matrices(ablated.run(tokens, Capture.of(Sites.EMBED)).cache().get(Sites.EMBED));
    for (int row = 0; row < 2; row++) {
      Span span = tokens.span(row, "boy");
      for (int position = 0; position < tokens.length(row); position++) {
        boolean inside = position >= span.start() && position < span.end();
        assertThat(embedded[row][tokens.column(row, position)][0] == 0).isEqualTo(inside);
      }
    }
  }

  @Test
  void spansKeepTheirMeaningInGeneration() {
    Tokens prompt =
        model.tokens(List.of(Prompt.of("Lily and Ben went to the park.").mark("boy", "Ben")));
    Tokens continued = model.generate(prompt, 5);
    assertThat(continued.span(0, "boy")).isEqualTo(prompt.span(0, "boy"));
  }

  @Test
  void refusesNoPrompt() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.tokens(List.of()))
        .withMessageContaining("at least one prompt");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.run(""))
        .withMessageContaining("not empty");
  }
}
