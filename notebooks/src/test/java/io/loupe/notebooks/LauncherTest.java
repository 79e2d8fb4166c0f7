package io.loupe.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script {@code loupe}, in a folder with a pretended JDK and a pretended Maven. */
class LauncherTest {
  private static final List<String> TOOLS =
      List.of(
          "bash",
          "env",
          "cat",
          "dirname",
          "find",
          "head",
          "ln",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "sed",
          "sleep",
          "touch");

  @TempDir private Path temp;
  private Path root;
  private Path bin;
  private Path jdk;

  private record Outcome(int exitCode, String output) {}

  @BeforeEach
  void pretend() throws IOException {
    root = Files.createDirectories(temp.resolve("a checkout with spaces"));
    Files.copy(Path.of("..", "loupe"), root.resolve("loupe"));
    Files.createDirectories(root.resolve(".mvn"));
    Files.createFile(root.resolve("pom.xml"));
    Files.createDirectories(root.resolve("notebooks/src/main"));
    Files.createFile(root.resolve("notebooks/pom.xml"));
    script(
        root.resolve("mvnw"), "echo built >>count", "mkdir -p notebooks/target/lib", "sleep 0.3");
    bin = Files.createDirectories(temp.resolve("bin"));
    for (String tool : TOOLS) {
      allow(tool);
    }
    jdk = jdk("jdk", "17");
    script(jdk.resolve("bin/javac"));
  }

  @Test
  void buildsOnceAndPassesTheArgumentsOn() throws Exception {
    Outcome first = run("report", "a b.ipynb");
    assertThat(first.output())
        .contains("loupe: building; the first time takes some minutes")
        .contains("[-Dai.djl.offline=true]", "[" + root.toRealPath() + "/notebooks/target/lib/*]")
        .contains("[io.loupe.notebooks.cli.Loupe][report][a b.ipynb]");
    assertThat(first.exitCode()).isEqualTo(7);

    assertThat(run("--version").output()).doesNotContain("building");
    assertThat(root.resolve("count")).hasContent("built");
  }

  @Test
  void buildsAgainWhenASourceChangesOrGoes() throws Exception {
    Path source = Files.createFile(root.resolve("notebooks/src/main/A.java"));
    run();
    Thread.sleep(20);
    Files.writeString(source, "changed");
    assertThat(run().output()).contains("since the sources have changed");
    Thread.sleep(20);
    Files.delete(source);
    assertThat(run().output()).contains("since the sources have changed");
    assertThat(run().output()).doesNotContain("building");
  }

  @Test
  void aSourceThatChangesDuringABuildIsBuiltByTheNext() throws Exception {
    script(root.resolve("mvnw"), "sleep 0.1", "echo changed >notebooks/src/main/A.java");
    run();
    assertThat(run().output()).contains("building");
  }

  @Test
  void aBuildThatFailsShowsWhyAndIsTriedAgain() throws Exception {
    script(root.resolve("mvnw"), "echo the reason", "exit 1");
    for (int i = 0; i < 2; i++) {
      Outcome outcome = run();
      assertThat(outcome.output()).contains("the reason", "loupe: the build failed");
      assertThat(outcome.exitCode()).isEqualTo(1);
    }
  }

  @Test
  void twoAtOnceBuildOnce() throws Exception {
    allow("flock");
    startTwo();
  }

  private void startTwo() throws Exception {
    Process one = start(root.resolve("loupe"), temp);
    Process two = start(root.resolve("loupe"), temp);
    assertThat(List.of(outcome(one).exitCode(), outcome(two).exitCode())).containsOnly(7);
    assertThat(root.resolve("count")).hasContent("built");
  }

  @Test
  void twoAtOnceBuildOnceWithoutFlockToo() throws Exception {
    Path lock = Files.createDirectories(root.resolve("notebooks/target/build.lock.d"));
    Files.writeString(lock.resolve("pid"), "999999999"); // left by a build that was killed
    startTwo();
    assertThat(lock).doesNotExist();
  }

  @Test
  void worksThroughASymbolicLinkFromAnotherFolder() throws Exception {
    Path link = Files.createDirectories(temp.resolve("links")).resolve("l");
    Files.createSymbolicLink(link, Path.of("..").resolve(root.getFileName()).resolve("loupe"));
    assertThat(outcome(start(link, temp.resolve("links"))).output())
        .contains("[" + root.toRealPath() + "/notebooks/target/lib/*]");
  }

  @Test
  void saysWhichJavaIsMissing() throws Exception {
    Path real = jdk;
    jdk = temp.resolve("nowhere");
    assertThat(run().output()).contains("there is no bin/java", "Loupe needs a JDK 17 or newer");

    jdk = jdk("jre", "17");
    assertThat(run().output()).contains("is a JRE", "Loupe needs a JDK 17 or newer");

    jdk = jdk("old", "1.8");
    assertThat(run().output()).contains("is Java 1.8", "Loupe needs a JDK 17 or newer");

    ProcessBuilder none = builder(root.resolve("loupe"), temp);
    none.environment().remove("JAVA_HOME");
    Outcome outcome = outcome(none.start());
    assertThat(outcome.output()).contains("no java on the PATH and JAVA_HOME is not set");
    assertThat(outcome.exitCode()).isEqualTo(1);

    Files.createSymbolicLink(bin.resolve("java"), real.resolve("bin/java"));
    assertThat(outcome(none.start()).exitCode()).isEqualTo(7);
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = Files.createDirectories(temp.resolve(name));
    Files.createDirectories(home.resolve("bin"));
    script(
        home.resolve("bin/java"),
        "if [ \"$1\" = -XshowSettings:properties ]; then",
        "  echo '    java.home = "
            + home
            + "'; echo '    java.specification.version = "
            + version
            + "'",
        "else",
        "  printf '[%s]' \"$@\"; exit 7",
        "fi");
    return home;
  }

  private Outcome run(String... arguments) throws Exception {
    return outcome(start(root.resolve("loupe"), temp, arguments));
  }

  private Process start(Path script, Path folder, String... arguments) throws IOException {
    return builder(script, folder, arguments).start();
  }

  private ProcessBuilder builder(Path script, Path folder, String... arguments) {
    ProcessBuilder builder = new ProcessBuilder(script.toString());
    builder.command().addAll(List.of(arguments));
    builder.directory(folder.toFile()).redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("PATH", bin.toString());
    environment.put("JAVA_HOME", jdk.toString());
    return builder;
  }

  private static Outcome outcome(Process process) throws Exception {
    try (InputStream output = process.getInputStream()) {
      String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      return new Outcome(process.waitFor(), text);
    }
  }

  private static void script(Path file, String... lines) throws IOException {
    Files.writeString(file, "#!/bin/bash\n" + String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Puts a tool of this machine on the PATH of the script. */
  private void allow(String tool) throws IOException {
    script(bin.resolve(tool), "exec " + find(tool) + " \"$@\"");
  }

  private static Path find(String tool) {
    return List.of("/bin", "/usr/bin").stream()
        .map(folder -> Path.of(folder, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }
}
