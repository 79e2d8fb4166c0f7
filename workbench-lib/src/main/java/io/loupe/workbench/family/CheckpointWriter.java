package io.loupe.workbench.family;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Map;
import java.util.UUID;

/**
 * Writes a model as a folder that {@link Checkpoint} reads: in GPT-2's layout if the model is like
 * GPT-2, so that Hugging Face transformers reads it too, and in our own otherwise.
 */
public final class CheckpointWriter {
  /** The file of a model's weights. */
  public static final String MODEL = "model.safetensors";

  private static final String[] QUERY_KEY_VALUE = {"Q", "K", "V"};

  private final ModelConfig config;
  private final Weights weights;
  private final NDManager scope;
  private final DataType type;
  private final SafetensorsWriter writer = new SafetensorsWriter();

  private CheckpointWriter(ModelConfig config, Weights weights, NDManager scope, DataType type) {
    this.config = config;
    this.weights = weights;
    this.scope = scope;
    this.type = type;
  }

  /**
   * Writes {@code config.json} and {@code model.safetensors}, each in one step, the weights first.
   *
   * @param scope for what is made on the way
   * @param type FLOAT32, FLOAT64 or FLOAT16, to which the weights are rounded
   * @throws IOException naming the file that cannot be written
   */
  public static void write(
      Path folder, ModelConfig config, Weights weights, NDManager scope, DataType type)
      throws IOException {
    write(folder.resolve(MODEL), Map.of(), config, weights, scope, type);
  }

  /**
   * Writes the weights into a file of any name, and {@code config.json} beside it.
   *
   * @param metadata texts that go into the file beside the tensors
   * @param scope for what is made on the way
   * @param type FLOAT32, FLOAT64 or FLOAT16, to which the weights are rounded
   * @throws IOException naming the file that cannot be written
   */
  public static void write(
      Path file,
      Map<String, String> metadata,
      ModelConfig config,
      Weights weights,
      NDManager scope,
      DataType type)
      throws IOException {
    Path folder = file.toAbsolutePath().normalize().getParent();
    if (folder == null) {
      throw new IllegalArgumentException("Expected a file to write, got the root folder " + file);
    }
    Files.createDirectories(folder);
    CheckpointWriter checkpoint = new CheckpointWriter(config, weights, scope, type);
    String own = ConfigWriter.gpt2(config, weights);
    boolean gpt2 = checkpoint.isGpt2(own, folder);
    if (gpt2) {
      checkpoint.gpt2();
    } else {
      own = ConfigWriter.loupe(config, weights);
      checkpoint.plain();
    }
    checkpoint.writer.metadata("format", "pt");
    metadata.forEach(checkpoint.writer::metadata);
    checkpoint.writer.write(file);
    text(folder.resolve("config.json"), own);
  }

  /** Writes our own {@code config.json} alone. */
  public static void config(Path file, ModelConfig config, Weights weights) throws IOException {
    text(file, ConfigWriter.loupe(config, weights));
  }

  /** Writes a text in one step: a reader sees the old file or the new one. */
  public static void text(Path file, String text) throws IOException {
    Path temporary = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID());
    try {
      Files.writeString(temporary, text, StandardCharsets.UTF_8);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** A model is a GPT-2 if GPT-2's file, read back, says the same, and no parameter is left. */
  private boolean isGpt2(String json, Path folder) throws IOException {
    Path file = Files.createTempFile(folder, ".config", ".json");
    try {
      Files.writeString(file, json, StandardCharsets.UTF_8);
      ConfigFile read = ConfigFile.read(file);
      ModelConfig same = Families.config(read);
      return same.equals(config)
          && Families.family(read)
              .weights(same, read)
              .sources()
              .keySet()
              .equals(new HashSet<>(weights.names()));
    } catch (ModelFormatException e) {
      return false; // sizes that GPT-2 cannot have, such as heads that do not share the width
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private void plain() {
    boolean tied = ConfigWriter.tied(weights);
    for (String name : weights.names()) {
      if (!(tied && name.equals("unembed.W_U"))) {
        put(name, own(name));
      }
    }
  }

  private void gpt2() {
    String top = "transformer.";
    put(top + "wte.weight", own("embed.W_E"));
    put(top + "wpe.weight", own("pos_embed.W_pos"));
    for (int layer = 0; layer < config.layers(); layer++) {
      String ours = "blocks." + layer + ".";
      String theirs = top + "h." + layer + ".";
      norm(ours + "ln1", theirs + "ln_1");
      NDArray weight = null;
      NDArray bias = null;
      for (String part : QUERY_KEY_VALUE) {
        NDArray w = own(ours + "attn.W_" + part);
        NDArray b = own(ours + "attn.b_" + part);
        weight = weight == null ? w : weight.concat(w, 0);
        bias = bias == null ? b : bias.concat(b, 0);
      }
      if (weight != null && bias != null) {
        put(theirs + "attn.c_attn.weight", weight.transpose());
        put(theirs + "attn.c_attn.bias", bias);
      }
      linear(ours + "attn.%s_O", theirs + "attn.c_proj");
      norm(ours + "ln2", theirs + "ln_2");
      linear(ours + "mlp.%s_in", theirs + "mlp.c_fc");
      linear(ours + "mlp.%s_out", theirs + "mlp.c_proj");
    }
    norm("ln_final", top + "ln_f");
    if (!ConfigWriter.tied(weights)) {
      put("lm_head.weight", own("unembed.W_U"));
    }
  }

  private void norm(String ours, String theirs) {
    put(theirs + ".weight", own(ours + ".w"));
    put(theirs + ".bias", own(ours + ".b"));
  }

  private void linear(String ours, String theirs) {
    put(theirs + ".weight", own(ours.formatted("W")).transpose());
    put(theirs + ".bias", own(ours.formatted("b")));
  }

  private NDArray own(String name) {
    NDArray handle = weights.get(name).stopGradient();
    handle.attach(scope);
    return handle;
  }

  private void put(String name, NDArray array) {
    NDArray flat = array.flatten().duplicate().reshape(array.getShape()); // in the file's order
    if (type == DataType.FLOAT16) {
      writer.addAsFloat16(name, flat);
    } else {
      writer.add(name, flat.getDataType() == type ? flat : flat.toType(type, true));
    }
  }
}
