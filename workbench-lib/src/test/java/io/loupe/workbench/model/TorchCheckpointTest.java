package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.testing.TorchWriter;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint in PyTorch's own format is the same model as the one in safetensors, bit by bit. */
class TorchCheckpointTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void givesTheSameLogitsAsTheSafetensors(String family) throws Exception {
    Path golden = Expected.folder("golden/" + family);
    copyConfig(golden);
    TorchWriter writer = new TorchWriter();
    SafetensorsFile file = SafetensorsFile.open(golden.resolve("model.safetensors"));
    for (String name : file.names()) {
      writer.add("module." + name, file.floats(name), shape(file, name));
    }
    writer.write(folder.resolve("pytorch_model.bin"));

    assertSameLogits(golden, family);
  }

  @Test
  void matricesMayBeTransposedViewsOfOneStorage() throws Exception {
    Path golden = Expected.folder("golden/gpt2");
    copyConfig(golden);
    SafetensorsFile file = SafetensorsFile.open(golden.resolve("model.safetensors"));
    TorchWriter writer = new TorchWriter();
    int total = file.names().stream().mapToInt(name -> (int) size(file, name)).sum();
    float[] all = new float[total];
    int storage = writer.storage(new float[0]) + 1;
    int from = 0;
    for (String name : file.names()) {
      float[] values = file.floats(name);
      long[] shape = shape(file, name);
      if (shape.length == 2) {
        int rows = (int) shape[0];
        int columns = (int) shape[1];
        for (int i = 0; i < values.length; i++) {
          all[from + i % columns * rows + i / columns] = values[i];
        }
        writer.view(name, storage, total, from, shape, new long[] {1, rows});
      } else {
        System.arraycopy(values, 0, all, from, values.length);
        writer.view(name, storage, total, from, shape, new long[] {1});
      }
      from += values.length;
    }
    writer.storage(all);
    writer.write(folder.resolve("pytorch_model.bin"));

    assertSameLogits(golden, "gpt2");
  }

  private void copyConfig(Path golden) throws IOException {
    Files.copy(golden.resolve("config.json"), folder.resolve("config.json"));
  }

  private void assertSameLogits(Path golden, String family) throws IOException {
    Tokens tokens = Expected.of("golden/" + family).tokens("input_ids");
    HookedTransformer torch = HookedTransformer.load(folder.toString());
    HookedTransformer safetensors = HookedTransformer.load(golden.toString());

    assertThat(Tensors.doubles(torch.run(tokens).logits()))
        .containsExactly(Tensors.doubles(safetensors.run(tokens).logits()));
  }

  private static long[] shape(SafetensorsFile file, String name) throws IOException {
    List<Long> shape = file.info(name).shape();
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  private static long size(SafetensorsFile file, String name) {
    try {
      return Arrays.stream(shape(file, name)).reduce(1, (a, b) -> a * b);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
