package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.AttentionSpec.QueryKeyNorm;
import io.loupe.workbench.nn.AttentionSpec.ScoreMap;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.ParameterShapes;
import io.loupe.workbench.nn.PositionSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Our own: any {@link ModelConfig}, written out, for models that no family of Hugging Face has.
 * Tensors have our parameters' names.
 */
final class LoupeConfig implements Family {
  static final String NAME = "loupe";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "any configuration, written out in full: attention alone, no norms, bidirectional";
  }

  @Override
  public String example() {
    return "model.save(folder)";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    Dimensions sizes =
        new Dimensions(
            file.layers("layers"),
            file.size("d_model"),
            file.size("heads"),
            file.size("kv_heads"),
            file.size("d_head"),
            file.size("d_mlp", 0),
            file.size("vocab"),
            file.size("context"));
    ConfigFile norm = file.objectAt("norm");
    ConfigFile embedding = file.objectAt("embedding");
    ConfigFile block = file.objectAt("block");
    ConfigFile mlp = file.objectAt("mlp");
    ConfigFile head = file.objectAt("head");
    List<AttentionSpec> attention = new ArrayList<>();
    for (ConfigFile layer : file.objects("attention")) {
      attention.add(attention(layer));
    }
    return new ModelConfig(
        file.text("family"),
        sizes,
        new NormSpec(norm.constant("kind", NormSpec.Kind.class), norm.number("epsilon")),
        new EmbeddingSpec(
            embedding.flag("learned_positions", false),
            embedding.flag("token_types", false),
            embedding.number("scale", 1),
            embedding.flag("normed", false)),
        attention,
        new BlockSpec(
            block.constant("norms", BlockSpec.Norms.class), block.flag("parallel", false)),
        new MlpSpec(mlp.constant("activation", Activation.class), mlp.flag("gated", false)),
        new HeadSpec(
            head.has("transform")
                ? Optional.of(head.constant("transform", Activation.class))
                : Optional.empty(),
            head.flag("normed", false),
            head.optionalNumber("soft_cap", OptionalDouble.empty())));
  }

  private static AttentionSpec attention(ConfigFile layer) throws ModelFormatException {
    return new AttentionSpec(
        new MaskSpec(
            layer.flag("causal", false), layer.optionalSize("window", OptionalInt.empty())),
        positions(layer.objectAt("positions")),
        layer.number("scale"),
        layer.optionalNumber("soft_cap", OptionalDouble.empty()),
        layer.constant("query_key_norm", QueryKeyNorm.class),
        layer.has("score_map") ? layer.constant("score_map", ScoreMap.class) : ScoreMap.SOFTMAX);
  }

  private static PositionSpec positions(ConfigFile positions) throws ModelFormatException {
    String kind = positions.text("kind");
    return switch (kind) {
      case "none" -> new PositionSpec.None();
      case "alibi" -> new PositionSpec.Alibi();
      case "rotary" ->
          new PositionSpec.Rotary(
              positions.size("dimensions"),
              positions.number("base"),
              positions.constant("pairing", PositionSpec.Pairing.class),
              LoupeRotary.read(positions.objectAt("scaling")));
      default ->
          throw new ModelFormatException(
              positions.file(),
              "expected positions of the kind none, alibi or rotary, got '%s'".formatted(kind));
    };
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    Set<String> stored = new HashSet<>(file.texts("parameters", List.of()));
    boolean tied = file.flag("tied_embeddings", false);
    WeightMap.Builder map = new WeightMap.Builder();
    for (Map.Entry<String, List<Long>> parameter : ParameterShapes.of(config).entrySet()) {
      String name = parameter.getKey();
      long[] shape = parameter.getValue().stream().mapToLong(Long::longValue).toArray();
      if (tied && name.equals("unembed.W_U")) {
        map.put(name, Source.of("embed.W_E", shape));
      } else if (stored.remove(name)) {
        map.put(name, Source.of(name, shape));
      } else if (!ParameterShapes.optional(name)) {
        throw new ModelFormatException(
            file.file(), "the list at 'parameters' has no '%s'".formatted(name));
      }
    }
    if (!stored.isEmpty()) {
      throw new ModelFormatException(
          file.file(), "'parameters' names what no part of the model reads: " + stored);
    }
    return map.under("");
  }
}
