package io.loupe.workbench.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.tensor.Engines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * A checkpoint with random weights, in the layout of Hugging Face.
 *
 * @param config what {@code config.json} says
 * @param shapes of all tensors, in the order of the file
 */
record SyntheticCheckpoint(Map<String, Object> config, Map<String, long[]> shapes) {
  private static final double DEVIATION = 0.02;

  /** GPT-2's tensors: fused queries, keys and values side by side; the unembedding is tied. */
  static SyntheticCheckpoint gpt2(Dimensions sizes) {
    long d = sizes.dModel();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    put(shapes, "transformer.wte.weight", sizes.vocab(), d);
    put(shapes, "transformer.wpe.weight", sizes.context(), d);
    for (int layer = 0; layer < sizes.layers(); layer++) {
      String at = "transformer.h." + layer + ".";
      norm(shapes, at + "ln_1", d);
      linear(shapes, at + "attn.c_attn", 3 * d, d, 3 * d);
      linear(shapes, at + "attn.c_proj", d, d, d);
      norm(shapes, at + "ln_2", d);
      linear(shapes, at + "mlp.c_fc", sizes.dMlp(), d, sizes.dMlp());
      linear(shapes, at + "mlp.c_proj", d, sizes.dMlp(), d);
    }
    norm(shapes, "transformer.ln_f", d);
    return new SyntheticCheckpoint(
        Map.of(
            "model_type", "gpt2",
            "n_layer", sizes.layers(),
            "n_embd", sizes.dModel(),
            "n_head", sizes.heads(),
            "n_inner", sizes.dMlp(),
            "vocab_size", sizes.vocab(),
            "n_positions", sizes.context()),
        shapes);
  }

  /** GPT-NeoX's tensors: queries, keys and values of each head behind each other. */
  static SyntheticCheckpoint gptNeoX(Dimensions sizes) {
    long d = sizes.dModel();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    put(shapes, "gpt_neox.embed_in.weight", sizes.vocab(), d);
    for (int layer = 0; layer < sizes.layers(); layer++) {
      String at = "gpt_neox.layers." + layer + ".";
      norm(shapes, at + "input_layernorm", d);
      norm(shapes, at + "post_attention_layernorm", d);
      linear(shapes, at + "attention.query_key_value", 3 * d, 3 * d, d);
      linear(shapes, at + "attention.dense", d, d, d);
      linear(shapes, at + "mlp.dense_h_to_4h", sizes.dMlp(), sizes.dMlp(), d);
      linear(shapes, at + "mlp.dense_4h_to_h", d, d, sizes.dMlp());
    }
    norm(shapes, "gpt_neox.final_layer_norm", d);
    put(shapes, "embed_out.weight", sizes.vocab(), d);
    return new SyntheticCheckpoint(
        Map.of(
            "model_type", "gpt_neox",
            "num_hidden_layers", sizes.layers(),
            "hidden_size", sizes.dModel(),
            "num_attention_heads", sizes.heads(),
            "intermediate_size", sizes.dMlp(),
            "vocab_size", sizes.vocab(),
            "max_position_embeddings", sizes.context()),
        shapes);
  }

  private static void put(Map<String, long[]> shapes, String name, long... shape) {
    shapes.put(name, shape);
  }

  private static void norm(Map<String, long[]> shapes, String name, long width) {
    put(shapes, name + ".weight", width);
    put(shapes, name + ".bias", width);
  }

  private static void linear(
      Map<String, long[]> shapes, String name, long out, long rows, long columns) {
    put(shapes, name + ".weight", rows, columns);
    put(shapes, name + ".bias", out);
  }

  /** Returns the number of weights. */
  long parameters() {
    return shapes.values().stream().mapToLong(shape -> new Shape(shape).size()).sum();
  }

  /**
   * Writes the folder.
   *
   * @param type FLOAT32 or FLOAT16
   * @param shards how many files the tensors are spread over, in order; 1 for one without an index
   * @return the files that hold tensors
   */
  List<Path> write(Path folder, DataType type, int shards) throws IOException {
    Files.createDirectories(folder);
    JsonMapper json = JsonMapper.shared();
    json.writeValue(folder.resolve("config.json").toFile(), config);
    List<Path> files = new ArrayList<>();
    Map<String, String> shardOf = new LinkedHashMap<>();
    for (int shard = 0; shard < shards; shard++) {
      List<String> names = names(shard, shards);
      String file =
          shards == 1
              ? "model.safetensors"
              : "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
      names.forEach(name -> shardOf.put(name, file));
      writeFile(folder.resolve(file), names, type);
      files.add(folder.resolve(file));
    }
    if (shards > 1) {
      json.writeValue(
          folder.resolve("model.safetensors.index.json").toFile(),
          Map.of("metadata", Map.of(), "weight_map", shardOf));
    }
    return files;
  }

  /** Returns the names of one of several parts of about equal size. */
  private List<String> names(int shard, int shards) {
    List<String> names = new ArrayList<>();
    long before = 0;
    for (Map.Entry<String, long[]> entry : shapes.entrySet()) {
      if (before * shards / parameters() == shard) {
        names.add(entry.getKey());
      }
      before += new Shape(entry.getValue()).size();
    }
    return names;
  }

  private void writeFile(Path file, List<String> names, DataType type) throws IOException {
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      Map<String, NDArray> tensors = new LinkedHashMap<>();
      for (String name : names) {
        Shape shape = new Shape(shapes.get(name));
        NDArray normal = manager.randomNormal(0, (float) DEVIATION, shape, DataType.FLOAT32);
        tensors.put(name, normal.toType(type, false));
        if (type != DataType.FLOAT32) {
          normal.close();
        }
      }
      SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
    }
  }
}
