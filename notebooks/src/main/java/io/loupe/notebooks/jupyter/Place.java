package io.loupe.notebooks.jupyter;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a kernel spec goes: the options that {@code install} and {@code uninstall} share. */
final class Place {
  @Option(names = "--user", description = "For the current user; this is the default.")
  private boolean user;

  @Option(
      names = "--prefix",
      paramLabel = "DIR",
      description = "Under DIR/share/jupyter, for example of a Python environment.")
  private @Nullable Path prefix;

  @Option(
      names = "--sys-prefix",
      description = "In the Python environment that `jupyter` on the PATH belongs to.")
  private boolean sysPrefix;

  /** Returns the folder of kernel specs. */
  Path kernels() throws IOException {
    return data().toAbsolutePath().normalize().resolve("kernels");
  }

  private Path data() throws IOException {
    if (prefix != null) {
      return prefix.resolve("share").resolve("jupyter");
    }
    if (!sysPrefix) {
      return Jupyter.userData();
    }
    return Jupyter.environmentData()
        .orElseThrow(
            () ->
                new IOException(
                    "Expected `jupyter` on the PATH, to find its Python environment, but it is not"
                        + " there or does not answer; name the folder with --prefix DIR"));
  }
}
