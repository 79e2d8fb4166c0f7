package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A damaged or unusual model folder: a clear error that names the file, or the same model. */
class LoadingTest {
  private static final Tokens TOKENS = Tokens.of(new long[] {1, 2, 3});

  @TempDir private Path folder;

  @BeforeEach
  void copyGolden() throws IOException {
    for (String file : new String[] {"config.json", "model.safetensors"}) {
      Files.copy(Expected.folder("golden/gpt2").resolve(file), folder.resolve(file));
    }
  }

  // the same model, stored in another way

  @Test
  void readsACheckpointOfTheBareModelAndAFloat16One() throws IOException {
    double[] before = logits(LoadOptions.DEFAULT);
    rewrite(
        tensors -> {
          Map<String, NDArray> bare = new LinkedHashMap<>();
          tensors.forEach((name, tensor) -> bare.put(name.replace("transformer.", ""), tensor));
          tensors.clear();
          tensors.putAll(bare);
        });
    assertThat(logits(LoadOptions.DEFAULT)).containsExactly(before);

    try (NDManager manager = Engines.newManager(Device.cpu())) {
      SafetensorsFile file = SafetensorsFile.open(folder.resolve("model.safetensors"));
      SafetensorsWriter writer = new SafetensorsWriter();
      for (String name : file.names()) {
        writer.addAsFloat16(name, file.read(name, manager, DataType.FLOAT32));
      }
      writer.write(folder.resolve("model.safetensors"));
    }
    Expected.assertClose(logits(LoadOptions.DEFAULT), before, "float16 checkpoint", 0.05);
  }

  @Test
  void readsFloat64() throws IOException {
    Expected.assertClose(logits(LoadOptions.DOUBLE), logits(LoadOptions.DEFAULT), "float64", 1e-4);
  }

  // errors

  @Test
  void missingFiles() throws IOException {
    assertRefused(
            "neither a folder nor the name of a shipped model", "stories260k", "no-such-model")
        .when("no-such-model");
    Files.delete(folder.resolve("model.safetensors"));
    assertRefused("model.safetensors").when(folder);
    Files.delete(folder.resolve("config.json"));
    assertRefused("config.json", "missing").when(folder);
  }

  @Test
  void brokenConfigurations() throws IOException {
    config(json -> json.replace("\"gpt2\"", "\"mamba\""));
    assertRefused("config.json", "unknown model family 'mamba'", "gpt2", "llama").when(folder);
    config(json -> json.replace("\"n_head\": 4", "\"n_head\": 0"));
    assertRefused("config.json", "n_head", "at least 1").when(folder);
    config(json -> json.replace("\"gelu_new\"", "\"gelu_old\""));
    assertRefused("config.json", "gelu_old", "gelu_new").when(folder);
    config(json -> json.replace("\"n_layer\": 3,", ""));
    assertRefused("config.json", "n_layer").when(folder);
    config(json -> json.replace("\"n_head\": 4", "\"n_head\": 7"));
    assertRefused("config.json", "n_embd 48 is no multiple of n_head 7").when(folder);
    config(json -> json.replace("\"n_layer\": 3", "\"n_layer\": 2000000000"));
    assertRefused("config.json", "at most 10000", "n_layer", "2000000000").when(folder);
    config(json -> json.replace("\"n_layer\": 3", "\"n_layer\": 9999"));
    assertRefused("config.json", "9999 layers", "only 40 tensors").when(folder);
    config(json -> json.replace("1e-05", "1e400"));
    assertRefused("config.json", "expected a number at 'layer_norm_epsilon'").when(folder);
    config(json -> json.replace("1e-05", "1" + "0".repeat(400)));
    assertRefused("config.json", "expected a number at 'layer_norm_epsilon'").when(folder);
    config(json -> json.substring(0, 100));
    assertRefused("config.json", "not JSON").when(folder);
    config(json -> "[]");
    assertRefused("config.json", "object").when(folder);
    config(json -> json.replace("\"add_cross_attention\": false", "\"add_cross_attention\": true"));
    assertRefused("config.json", "add_cross_attention", "not supported").when(folder);
    config(
        json ->
            json.replaceFirst("\\{", "{\"quantization_config\": {\"quant_method\": \"gptq\"},"));
    assertRefused("config.json", "quantised", "gptq", "float32").when(folder);
  }

