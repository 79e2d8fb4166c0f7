package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.family.ModelFormatException;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.RotaryScaling;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SavedModelTest {
  private static final Tokens TOKENS = Tokens.of(new long[] {3, 1, 4, 1, 5, 9, 2, 6});

  @TempDir private Path temporary;

  private static double[] logits(HookedTransformer model) {
    try (Run run = model.run(TOKENS)) {
      return Tensors.doubles(run.logits());
    }
  }

  static Stream<Path> golden() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("src/test/resources/golden"))) {
      return all
          .filter(folder -> Files.exists(folder.resolve("config.json")))
          .sorted()
          .toList()
          .stream();
    }
  }

  /** Every family's configuration and weights survive our own format. */
  @ParameterizedTest
  @MethodSource("golden")
  void whatWasLoadedIsSavedAndLoadedAgain(Path folder) throws IOException {
    HookedTransformer model = HookedTransformer.load(folder, LoadOptions.DEFAULT);
    model.save(temporary);
    HookedTransformer again = HookedTransformer.load(temporary, LoadOptions.DEFAULT);
    assertThat(again.config()).isEqualTo(model.config());
    assertThat(again.weights().names()).isEqualTo(model.weights().names());
    assertThat(logits(again)).containsExactly(logits(model), within(1e-6));
  }

  @Test
  void aModelLikeGpt2IsWrittenAsGpt2() throws IOException {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    model.save(temporary);
    assertThat(Files.readString(temporary.resolve("config.json"))).contains("\"gpt2\"");
    SafetensorsFile file = SafetensorsFile.open(temporary.resolve("model.safetensors"));
    assertThat(file.info("transformer.h.1.attn.c_attn.weight").shape())
        .isEqualTo(List.of(48L, 144L));
    assertThat(file.names()).contains("lm_head.weight");
    HookedTransformer again = HookedTransformer.load(temporary, LoadOptions.DEFAULT);
    assertThat(again.config()).isEqualTo(model.config());
    assertThat(logits(again)).containsExactly(logits(model), within(1e-6));
  }

  /** Every record of the configuration in one model, none of them as in a family. */
  private static ModelConfig strange(RotaryScaling scaling) {
    AttentionSpec first =
        new AttentionSpec(
            new MaskSpec(true, OptionalInt.of(3)),
            new PositionSpec.Rotary(4, 500, PositionSpec.Pairing.NEIGHBOURS, scaling),
            0.7,
            OptionalDouble.of(20),
            AttentionSpec.QueryKeyNorm.ALL_HEADS);
    AttentionSpec second =
        new AttentionSpec(
            MaskSpec.BIDIRECTIONAL,
            new PositionSpec.Alibi(),
            0.3,
            OptionalDouble.empty(),
            AttentionSpec.QueryKeyNorm.NONE,
            AttentionSpec.ScoreMap.IDENTITY);
    return new ModelConfig(
        "strange",
        new Dimensions(2, 12, 4, 2, 6, 20, 16, 10),
        new NormSpec(NormSpec.Kind.RMS_NORM, 1e-4),
        new EmbeddingSpec(true, true, 2.5, true),
        List.of(first, second),
        new BlockSpec(BlockSpec.Norms.AROUND, false),
        new MlpSpec(Activation.RELU_SQUARED, true),
        new HeadSpec(Optional.of(Activation.GELU), true, OptionalDouble.of(30)));
  }

  @Test
  void everyPartOfAConfigurationIsWritten() throws IOException {
    List<RotaryScaling> scalings =
        List.of(
            new RotaryScaling.None(),
            new RotaryScaling.Linear(2),
            new RotaryScaling.Dynamic(2, 8),
            new RotaryScaling.Llama3(8, 1, 4, 8),
            new RotaryScaling.Yarn(4, 8, 32, 1, true, 1.1),
            new RotaryScaling.LongRope(List.of(1.0, 1.5), List.of(2.0, 3.0), 8, 1.2));
    for (RotaryScaling scaling : scalings) {
      HookedTransformer model = HookedTransformer.random(strange(scaling), 4, LoadOptions.DEFAULT);
      model.save(temporary);
      HookedTransformer again = HookedTransformer.load(temporary, LoadOptions.DEFAULT);
      assertThat(again.config()).isEqualTo(model.config());
      assertThat(logits(again)).containsExactly(logits(model));
    }
  }

  private static HookedTransformer attentionOnly() {
    ModelConfig config =
        new ModelConfig(
            "attention-only",
            Dimensions.multiHead(2, 16, 2, 0, 16, 10),
            new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
            EmbeddingSpec.LEARNED_POSITIONS,
            List.of(
                AttentionSpec.causal(new PositionSpec.None(), 8),
                AttentionSpec.causal(new PositionSpec.None(), 8)),
            BlockSpec.NO_NORM,
            MlpSpec.NONE,
            HeadSpec.PLAIN);
    return HookedTransformer.random(config, 6, LoadOptions.DEFAULT);
  }

  @Test
  void aModelOfAttentionAloneIsSavedRoundedOrNot() throws IOException {
    HookedTransformer model = attentionOnly();
    model.save(temporary);
    assertThat(logits(HookedTransformer.load(temporary, LoadOptions.DEFAULT)))
        .containsExactly(logits(model));
    long full = Files.size(temporary.resolve("model.safetensors"));
    model.save(temporary, DataType.FLOAT16);
    assertThat(logits(HookedTransformer.load(temporary, LoadOptions.DEFAULT)))
        .containsExactly(logits(model), within(1e-4))
        .isNotEqualTo(logits(model));
    assertThat(Files.size(temporary.resolve("model.safetensors"))).isLessThan(full * 2 / 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.folded().save(temporary))
        .withMessageContaining("Folded");
  }

  @Test
  void brokenConfigurationsAreRefusedByName() throws IOException {
    attentionOnly().save(temporary);
    Path file = temporary.resolve("config.json");
    String json = Files.readString(file);
    Map<String, String> broken = new LinkedHashMap<>();
    broken.put("\"norms\" : \"NONE\"", "\"norms\" : \"SOME\"");
    broken.put("\"embed.W_E\", ", "");
    broken.put("\"embed.W_E\"", "\"embed.W_X\"");
    broken.put("\"kind\" : \"none\"", "\"kind\" : \"circular\"");
    for (Map.Entry<String, String> change : broken.entrySet()) {
      assertThat(json).contains(change.getKey());
      Files.writeString(file, json.replace(change.getKey(), change.getValue()));
      assertThatExceptionOfType(ModelFormatException.class)
          .as(change.getValue())
          .isThrownBy(() -> HookedTransformer.load(temporary, LoadOptions.DEFAULT))
          .withMessageContaining("config.json");
    }
  }

  @Test
  void weightsThatAreNotThoseOfTheConfigurationAreRefused() {
    HookedTransformer model = attentionOnly();
    Map<String, NDArray> weights = new LinkedHashMap<>();
    model.weights().names().forEach(name -> weights.put(name, model.weights().get(name)));
    assertThat(logits(HookedTransformer.of("same", model.config(), new Weights(weights))))
        .containsExactly(logits(model));
    weights.remove("blocks.0.attn.b_Q"); // zeros
    assertThat(logits(HookedTransformer.of("fewer", model.config(), new Weights(weights))))
        .containsExactly(logits(model), within(1e-6));
    weights.put("blocks.0.mlp.W_in", model.weights().get("embed.W_E"));
    weights.put("pos_embed.W_pos", model.weights().get("embed.W_E"));
    weights.remove("blocks.1.attn.W_O");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HookedTransformer.of("wrong", model.config(), new Weights(weights)))
        .withMessageContaining("'blocks.0.mlp.W_in' is read by nothing")
        .withMessageContaining("'pos_embed.W_pos' has the shape [16, 16], expected [10, 16]")
        .withMessageContaining("'blocks.1.attn.W_O' [16, 16] is missing");
  }
}
