package io.loupe.notebooks.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;

/** One line on stderr for each thing that went wrong. */
final class Errors {
  private Errors() {}

  /** Prints the line to the stderr of the command. */
  static void print(CommandLine line, String message) {
    line.getErr().println(line.getColorScheme().errorText("error: " + message));
    line.getErr().flush();
  }

  /** Says what happened; the JDK's messages for files often are the name of the file alone. */
  static String message(Exception error) {
    String message = error.getMessage();
    if (error instanceof NoSuchFileException) {
      return "there is no file " + message;
    }
    if (error instanceof AccessDeniedException) {
      return "no permission for " + message;
    }
    if (error instanceof FileSystemException) {
      return "cannot use the file " + message;
    }
    boolean forUsers = error instanceof IllegalArgumentException || error instanceof IOException;
    return forUsers && message != null ? message : error + " (--debug shows where)";
  }
}
