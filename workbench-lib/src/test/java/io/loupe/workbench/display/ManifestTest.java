package io.loupe.workbench.display;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManifestTest {
  @BeforeEach
  @AfterEach
  void clear() {
    Manifest.clear();
  }

  @Test
  void keepsTheOrderAndTheLastValueOfAKey() {
    Manifest.put("model b", "1");
    Manifest.put("model a", "2");
    Manifest.put("model b", "3");

    assertThat(Manifest.entries().toString()).isEqualTo("{model b=3, model a=2}");
    assertThat(Manifest.entries()).isUnmodifiable();
  }

  @Test
  void clearForgetsButNotWhatWasHandedOut() {
    Manifest.put("model", "1");
    var before = Manifest.entries();
    Manifest.clear();

    assertThat(Manifest.entries()).isEmpty();
    assertThat(before).containsEntry("model", "1");
  }

  @Test
  void refusesABlankKey() {
    assertThatIllegalArgumentException().isThrownBy(() -> Manifest.put(" ", "x"));
  }
}
