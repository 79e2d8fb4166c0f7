package io.loupe.workbench.family;

import io.loupe.workbench.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import tools.jackson.databind.json.JsonMapper;

/** A small checkpoint of a family, with random settings and random weights. */
final class RandomCheckpoint {
  static final int VOCAB = 31;
  static final int CONTEXT = 24;

  private final Random random;
  private final Map<String, Object> config = new LinkedHashMap<>();

  private RandomCheckpoint(long seed) {
    this.random = new Random(seed);
  }

  /** Writes config.json and model.safetensors. */
  static void write(Path folder, String family, long seed) throws IOException {
    RandomCheckpoint made = new RandomCheckpoint(seed);
    made.configure(family);
    Path config = folder.resolve("config.json");
    Files.writeString(config, new JsonMapper().writeValueAsString(made.config));
    ConfigFile file = ConfigFile.read(config);
    made.weights(Families.family(file).weights(Families.config(file), file))
        .write(folder.resolve("model.safetensors"));
  }

  private SafetensorsWriter weights(WeightMap map) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    map.sources().values().forEach(source -> collect(source, map.prefixes().get(0), shapes));
    SafetensorsWriter writer = new SafetensorsWriter();
    shapes.forEach(
        (name, shape) -> {
          long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
          int count = 1;
          for (long size : sizes) {
            count *= (int) size;
          }
          boolean norm = sizes.length == 1 && name.endsWith("weight");
          double deviation =
              sizes.length == 1
                  ? 0.2
                  : name.contains("mbed") || name.contains("wte") ? 0.5 : 0.8 / Math.sqrt(sizes[1]);
          float[] values = new float[count];
          for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * deviation + (norm ? 1 : 0));
          }
          writer.add(name, values, sizes);
        });
    return writer;
  }

  private static void collect(Source source, String prefix, Map<String, List<Long>> shapes) {
    String name = source.names().get(0);
    shapes.put(name.startsWith("/") ? name.substring(1) : prefix + name, source.shape());
    source.times().ifPresent(times -> collect(times, prefix, shapes));
  }

  private void configure(String family) {
    put("model_type", family);
    put("vocab_size", VOCAB);
    int layers = 1 + random.nextInt(3);
    int kvHeads = 1 + random.nextInt(3);
    int heads = kvHeads * (1 + random.nextInt(2));
    int dHead = 4 * (1 + random.nextInt(3));
    put("tie_word_embeddings", random.nextBoolean());
    switch (family) {
      case "gpt2" -> {
        gptSizes(layers, heads, dHead);
        put("scale_attn_by_inverse_layer_idx", random.nextBoolean());
        put("activation_function", oneOf("gelu_new", "relu", "gelu"));
      }
      case "gptj" -> {
        gptSizes(layers, heads, dHead);
        put("rotary_dim", 2 * (1 + random.nextInt(dHead / 2)));
      }
      case "gpt_neo" -> {
        put("hidden_size", heads * dHead);
        put("num_heads", heads);
        put("num_layers", layers);
        put("max_position_embeddings", CONTEXT);
        put("window_size", 1 + random.nextInt(5));
        put("attention_layers", types(layers, "global", "local"));
      }
      case "gpt_neox" -> {
        sizes(layers, heads, heads, heads * dHead);
        put("use_parallel_residual", random.nextBoolean());
        put("attention_bias", random.nextBoolean());
        put("rotary_pct", oneOf(0.5, 1.0));
        put("rotary_emb_base", oneOf(100, 10_000));
      }
      case "opt" -> {
        sizes(layers, heads, heads, heads * dHead);
        put("ffn_dim", 10 + random.nextInt(20));
        put("do_layer_norm_before", random.nextBoolean());
        put("word_embed_proj_dim", heads * dHead - 2 * random.nextInt(2));
        put("enable_bias", random.nextBoolean());
        put("layer_norm_elementwise_affine", random.nextBoolean());
      }
      case "bloom" -> {
        put("hidden_size", heads * dHead);
        put("n_head", heads);
        put("n_layer", layers);
        put("apply_residual_connection_post_layernorm", random.nextBoolean());
      }
      case "bert", "roberta" -> {
        sizes(layers, heads, heads, heads * dHead);
        put("max_position_embeddings", CONTEXT + 2);
        put("type_vocab_size", 1 + random.nextInt(2));
        put("hidden_act", oneOf("gelu", "relu"));
      }
      case "distilbert" -> {
        put("dim", heads * dHead);
        put("n_heads", heads);
        put("n_layers", layers);
        put("hidden_dim", 10 + random.nextInt(20));
        put("max_position_embeddings", CONTEXT);
      }
      default -> llamaLike(family, layers, heads, kvHeads, dHead);
    }
  }

  private void llamaLike(String family, int layers, int heads, int kvHeads, int dHead) {
    boolean ownHead =
        !family.startsWith("phi") && !family.equals("qwen2") && !family.equals("olmo2");
    sizes(layers, heads, kvHeads, heads * (ownHead ? dHead + 2 : dHead));
    if (ownHead) {
      put("head_dim", dHead);
    }
    put("rope_parameters", rope(family, dHead));
    put("attention_bias", random.nextBoolean());
    put("mlp_bias", random.nextBoolean());
    put("qk_layernorm", random.nextBoolean());
    put("sliding_window", random.nextBoolean() ? 1 + random.nextInt(6) : null);
    if (family.startsWith("qwen") || family.startsWith("gemma2") || family.startsWith("gemma3")) {
      put("layer_types", types(layers, LlamaLike.FULL, LlamaLike.SLIDING));
      put("use_sliding_window", true);
    }
    put("query_pre_attn_scalar", 3 + random.nextInt(30));
    put("attn_logit_softcapping", random.nextBoolean() ? 3.0 : null);
    put("final_logit_softcapping", random.nextBoolean() ? 4.0 : null);
  }

  private Map<String, Object> rope(String family, int dHead) {
    double share = family.equals("phi") ? 0.5 : 1;
    Map<String, Object> rope = new LinkedHashMap<>();
    rope.put("rope_theta", oneOf(50, 10_000));
    rope.put("partial_rotary_factor", share);
    String type =
        family.equals("phi3")
            ? oneOf("default", "longrope")
            : oneOf("default", "linear", "dynamic", "llama3", "yarn");
    rope.put("rope_type", type);
    rope.put("factor", 2.0);
    rope.put("low_freq_factor", 1.0);
    rope.put("high_freq_factor", 4.0);
    rope.put("original_max_position_embeddings", 7);
    rope.put("short_factor", Collections.nCopies(dHead / 2, 1.1));
    rope.put("long_factor", Collections.nCopies(dHead / 2, 2.5));
    if (type.equals("dynamic")) {
      put("max_position_embeddings", 6); // so that prompts pass it
    }
    return rope;
  }

  private void gptSizes(int layers, int heads, int dHead) {
    put("n_embd", heads * dHead);
    put("n_head", heads);
    put("n_layer", layers);
    put("n_positions", CONTEXT);
    put("n_inner", random.nextBoolean() ? 10 + random.nextInt(20) : null);
  }

  private void sizes(int layers, int heads, int kvHeads, int dModel) {
    put("hidden_size", dModel);
    put("num_hidden_layers", layers);
    put("num_attention_heads", heads);
    put("num_key_value_heads", kvHeads);
    put("intermediate_size", 10 + random.nextInt(20));
    put("max_position_embeddings", CONTEXT);
  }

  private List<String> types(int layers, String first, String second) {
    List<String> types = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      types.add(random.nextBoolean() ? first : second);
    }
    return types;
  }

  @SafeVarargs
  private <T> T oneOf(T... values) {
    return values[random.nextInt(values.length)];
  }

  private void put(String key, Object value) {
    config.put(key, value);
  }
}
