package io.loupe.probes.tribuo;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labels;
import io.loupe.probes.trainer.Scaling;
import io.loupe.probes.trainer.TrainingSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.tribuo.Example;
import org.tribuo.MutableDataset;
import org.tribuo.Output;
import org.tribuo.OutputFactory;
import org.tribuo.classification.Label;
import org.tribuo.impl.ArrayExample;
import org.tribuo.multilabel.MultiLabel;
import org.tribuo.regression.Regressor;

/**
 * Features as Tribuo's dense examples. Feature names are numbers of equal length, so that Tribuo,
 * which orders features by name, keeps their order; all examples share the names.
 */
final class TribuoData {
  private TribuoData() {}

  static String[] names(int columns) {
    return IntStream.range(0, columns)
        .mapToObj(i -> String.format(Locale.ROOT, "f%06d", i))
        .toArray(String[]::new);
  }

  static <T extends Output<T>> MutableDataset<T> dataset(
      TrainingSet set, Scaling scaling, OutputFactory<T> factory, IntFunction<T> outputs) {
    MutableDataset<T> data =
        new MutableDataset<>(
            new ActivationProvenance(set.origin(), set.seed(), set.rows().length), factory);
    String[] names = names(set.features().columns());
    for (int row : set.rows()) {
      data.add(example(set.features(), row, scaling, names, outputs.apply(row)));
    }
    return data;
  }

  static <T extends Output<T>> Example<T> example(
      Features features, int row, Scaling scaling, String[] names, T output) {
    return new ArrayExample<>(output, names, scaling.row(features, row));
  }

  static Label label(Labels labels, int row) {
    Labels.Classes classes = (Labels.Classes) labels;
    return new Label(classes.names().get(classes.of()[row]));
  }

  static Regressor regressor(Labels labels, int row) {
    Labels.Numbers numbers = (Labels.Numbers) labels;
    return new Regressor(numbers.names().toArray(String[]::new), numbers.values()[row].clone());
  }

  static MultiLabel tags(Labels labels, int row) {
    Labels.Tags tags = (Labels.Tags) labels;
    Set<Label> own = new HashSet<>();
    for (int t = 0; t < tags.names().size(); t++) {
      if (tags.has()[row][t]) {
        own.add(new Label(tags.names().get(t)));
      }
    }
    return new MultiLabel(own);
  }
}
