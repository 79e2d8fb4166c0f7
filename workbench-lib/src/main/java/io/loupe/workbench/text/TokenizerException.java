package io.loupe.workbench.text;

import java.io.IOException;
import java.nio.file.Path;

/** Tokenizer files that are missing, damaged or of an unknown kind. Its message names the file. */
public class TokenizerException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What to do about a tokenizer that we cannot put together from its files. */
  static final String SAVE_WHOLE =
      "save it as a tokenizer.json (in Python: AutoTokenizer.from_pretrained(folder).save_pretrained(folder))";

  private final String file;

  TokenizerException(Path file, String problem) {
    super(file + ": " + problem);
    this.file = file.toString();
  }

  TokenizerException(Path file, String problem, Throwable cause) {
    this(file, problem);
    initCause(cause);
  }

  /** Returns the file, or the folder, that is at fault. */
  public Path file() {
    return Path.of(file);
  }
}
