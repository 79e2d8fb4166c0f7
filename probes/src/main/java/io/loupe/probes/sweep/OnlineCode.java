package io.loupe.probes.sweep;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.Partition;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.probes.trainer.TrainingSet;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The minimum description length of labels given features (Voita and Titov 2020, online code): what
 * it costs to send the labels, block by block, each coded with a probe that was trained on the
 * blocks before it; the first is coded uniformly. A short code means that the probe needs few
 * examples and tells well, in one number, without a test set.
 *
 * <p>Blocks grow by half of what was sent and end between groups, so that no probe codes a group
 * that it was trained on. A probe's probabilities are mixed with uniform ones, whose share is one
 * over the trained examples plus one, so that no label costs infinitely much. The code is that of
 * the setting with which it is shortest, and includes the bits to name that setting.
 *
 * @param setting of the trainer
 * @param classes how many there are
 * @param ends how many examples were sent by the end of each block
 * @param blockBits the bits of each block
 * @param settingBits the bits to name the setting
 */
public record OnlineCode(
    String setting, int classes, int[] ends, double[] blockBits, double settingBits)
    implements Displayable {
  private static final double FIRST = 0.01;
  private static final double GROWTH = 1.5;

  /**
   * Codes the labels of all examples.
   *
   * @param trainer of classes, whose probes give probabilities
   * @param seed of the order of groups and of training
   * @throws IllegalArgumentException if labels are not classes, or a probe gives no probabilities
   */
  public static OnlineCode of(
      Features features, Labelled labelled, ProbeTrainer trainer, long seed) {
    if (!(labelled.labels() instanceof Labels.Classes classes)) {
      throw new IllegalArgumentException(
          "An online code is of classes; for numbers compare R2: ProbeSweep.train(...)");
    }
    trainer.check(classes);
    if (features.rows() != classes.size()) {
      throw new IllegalArgumentException(
          "Labels are not aligned to features: %d labels, %d rows"
              .formatted(classes.size(), features.rows()));
    }
    features.requireFinite(labelled.name());
    int[] all = IntStream.range(0, classes.size()).toArray();
    classes.requireLearnable(all, "given");
    List<int[]> blocks = blocks(labelled.groups(), seed);
    int count = classes.names().size();
    int settings = trainer.settings().size();
    double[][] bits = new double[settings][blocks.size()];
    int[] ends = new int[blocks.size()];
    int[] sent = new int[0];
    Origin origin = Origin.given(labelled.name(), "online code");
    for (int b = 0; b < blocks.size(); b++) {
      int[] block = blocks.get(b);
      if (isLearnable(classes, sent)) {
        try (TrainingSet set = TrainingSet.of(features, classes, sent, seed, origin)) {
          List<Probe> probes = trainer.train(set);
          for (int s = 0; s < settings; s++) {
            bits[s][b] = bits(probes.get(s), features, classes, block, sent.length);
          }
        }
      } else {
        for (double[] own : bits) {
          own[b] = block.length * log2(count);
        }
      }
      int before = sent.length;
      sent = Arrays.copyOf(sent, before + block.length);
      System.arraycopy(block, 0, sent, before, block.length);
      ends[b] = sent.length;
    }
    int best =
        IntStream.range(0, settings)
            .reduce((s, t) -> sum(bits[t]) < sum(bits[s]) ? t : s)
            .orElseThrow();
    return new OnlineCode(trainer.settings().get(best), count, ends, bits[best], log2(settings));
  }

  private static boolean isLearnable(Labels.Classes classes, int[] rows) {
    return Arrays.stream(classes.counts(rows)).filter(count -> count > 0).count() >= 2;
  }

  private static double bits(
      Probe probe, Features features, Labels.Classes classes, int[] block, int trained) {
    if (probe.output() != Probe.Output.PROBABILITIES) {
      throw new IllegalArgumentException(
          "A code needs probabilities, which this probe does not give; Trainers.logistic() does");
    }
    double uniform = 1.0 / (trained + 1);
    int count = classes.names().size();
    double[][] predictions = probe.predict(features, block);
    double bits = 0;
    for (int i = 0; i < block.length; i++) {
      double own = predictions[i][classes.of()[block[i]]];
      bits -= log2((1 - uniform) * own + uniform / count);
    }
    return bits;
  }

  /** Returns the examples of each block, the groups in random order. */
  private static List<int[]> blocks(List<String> groups, long seed) {
    List<int[]> blocks = new ArrayList<>();
    List<Integer> block = new ArrayList<>();
    int sent = 0;
    double end = Math.max(2, FIRST * groups.size());
    for (List<Integer> group : Partition.shuffled(groups, seed, 2)) {
      block.addAll(group);
      sent += group.size();
      if (sent >= end) {
        blocks.add(block.stream().mapToInt(i -> i).toArray());
        block.clear();
        end = GROWTH * sent;
      }
    }
    if (!block.isEmpty()) {
      blocks.add(block.stream().mapToInt(i -> i).toArray());
    }
    return blocks;
  }

  private static double log2(double x) {
    return Math.log(x) / Math.log(2);
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  /** Returns how many labels were coded. */
  public int examples() {
    return ends[ends.length - 1];
  }

  /** Returns the whole code's length in bits. */
  public double bits() {
    return sum(blockBits) + settingBits;
  }

  /** Returns the length of a code that knows nothing but the number of classes. */
  public double uniformBits() {
    return examples() * log2(classes);
  }

  /** Returns how many times shorter the code is than the uniform one. */
  public double compression() {
    return uniformBits() / bits();
  }

  /** Returns the blocks with the bits that a label of each costs. */
  public Table table() {
    Table table = Table.of("trained on", "coded", "bits per label");
    for (int b = 0; b < ends.length; b++) {
      int before = b == 0 ? 0 : ends[b - 1];
      table = table.row(before, ends[b] - before, blockBits[b] / (ends[b] - before));
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return table().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "Online code of %,d labels, %d classes: %.0f bits, %.3f a label, %.2f times shorter than uniform (%s)"
        .formatted(examples(), classes, bits(), bits() / examples(), compression(), setting);
  }
}
