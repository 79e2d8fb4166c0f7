package io.loupe.probes.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.Partition;
import io.loupe.probes.testing.Planted;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.Trainers;
import io.loupe.probes.trainer.TrainingSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnlineCodeTest {

  @Test
  void aPlantedClassHasAShortCodeAndNoiseNone() {
    Planted planted = Planted.draw(1000, 0.5, 1);
    OnlineCode code =
        OnlineCode.of(planted.features(), planted.labelled(), Trainers.logistic(0.01, 0.1), 2);
    assertThat(code.examples()).isEqualTo(1000);
    assertThat(code.uniformBits()).isCloseTo(1000, within(1e-6));
    assertThat(code.compression()).isGreaterThan(4);
    assertThat(code.settingBits()).isCloseTo(1, within(1e-12));
    OnlineCode noise =
        OnlineCode.of(
            Features.random(1000, Planted.COLUMNS, 3),
            planted.labelled(),
            Trainers.logistic(0.01, 0.1, 1),
            2);
    assertThat(noise.compression()).isBetween(0.7, 1.02);
  }

  /** The blocks by a plain loop: trained on all before, mixed with the uniform code. */
  @Test
  void eachBlockIsCodedWithAProbeOfTheBlocksBeforeIt() {
    Planted planted = Planted.draw(60, 0.5, 1);
    Labelled labelled = planted.labelled();
    OnlineCode code = OnlineCode.of(planted.features(), labelled, Trainers.logistic(0.1), 2);
    int[] order =
        Partition.shuffled(labelled.groups(), 2, 2).stream()
            .flatMap(List::stream)
            .mapToInt(i -> i)
            .toArray();
    int last = code.ends().length - 1;
    assertThat(code.ends()[0]).isEqualTo(2);
    assertThat(code.blockBits()[0]).isCloseTo(2, within(1e-12));
    assertThat(code.ends()).doesNotContain(3, 5).endsWith(60);
    int trained = code.ends()[last - 1];
    int[] train = java.util.Arrays.copyOf(order, trained);
    double bits = 0;
    try (TrainingSet set =
        TrainingSet.of(planted.features(), planted.labels(), train, 2, Origin.given("x", "here"))) {
      Probe probe = Trainers.logistic(0.1).train(set).get(0);
      for (int i = trained; i < 60; i++) {
        double own =
            probe
                .predict(planted.features(), new int[] {order[i]})[0][
                planted.labels().of()[order[i]]];
        double mixed = own * trained / (trained + 1.0) + 0.5 / (trained + 1);
        bits -= Math.log(mixed) / Math.log(2);
      }
    }
    assertThat(code.blockBits()[last]).isCloseTo(bits, within(1e-6));
  }

  @Test
  void labelsAndProbesThatGiveNoCodeAreRefused() {
    Planted planted = Planted.draw(60, 0.5, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                OnlineCode.of(
                    Features.of(new float[3], 1),
                    Labelled.of("x", Labels.numbers("n", 1, 2, 3)),
                    Trainers.ridge(),
                    1))
        .withMessageContaining("of classes");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> OnlineCode.of(planted.features(), planted.labelled(), Trainers.massMean(), 1))
        .withMessageContaining("Trainers.logistic()");
  }
}
