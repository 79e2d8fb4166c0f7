package io.loupe.workbench.model;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.datasets.ShippedModels;
import io.loupe.workbench.display.Manifest;
import io.loupe.workbench.family.Checkpoint;
import io.loupe.workbench.family.ConfigFile;
import io.loupe.workbench.family.Families;
import io.loupe.workbench.family.ModelFormatException;
import io.loupe.workbench.hub.Hub;
import io.loupe.workbench.hub.HubName;
import io.loupe.workbench.hub.Snapshot;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.HuggingFaceTokenizers;
import io.loupe.workbench.text.Tokenizer;
import io.loupe.workbench.weights.WeightFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts a model together from a folder in the Hugging Face layout. */
final class ModelLoader {
  private ModelLoader() {}

  /** What is shipped goes before what is a folder, and that before what the hub may have. */
  static HookedTransformer load(String name, LoadOptions options, HubAccess hub)
      throws IOException {
    Optional<Path> shipped = ShippedModels.folder(name);
    if (shipped.isPresent()) {
      return load(shipped.get(), name, options);
    }
    Path folder = Path.of(name);
    if (Files.isDirectory(folder)) {
      return load(folder, name, options);
    }
    Optional<HubName> known = HubName.parse(name);
    if (known.isEmpty()) {
      throw new ModelFormatException(
          folder,
          "neither a folder nor the name of a shipped model; shipped are "
              + ShippedModels.names()
              + "; a model of the Hugging Face hub is named 'owner/name' or 'owner/name@revision'");
    }
    Snapshot fetched =
        hub.open().fetch(known.get(), config -> Families.config(ConfigFile.read(config)));
    Manifest.put("commit of " + name, fetched.commit());
    return load(fetched.folder(), name, options);
  }

  /** The hub, opened when it is needed: what is shipped loads whatever the environment says. */
  @FunctionalInterface
  interface HubAccess {
    Hub open() throws IOException;
  }

  static HookedTransformer load(Path folder, String name, LoadOptions options) throws IOException {
    return load(folder, name, options.type(), options.device());
  }

  /** Loads in any type on any device, also what {@link LoadOptions} refuses: tests of float16. */
  static HookedTransformer load(Path folder, String name, DataType type, Device device)
      throws IOException {
    ConfigFile file = ConfigFile.read(folder.resolve("config.json"));
    ModelConfig config = Families.config(file);
    WeightFiles files = WeightFiles.open(folder);
    NativeMemory.makeRoom();
    Weights weights;
    try (NDManager scope = Engines.newManager(device)) {
      weights = Checkpoint.read(folder, file, config, files, scope, type);
      NativeMemory.adopt(weights.distinct());
    }
    Tokenizer tokenizer = tokenizer(folder, config);
    ModelSource source = new ModelSource(name, files::sha256);
    Manifest.put("weights of " + name, () -> "SHA-256 " + source.sha256());
    return new HookedTransformer(source, config, weights, tokenizer);
  }

  private static @Nullable Tokenizer tokenizer(Path folder, ModelConfig config) throws IOException {
    Tokenizer tokenizer = HuggingFaceTokenizers.find(folder).orElse(null);
    if (tokenizer != null && tokenizer.vocabSize() > config.vocab()) {
      throw new ModelFormatException(
          folder,
          "its tokenizer has %d tokens, but config.json and the embedding have a vocabulary of %d"
              .formatted(tokenizer.vocabSize(), config.vocab()));
    }
    return tokenizer;
  }
}
