package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.family.CheckpointWriter;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.train.TrainingCurve;
import io.loupe.workbench.train.TrainingState;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The files of a training: {@code config.json} and {@code training.json}, which say what is
 * trained; {@code step-00000100.safetensors} and so on, the weights; {@code resume.safetensors},
 * the weights of the last checkpoint with all that is needed to go on. Each is written beside its
 * place and moved there, so that whenever the process is killed the last good ones are there.
 */
final class TrainingFolder {
  static final String CONFIG = "config.json";
  private static final String TRAINING = "training.json";
  private static final String RESUME = "resume.safetensors";
  private static final String STEP = "step";
  private static final String WEIGHT = "weight.";
  private static final String MOMENTUM = "momentum.";
  private static final String LOSS = "loss.";
  private static final String NORMS = "norms";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path folder;
  private int lastStep = -1;

  private TrainingFolder(Path folder) {
    this.folder = folder;
  }

  /** Where a training is: the optimiser's state, and the curve up to there. */
  record Saved(TrainingState state, Map<String, double[]> losses, double[] norms) {
    static final Saved NOTHING = new Saved(TrainingState.NOTHING, Map.of(), new double[0]);

    /** Returns the whole curve: what is here, and then what came after. */
    TrainingCurve followedBy(TrainingCurve rest) {
      Map<String, List<Double>> all = new LinkedHashMap<>();
      losses.forEach((name, values) -> all.put(name, list(values)));
      rest.losses()
          .forEach((name, values) -> all.computeIfAbsent(name, n -> list()).addAll(values));
      List<Double> allNorms = list(norms);
      allNorms.addAll(rest.gradientNorms());
      return new TrainingCurve(all, allNorms, rest.options());
    }

    private static List<Double> list(double... values) {
      return new ArrayList<>(Arrays.stream(values).boxed().toList());
    }
  }

