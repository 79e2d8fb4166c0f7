package io.loupe.workbench.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.display.ProgressLine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SweepProgressTest {
  private final List<ProgressLine> lines = new ArrayList<>();
  private long nanos;

  private SweepProgress sweep(int cells) {
    return new SweepProgress("ablation", cells, lines::add, () -> nanos);
  }

  private void pass(double seconds) {
    nanos += (long) (seconds * 1e9);
  }

  @Test
  void saysCellsRateAndTimeLeft() {
    SweepProgress progress = sweep(144);
    progress.resumed(0);
    pass(0.9);
    progress.more(10);
    assertThat(lines).isEmpty(); // a short sweep says nothing
    pass(1.1);
    progress.more(14);
    assertThat(lines.get(0).text())
        .isEqualTo("ablation [###.................] 24 of 144 cells, 12/s, 10 s left");
    assertThat(lines.get(0).last()).isFalse();
    pass(0.1);
    progress.more(12);
    assertThat(lines).hasSize(1); // not each pass
    pass(397.9);
    progress.more(4);
    assertThat(lines.get(1).text())
        .isEqualTo("ablation [#####...............] 40 of 144 cells, 0.1/s, 17 min 20 s left");
    progress.more(104);
    progress.ended();
    assertThat(lines.get(2).text()).isEqualTo("ablation: 144 cells in 6 min 40 s");
    assertThat(lines.get(2).last()).isTrue();
  }

  @Test
  void aResumedSweepCountsItsOwnRate() {
    SweepProgress progress = sweep(100);
    progress.resumed(80);
    assertThat(lines.get(0).text()).isEqualTo("ablation: goes on behind 80 of 100 cells");
    pass(2);
    progress.more(4);
    assertThat(lines.get(1).text()).endsWith("84 of 100 cells, 2.0/s, 8 s left");
    progress.broken();
    assertThat(lines.get(2).text()).isEqualTo("ablation: stopped behind 84 of 100 cells");
    assertThat(lines.get(2).last()).isTrue();
  }

  @Test
  void aShortSweepSaysNothing() {
    SweepProgress progress = sweep(3);
    progress.resumed(0);
    progress.more(3);
    progress.ended();
    assertThat(lines).isEmpty();
  }
}
