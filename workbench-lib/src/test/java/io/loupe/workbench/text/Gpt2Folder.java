package io.loupe.workbench.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** GPT-2's vocab.json and merges.txt, unpacked. */
final class Gpt2Folder {
  private static final Path SOURCE = Path.of("src/test/resources/text/gpt2");

  private Gpt2Folder() {}

  static void unpackInto(Path folder) throws IOException {
    for (String name : List.of("vocab.json", "merges.txt")) {
      try (InputStream in =
          new GZIPInputStream(Files.newInputStream(SOURCE.resolve(name + ".gz")))) {
        Files.copy(in, folder.resolve(name));
      }
    }
  }
}
