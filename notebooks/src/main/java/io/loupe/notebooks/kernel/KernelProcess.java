package io.loupe.notebooks.kernel;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.dflib.jjava.jupyter.kernel.KernelConnectionProperties;

/** A JVM that is a kernel, from the connection file to the front end's farewell. */
public final class KernelProcess {
  private static final Logger ROOT = Logger.getLogger("");

  private KernelProcess() {}

  /**
   * Serves the front end that wrote the connection file, then ends the JVM.
   *
   * @param args the connection file
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 1) {
      throw new IllegalArgumentException(
          "Expected one argument, the connection file, got "
              + args.length
              + "; Jupyter starts a kernel itself, by the kernel spec that `loupe jupyter install`"
              + " writes");
    }
    serve(Path.of(args[0]));
    System.exit(0);
  }

  /**
   * Serves the front end that wrote the connection file until it asks for the end. Threads of cells
   * may still run when this returns.
   *
   * @throws ConnectionFileException if the file is not there or is not a connection file
   */
  public static void serve(Path connectionFile) throws IOException, InterruptedException {
    ROOT.setLevel(Level.SEVERE); // the base kernel tells of each message
    endWithParent();
    KernelConnection connection = open(connectionFile);
    FrontEndInput input = new FrontEndInput();
    System.setIn(input);
    LoupeKernel kernel = new LoupeKernel(input);
    kernel.attachTo(connection);
    connection.connect();
    connection.awaitEnd();
  }

  private static KernelConnection open(Path connectionFile) throws IOException {
    if (!Files.isRegularFile(connectionFile)) {
      throw new ConnectionFileException(connectionFile, "there is no such file");
    }
    try {
      var properties = KernelConnectionProperties.parse(Files.readString(connectionFile));
      if (properties == null || properties.getTransport() == null || properties.getIp() == null) {
        throw new ConnectionFileException(connectionFile, "it names no transport or ip");
      }
      return new KernelConnection(properties);
    } catch (JsonParseException | GeneralSecurityException e) {
      throw new ConnectionFileException(connectionFile, String.valueOf(e.getMessage()));
    }
  }

  /** Ends this JVM when the process that started it has ended, as Jupyter wants from kernels. */
  private static void endWithParent() {
    String parent = System.getenv("JPY_PARENT_PID");
    if (parent != null && parent.matches("\\d{2,18}")) {
      ProcessHandle.of(Long.parseLong(parent))
          .ifPresent(process -> process.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
    }
  }
}
