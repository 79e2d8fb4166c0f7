package io.loupe.circuits.certainty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.StandIn;
import io.loupe.circuits.testing.Compiled;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.Head;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackupsTest {
  private static final Node INDUCTION = new Node.Attention(new Head(1, 0));
  private static final Node BACKUP = new Node.Attention(new Head(2, 0));

  /**
   * The induction head adds 20 to the answer's logit, or to the wrong one's if it comes from the
   * corrupted prompt; the backup adds 10 to the answer's as soon as the induction head is gone.
   */
  @Test
  void theBackupHeadIsFoundByTheJointEffectAlone() {
    Compiled compiled = Compiled.of("compiled-backup-head", 32);
    CircuitRunner runner =
        CircuitRunner.of(compiled.graph(), compiled.examples(), StandIn.RESAMPLE);
    List<Node> heads =
        compiled.graph().nodes().stream().filter(Node.Attention.class::isInstance).toList();
    Backups backups = Backups.of(runner, heads, 1);
    assertThat(backups.pairs()).hasSize(3);
    Backups.Pair found = backups.found(0.05).get(0);
    assertThat(backups.found(0.05)).hasSize(1);
    assertThat(found.first()).isEqualTo(INDUCTION);
    assertThat(found.second()).isEqualTo(BACKUP);
    assertThat(found.secondAlone()).isEqualTo(0, within(0.5));
    assertThat(found.firstAlone()).isEqualTo(-30, within(0.5));
    assertThat(found.joint()).isEqualTo(-40, within(0.5));
    assertThat(found.interaction()).isEqualTo(-10, within(0.5));
    assertThat(found.interval().high()).isLessThan(-9);
    assertThat(backups.toString()).contains("1 stand in for another");
    assertThat(backups.display().toString()).contains("L2H0");
  }

  @Test
  void headsInSeriesAreNoBackups() {
    Compiled compiled = Compiled.of("compiled-induction", 32);
    ModelGraph graph = compiled.graph();
    CircuitRunner runner = CircuitRunner.of(graph, compiled.examples(), StandIn.RESAMPLE);
    Backups backups = Backups.of(runner, graph.nodes().subList(1, 3), 1);
    assertThat(backups.pairs().get(0).interaction()).isPositive(); // either alone ends the work
    assertThat(backups.found(0.05)).isEmpty();
  }

  @Test
  void oneNodeHasNoJointEffect() {
    Compiled compiled = Compiled.of("compiled-induction", 4);
    CircuitRunner runner =
        CircuitRunner.of(compiled.graph(), compiled.examples(), StandIn.RESAMPLE);
    assertThatThrownBy(() -> Backups.of(runner, List.of(INDUCTION, INDUCTION), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least two nodes; got [L1H0]");
    assertThatThrownBy(() -> Backups.of(runner, List.of(INDUCTION, BACKUP), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layers 0 to 1");
  }

  @Test
  void correctionsByHand() {
    double[] p = {0.01, 0.04, 0.03, 0.005};
    // Holm: 4 x 0.005, 3 x 0.01, 2 x 0.03, then not below the one before
    assertThat(MultipleTests.holm(p))
        .containsExactly(new double[] {0.03, 0.06, 0.06, 0.02}, within(1e-12));
    // Benjamini-Hochberg: 4/4 x 0.04, 4/3 x 0.03, 4/2 x 0.01, 4/1 x 0.005, from the largest down
    assertThat(MultipleTests.benjaminiHochberg(p))
        .containsExactly(new double[] {0.02, 0.04, 0.04, 0.02}, within(1e-12));
    assertThat(MultipleTests.holm(new double[] {0.7, 0.6})).containsExactly(1, 1);
    assertThatThrownBy(() -> MultipleTests.holm(new double[] {1.5}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from 0 to 1");
  }

  @Test
  void signsAreFlipped() {
    // all of 5 signs equal: 2 of 32 choices are as far from 0
    assertThat(SignFlips.twoSided(new double[] {1, 1, 1, 1, 1}, 3))
        .isEqualTo(2 / 32.0, within(0.01));
    // {3, -1, -1, -1}: sums of +-3 +-1 +-1 +-1 are all at least 0 away
    assertThat(SignFlips.twoSided(new double[] {3, -1, -1, -1}, 3)).isEqualTo(1);
    assertThat(SignFlips.twoSided(new double[8], 3)).isEqualTo(1);
    double[] many = new double[64];
    Arrays.fill(many, 0.5);
    assertThat(SignFlips.twoSided(many, 3)).isEqualTo(1e-4);
  }
}