  @Test
  void rotaryScalingThatIsNotSupported() throws IOException {
    Files.copy(
        Expected.folder("golden/llama").resolve("config.json"),
        folder.resolve("config.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    config(json -> json.replace("\"rope_type\": \"default\"", "\"rope_type\": \"spiral\""));
    assertRefused("config.json", "spiral", "yarn", "default").when(folder);
  }

  @Test
  void tensorsThatDoNotFit() throws IOException {
    String name = "transformer.h.1.mlp.c_fc.weight";
    rewrite(tensors -> tensors.put(name, tensors.get(name).transpose()));
    assertRefused(name, "[192, 48]", "[48, 192]").when(folder);
    rewrite(tensors -> tensors.remove(name));
    assertRefused(name, "model.safetensors").when(folder);
  }

  @Test
  void damagedWeightFiles() throws IOException {
    Path file = folder.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
    assertRefused("model.safetensors").when(folder);
    byte[] longHeader = whole.clone();
    longHeader[3] = 1; // 16 MB of header
    Files.write(file, longHeader);
    assertRefused("model.safetensors").when(folder);
    Files.write(
        file,
        new String(whole, StandardCharsets.ISO_8859_1)
            .replaceFirst("F32", "F8X")
            .getBytes(StandardCharsets.ISO_8859_1));
    assertRefused("model.safetensors", "F8X").when(folder);
  }

  @Test
  void aTokenizerThatDoesNotFitTheVocabulary() throws IOException {
    Path stories = io.loupe.datasets.ShippedModels.folder("stories260k").orElseThrow();
    Files.copy(stories.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    assertRefused("its tokenizer has 512 tokens", "vocabulary of 128").when(folder);
    Files.writeString(folder.resolve("tokenizer.json"), "{\"version\": 1}");
    assertRefused("tokenizer.json").when(folder);
  }

  @Test
  void aTokenizerOfAKindThatWeCannotRead() throws IOException {
    assertThat(HookedTransformer.load(folder, LoadOptions.DEFAULT).config().vocab()).isEqualTo(128);
    Path file = Files.writeString(folder.resolve("tokenizer.model"), "");
    assertRefused(
            "tokenizer.model: a SentencePiece vocabulary alone", "save it as a tokenizer.json")
        .when(folder);
    Files.delete(file);
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n");
    assertRefused("a tokenizer of model type gpt2 cannot be made from vocab.txt").when(folder);
  }

  private double[] logits(LoadOptions options) throws IOException {
    return Tensors.doubles(HookedTransformer.load(folder, options).run(TOKENS).logits());
  }

  private void config(UnaryOperator<String> edit) throws IOException {
    Path file = folder.resolve("config.json");
    String original = Files.readString(Expected.folder("golden/gpt2").resolve("config.json"));
    String current = Files.readString(file);
    String base = current.contains("rope_parameters") ? current : original;
    Files.writeString(file, edit.apply(base));
  }

  private void rewrite(Consumer<Map<String, NDArray>> edit) throws IOException {
    Path path = folder.resolve("model.safetensors");
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      SafetensorsFile file = SafetensorsFile.open(path);
      Map<String, NDArray> tensors = new LinkedHashMap<>();
      for (String name : file.names()) {
        tensors.put(name, file.read(name, manager, DataType.FLOAT32));
      }
      edit.accept(tensors);
      SafetensorsWriter.write(path, tensors, Map.of());
    }
  }

  private static Refusal assertRefused(String... messages) {
    return new Refusal(messages);
  }

  private record Refusal(String... messages) {
    void when(Path folder) {
      when(folder.toString());
    }

    void when(String nameOrFolder) {
      assertThatThrownBy(() -> HookedTransformer.load(nameOrFolder))
          .isInstanceOf(IOException.class)
          .satisfies(e -> assertThat(e.getMessage()).contains(messages));
    }
  }
}
