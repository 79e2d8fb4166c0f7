package io.loupe.workbench.model;

import java.io.IOException;
import java.nio.file.Path;

final class ModelLoader {
  private ModelLoader() {}

  static HookedTransformer load(String nameOrFolder, LoadOptions options) throws IOException {
    return load(Path.of(nameOrFolder), nameOrFolder, options);
  }

  static HookedTransformer load(Path folder, String name, LoadOptions options) throws IOException {
    throw new IOException("not yet");
  }
}
