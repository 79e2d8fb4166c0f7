package io.loupe.workbench.testing;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The tiny checkpoints of every family, and of settings that these have not. */
public final class Checkpoints {
  private Checkpoints() {}

  /** Returns all by name: {@code golden/gpt2}, {@code variants/opt-no-bias}. */
  public static Stream<String> all() throws IOException {
    return Stream.concat(in("golden"), in("variants"));
  }

  private static Stream<String> in(String set) throws IOException {
    return Files.list(Expected.folder(set))
        .filter(Files::isDirectory)
        .map(Path::getFileName)
        .map(name -> set + "/" + name)
        .sorted();
  }

  public static HookedTransformer load(String name, LoadOptions options) throws IOException {
    return HookedTransformer.load(Expected.folder(name), options);
  }
}