  /**
   * Opens a folder, new or with an earlier part of the same training.
   *
   * @param description what decides how the training goes
   * @throws IllegalArgumentException if it holds another training: says in what they differ
   */
  static TrainingFolder open(Path folder, HookedTransformer model, Map<String, String> description)
      throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve(TRAINING);
    if (Files.exists(file)) {
      requireSame(folder, file, description);
    } else {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
        for (Path other : files) {
          String name = other.getFileName().toString();
          if (!name.startsWith(".") && !name.equals(CONFIG)) {
            throw new IllegalArgumentException(
                "The folder %s holds other files (%s): give an empty one for checkpoints"
                    .formatted(folder, name));
          }
        }
      }
      CheckpointWriter.config(folder.resolve(CONFIG), model.config(), model.weights());
      ObjectNode json = JSON.createObjectNode();
      description.forEach(json::put);
      CheckpointWriter.text(file, JSON.writeValueAsString(json) + "\n");
    }
    removeTemporary(folder);
    return new TrainingFolder(folder);
  }

  private static void requireSame(Path folder, Path file, Map<String, String> description)
      throws IOException {
    JsonNode json;
    try {
      json = JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new IOException(file + ": not JSON: " + e.getOriginalMessage(), e);
    }
    for (Map.Entry<String, String> entry : description.entrySet()) {
      String there = json.path(entry.getKey()).asString("nothing");
      if (!there.equals(entry.getValue())) {
        throw new IllegalArgumentException(
            "The folder %s holds checkpoints of another training, whose %s was %s; this one's is %s. Give another folder, or delete that one"
                .formatted(folder, entry.getKey(), there, entry.getValue()));
      }
    }
  }

  /** What a killed process was about to write. */
  private static void removeTemporary(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, ".*.safetensors.*.tmp")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** Puts the last checkpoint into the weights; does nothing if there is none. */
  Saved resume(Weights weights, NDManager scope) throws IOException {
    Path path = folder.resolve(RESUME);
    if (!Files.exists(path)) {
      return Saved.NOTHING;
    }
    SafetensorsFile file = SafetensorsFile.open(path);
    Map<String, NDArray> momenta = new LinkedHashMap<>();
    Map<String, double[]> losses = new LinkedHashMap<>();
    for (String name : file.names()) {
      if (name.startsWith(WEIGHT)) {
        NDArray weight = weights.get(name.substring(WEIGHT.length()));
        read(file, name, scope).copyTo(weight);
      } else if (name.startsWith(MOMENTUM)) {
        momenta.put(name.substring(MOMENTUM.length()), read(file, name, scope));
      } else if (name.startsWith(LOSS)) {
        losses.put(name.substring(LOSS.length()), Tensors.doubles(read(file, name, scope)));
      }
    }
    lastStep = Integer.parseInt(file.metadata().getOrDefault(STEP, "-1"));
    if (lastStep < 0 || !file.contains(NORMS)) {
      throw new IOException(
          path + " is no checkpoint of a training: delete it to begin at the first step");
    }
    double[] norms = Tensors.doubles(read(file, NORMS, scope));
    return new Saved(new TrainingState(lastStep, momenta), losses, norms);
  }

  private static NDArray read(SafetensorsFile file, String name, NDManager scope)
      throws IOException {
    return file.read(name, scope, file.info(name).type().dataType().orElseThrow());
  }

  /** Writes a checkpoint: the weights by their step, then what is needed to go on. */
  void save(Weights weights, TrainingState state, TrainingCurve curve) throws IOException {
    Path file = stepFile(folder, state.step());
    try {
      SafetensorsWriter plain = new SafetensorsWriter();
      SafetensorsWriter all = new SafetensorsWriter();
      boolean tied = weights.get("embed.W_E") == weights.get("unembed.W_U");
      for (String name : weights.names()) {
        if (!(tied && name.equals("unembed.W_U"))) {
          plain.add(name, weights.get(name));
          all.add(WEIGHT + name, weights.get(name));
        }
      }
      state.momenta().forEach((name, array) -> all.add(MOMENTUM + name, array));
      curve.losses().forEach((name, values) -> addCurve(all, LOSS + name, values));
      addCurve(all, NORMS, curve.gradientNorms());
      String step = String.valueOf(state.step());
      plain.metadata(STEP, step).write(file);
      all.metadata(STEP, step).write(folder.resolve(RESUME));
      lastStep = state.step();
    } catch (IOException e) {
      throw new IOException(
          "The checkpoint of step %d could not be written to %s (%s). %s"
              .formatted(state.step(), file, e.getMessage(), lastGood()),
          e);
    }
  }

  private static void addCurve(SafetensorsWriter writer, String name, List<Double> values) {
    double[] array = values.stream().mapToDouble(Double::doubleValue).toArray();
    writer.add(name, array, array.length);
  }

  /** Says from where training can go on. */
  String lastGood() {
    return lastStep < 0
        ? "There is no good checkpoint yet in " + folder
        : "The last good checkpoint is that of step %d in %s; training with the same folder goes on from there"
            .formatted(lastStep, folder);
  }

  static Path stepFile(Path folder, int step) {
    return folder.resolve("step-%08d.safetensors".formatted(step));
  }

  /** Writes a model alone, as the checkpoint of a step: without what is needed to go on. */
  static void saveModel(HookedTransformer model, int step, Path file, DataType type)
      throws IOException {
    Map<String, String> metadata = Map.of(STEP, String.valueOf(step));
    try (NDManager scope = Engines.newManager(model.device())) {
      CheckpointWriter.write(file, metadata, model.config(), model.weights(), scope, type);
    }
  }

  /**
   * Returns the files of weights in a folder by their steps, ascending; a model that says its step
   * is one of them.
   */
  static SortedMap<Integer, Path> steps(Path folder) throws IOException {
    SortedMap<Integer, Path> steps = new TreeMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "step-*.safetensors")) {
      for (Path file : files) {
        String digits = file.getFileName().toString().replaceAll("\\D", "");
        if (digits.length() == 8) {
          steps.put(Integer.valueOf(digits), file);
        }
      }
    }
    Path model = folder.resolve(CheckpointWriter.MODEL);
    String step = Files.exists(model) ? SafetensorsFile.open(model).metadata().get(STEP) : null;
    if (step != null && step.matches("\\d{1,9}")) {
      steps.put(Integer.valueOf(step), model);
    }
    return steps;
  }
}
