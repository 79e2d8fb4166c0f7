package io.loupe.probes.saved;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.probes.trainer.LinearMap;
import io.loupe.probes.trainer.LinearProbe;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.Scaling;
import io.loupe.probes.tribuo.TribuoProbe;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tribuo.Model;

/**
 * Probes as float64 tensors, which lose nothing; Tribuo's models as the bytes of their protobuf.
 */
final class ProbeTensors {
  private static final String WEIGHTS = ".weights";
  private static final String BIAS = ".bias";
  private static final String MODEL = ".tribuo";
  private static final String MEAN = ".mean";
  private static final String SCALE = ".scale";

  private ProbeTensors() {}

  /** Refuses probes of which there is no way to write them down. */
  static void requireSavable(Probe probe) {
    if (!(probe instanceof LinearProbe || probe instanceof TribuoProbe)) {
      throw new IllegalArgumentException(
          "A %s cannot be saved; LinearProbe and TribuoProbe can"
              .formatted(probe.getClass().getSimpleName()));
    }
  }

  static void add(SafetensorsWriter writer, String name, Probe probe) {
    probe
        .linear()
        .ifPresent(
            map -> {
              double[] flat =
                  Arrays.stream(map.weights()).flatMapToDouble(Arrays::stream).toArray();
              writer.add(name + WEIGHTS, flat, map.outputs(), map.columns());
              writer.add(name + BIAS, map.bias(), map.outputs());
            });
    if (probe instanceof TribuoProbe tribuo) {
      byte[] bytes = tribuo.model().serialize().toByteArray();
      writer.add(name + MODEL, bytes, bytes.length);
      double[] mean = tribuo.scaling().mean();
      writer.add(name + MEAN, mean, mean.length);
      writer.add(name + SCALE, tribuo.scaling().scale(), mean.length);
    }
  }

  /** Reads a probe of classes, numbers or tags of these names. */
  static Probe read(SafetensorsFile file, String name, Probe.Output output, List<String> names)
      throws IOException {
    Optional<LinearMap> map =
        file.contains(name + WEIGHTS) ? Optional.of(map(file, name)) : Optional.empty();
    if (!file.contains(name + MODEL)) {
      return new LinearProbe(
          map.orElseThrow(
              () -> new SavedSweepException(file.path(), "there is no probe '" + name + "'")),
          output);
    }
    byte[] bytes;
    try (NDManager scope = Engines.newManager(Device.cpu())) {
      bytes = file.read(name + MODEL, scope, DataType.UINT8).toByteArray();
    }
    Model<?> model = Model.deserialize(org.tribuo.protos.core.ModelProto.parseFrom(bytes));
    Scaling scaling = new Scaling(doubles(file, name + MEAN), doubles(file, name + SCALE));
    return new TribuoProbe(model, scaling, names, output, map.orElse(null));
  }

  private static LinearMap map(SafetensorsFile file, String name) throws IOException {
    try (NDManager scope = Engines.newManager(Device.cpu())) {
      NDArray weights = file.read(name + WEIGHTS, scope, DataType.FLOAT64);
      return new LinearMap(Tensors.matrix(weights), doubles(file, name + BIAS));
    }
  }

  private static double[] doubles(SafetensorsFile file, String name) throws IOException {
    try (NDManager scope = Engines.newManager(Device.cpu())) {
      return Tensors.doubles(file.read(name, scope, DataType.FLOAT64));
    }
  }
}
