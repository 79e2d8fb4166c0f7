package io.loupe.notebooks.jupyter;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.util.Utils;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at this machine for what notebooks in Jupyter need. */
final class Doctor {
  private static final String INSTALL = "all systems:    ./loupe jupyter install";

  /** Looks for everything, whether or not something is missing. */
  List<Check> examine() {
    List<Check> checks = new ArrayList<>();
    checks.add(jdk());
    Map<String, String> versions = jupyterVersions();
    checks.add(jupyter(versions));
    checks.add(nbconvert(versions));
    checks.add(kernelSpec(Jupyter.data()));
    checks.add(cache(Utils.getCacheDir()));
    checks.add(pytorch());
    checks.add(fonts());
    return checks;
  }

  private static Check jdk() {
    String found = Runtime.version() + " in " + System.getProperty("java.home");
    boolean whole =
        ModuleLayer.boot().findModule("jdk.jshell").isPresent()
            && ModuleLayer.boot().findModule("jdk.compiler").isPresent();
    return whole
        ? Check.ok("JDK", found)
        : Check.missing(
            "JDK",
            found + " is a JRE: it has no jdk.jshell, which runs cells",
            "Debian, Ubuntu: sudo apt-get install openjdk-17-jdk-headless",
            "conda:          conda install -c conda-forge openjdk=17",
            "others:         https://adoptium.net");
  }

  /** Returns the versions of Jupyter's parts by name; empty without Jupyter. */
  private static Map<String, String> jupyterVersions() {
    return Jupyter.ask(Map.of(), "--version").map(Doctor::versions).orElse(Map.of());
  }

  /** Reads lines such as {@code nbconvert : 6.5.3}. */
  static Map<String, String> versions(String output) {
    Map<String, String> versions = new LinkedHashMap<>();
    output
        .lines()
        .map(line -> line.split(":", 2))
        .filter(parts -> parts.length == 2 && parts[1].strip().matches("\\d.*"))
        .forEach(parts -> versions.put(parts[0].strip(), parts[1].strip()));
    return versions;
  }

  static Check jupyter(Map<String, String> versions) {
    for (String frontEnd : List.of("notebook", "jupyterlab")) {
      if (versions.containsKey(frontEnd)) {
        return Check.ok(
            "Jupyter",
            frontEnd
                + " "
                + versions.get(frontEnd)
                + ", jupyter_client "
                + versions.getOrDefault("jupyter_client", "of unknown version"));
      }
    }
    return Check.missing(
        "Jupyter",
        versions.isEmpty()
            ? "there is no `jupyter` on the PATH"
            : "neither notebook nor jupyterlab is installed",
        "Debian, Ubuntu: sudo apt-get install jupyter-notebook",
        "pip:            pip install notebook",
        "conda:          conda install -c conda-forge notebook");
  }

  static Check nbconvert(Map<String, String> versions) {
    return versions.containsKey("nbconvert")
        ? Check.ok("nbconvert", versions.get("nbconvert"))
        : Check.missing(
            "nbconvert",
            "notebooks cannot be run without a browser",
            "Debian, Ubuntu: sudo apt-get install jupyter-nbconvert",
            "pip:            pip install nbconvert",
            "conda:          conda install -c conda-forge nbconvert");
  }

  static Check kernelSpec(List<Path> dataFolders) {
    Optional<Path> file =
        dataFolders.stream()
            .map(data -> KernelSpec.file(data.resolve("kernels")))
            .filter(Files::exists)
            .findFirst();
    if (file.isEmpty()) {
      return Check.missing("kernel", "Jupyter does not know \"" + KernelSpec.TITLE + "\"", INSTALL);
    }
    try {
      List<Path> missing = KernelSpec.read(file.get()).missing();
      return missing.isEmpty()
          ? Check.ok("kernel", file.get().toString())
          : Check.missing("kernel", file.get() + " names " + missing + ", not there", INSTALL);
    } catch (IOException e) {
      return Check.missing("kernel", String.valueOf(e.getMessage()), INSTALL);
    }
  }

  static Check cache(Path folder) {
    Path existing = folder.toAbsolutePath();
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    return existing != null && Files.isDirectory(existing) && Files.isWritable(existing)
        ? Check.ok("DJL cache", folder.toString())
        : Check.missing(
            "DJL cache",
            folder + " cannot be written; PyTorch's native libraries are unpacked there",
            "all systems:    export DJL_CACHE_DIR=<a folder that you may write>");
  }

  private static Check pytorch() {
    try {
      Engine engine = Engine.getEngine("PyTorch");
      return Check.ok("PyTorch", engine.getVersion() + ", its native library loads");
    } catch (EngineException | LinkageError e) {
      return Check.missing(
          "PyTorch",
          "its native library does not load: " + e.getMessage(),
          "Linux:          an x86-64 machine with glibc 2.28 or newer (Debian 10, Ubuntu 20.04)",
          "all systems:    remove the folder " + Utils.getCacheDir() + " and try again");
    }
  }

  private static Check fonts() {
    try {
      var context = new FontRenderContext(null, true, true);
      var box = new Font(Font.SANS_SERIF, Font.PLAIN, 12).getStringBounds("Loupe", context);
      if (box.getWidth() > 0) {
        return Check.ok("fonts", "text in figures can be drawn");
      }
    } catch (RuntimeException | LinkageError e) {
      return noFonts(String.valueOf(e.getMessage()));
    }
    return noFonts("the system's font has no letters");
  }

  private static Check noFonts(String fault) {
    return Check.missing(
        "fonts",
        "text in figures cannot be drawn: " + fault,
        "Debian, Ubuntu: sudo apt-get install fontconfig fonts-dejavu-core",
        "conda:          conda install -c conda-forge fontconfig");
  }
}
