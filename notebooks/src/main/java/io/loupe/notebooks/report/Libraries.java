package io.loupe.notebooks.report;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which libraries this JVM runs with. */
final class Libraries {
  private static final Pattern COORDINATES =
      Pattern.compile("META-INF/maven/[^/]+/[^/]+/pom\\.properties");

  private Libraries() {}

  /**
   * Returns the libraries on the class path, sorted: as {@code group:artifact:version} where the
   * jar says, else by the name of its file. Loupe's own are not among them.
   */
  static List<String> onClassPath() {
    TreeSet<String> names = new TreeSet<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (entry.endsWith(".jar")) {
        names.add(name(new File(entry)));
      }
    }
    return names.stream()
        .filter(name -> !name.startsWith("io.loupe:"))
        .collect(Collectors.toUnmodifiableList());
  }

  private static String name(File file) {
    String byFile = file.getName().substring(0, file.getName().length() - ".jar".length());
    try (JarFile jar = new JarFile(file)) {
      List<JarEntry> entries =
          jar.stream().filter(e -> COORDINATES.matcher(e.getName()).matches()).toList();
      // a jar with several holds other libraries too: only its file name says which it is
      return entries.size() == 1 ? coordinates(jar, entries.get(0)) : byFile;
    } catch (IOException e) {
      return byFile;
    }
  }

  private static String coordinates(JarFile jar, JarEntry entry) throws IOException {
    Properties pom = new Properties();
    try (InputStream in = jar.getInputStream(entry)) {
      pom.load(in);
    }
    return pom.getProperty("groupId")
        + ":"
        + pom.getProperty("artifactId")
        + ":"
        + pom.getProperty("version");
  }
}
