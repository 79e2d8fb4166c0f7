package io.loupe.workbench.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SitesTest {
  @Test
  void pointsPrintAsTransformerLensNamesThem() {
    assertThat(Sites.RESID_POST.at(3)).hasToString("blocks.3.hook_resid_post");
    assertThat(Sites.EMBED.here()).hasToString("hook_embed");
    for (Site site : Sites.all()) {
      HookPoint point = site.perLayer() ? site.at(11) : site.here();
      assertThat(HookPoint.parse(point.toString())).isEqualTo(point);
    }
  }

  @Test
  void namesThatDoNotExistAreRefusedWithThoseThatDo() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HookPoint.parse("blocks.3.hook_resid"))
        .withMessageContaining("hook_resid")
        .withMessageContaining("blocks.*.hook_resid_post");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sites.EMBED.at(0))
        .withMessageContaining("here()");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sites.RESID_PRE.here())
        .withMessageContaining("at(layer)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sites.RESID_PRE.dimension(Axis.HEAD))
        .withMessageContaining("[BATCH, POS, D_MODEL]");
  }

  @Test
  void pointsSortAsTheForwardPassReachesThem() {
    assertThat(Sites.EMBED.here()).isLessThan(Sites.RESID_PRE.at(0));
    assertThat(Sites.RESID_POST.at(0)).isLessThan(Sites.RESID_PRE.at(1));
    assertThat(Sites.Q.at(1)).isLessThan(Sites.PATTERN.at(1));
    assertThat(Sites.RESID_POST.at(11)).isLessThan(Sites.LN_FINAL.here());
  }

  @Test
  void headsAndSetsReadWhatTheyPrint(@TempDir Path folder) throws IOException {
    assertThat(Head.parse("L9H6")).isEqualTo(Head.parse("9.6")).hasToString("L9H6");
    HeadSet set = HeadSet.parse("10.0, L9H6 L9H9");
    assertThat(set).hasToString("[L9H6, L9H9, L10H0]");
    set.save(folder.resolve("movers.txt"));
    assertThat(HeadSet.load(folder.resolve("movers.txt"))).isEqualTo(set);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Head.parse("head 3"))
        .withMessageContaining("L9H6 or 9.6");
  }

  @Test
  void headSetsAreSets() {
    HeadSet one = HeadSet.parse("L0H0 L0H1 L1H0");
    HeadSet two = HeadSet.parse("L0H1 L1H1");
    assertThat(one.union(two)).isEqualTo(HeadSet.all(2, 2));
    assertThat(one.intersection(two)).isEqualTo(HeadSet.parse("L0H1"));
    assertThat(one.minus(two)).isEqualTo(HeadSet.parse("L0H0 L1H0"));
    assertThat(one.jaccard(two)).isEqualTo(0.25);
    assertThat(one.layers()).containsExactly(0, 1);
    assertThat(one.inLayer(0).size()).isEqualTo(2);
    HeadSet drawn = HeadSet.all(12, 12).sample(5, 3);
    assertThat(drawn.size()).isEqualTo(5);
    assertThat(HeadSet.all(12, 12).sample(5, 3)).isEqualTo(drawn);
    assertThat(HeadSet.all(12, 12).sample(5, 4)).isNotEqualTo(drawn);
  }

  @Test
  void slicesPrintWhatTheyCut() {
    assertThat(Slice.at(Axis.POS, 4).and(Axis.HEAD, 6)).hasToString("POS=[4] HEAD=[6]");
    assertThat(Slice.span("needle")).hasToString("POS='needle'");
    assertThat(Slice.ALL).hasToString("all");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Slice.positions(1).and(Axis.POS, 2))
        .withMessageContaining("already");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Slice.positions())
        .withMessageContaining("at least one");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Slice.ALL.andSpan(Axis.HEAD, "x"))
        .withMessageContaining("HEAD");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Span("x", 3, 3))
        .withMessageContaining("[3, 3)");
  }
}
