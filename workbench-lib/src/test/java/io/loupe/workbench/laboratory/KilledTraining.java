package io.loupe.workbench.laboratory;

import java.io.IOException;
import java.nio.file.Path;

/** A training that a test kills. */
final class KilledTraining {
  private KilledTraining() {}

  public static void main(String[] args) throws IOException {
    trainer(Path.of(args[0])).train();
  }

  static Trainer trainer(Path folder) {
    return Trainer.of(
            TinyTraining.model("attention only"),
            Objectives.nextToken(TinyTraining.tokens(12)),
            TinyTraining.options(150))
        .checkpoints(folder, 2);
  }
}
