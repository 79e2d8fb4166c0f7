package io.loupe.notebooks.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class KernelSpecTest {
  @TempDir private Path folder;

  private String classPath(KernelSpec spec) {
    return spec.command().get(spec.command().indexOf("-cp") + 1);
  }

  @Test
  void allJarsOfOneFolderBecomeTheFolder() throws Exception {
    Path one = Files.createFile(folder.resolve("one.jar"));
    Path two = Files.createFile(folder.resolve("two.jar"));
    assertThat(classPath(KernelSpec.of(folder, two + File.pathSeparator + one)))
        .isEqualTo(folder + File.separator + "*");
    assertThat(classPath(KernelSpec.of(folder, two.toString()))).isEqualTo(two.toString());
  }

  @Test
  void otherEntriesStayAndBecomeAbsolute() {
    String entries = "target/classes" + File.pathSeparator + folder.resolve("b.jar");
    assertThat(classPath(KernelSpec.of(folder, entries)))
        .isEqualTo(
            Path.of("target/classes").toAbsolutePath()
                + File.pathSeparator
                + folder.resolve("b.jar"));
  }

  @Test
  void writesWhatJupyterReads() throws Exception {
    Path file = KernelSpec.of(folder, "x.jar").write(folder);
    JsonNode json = JsonMapper.shared().readTree(Files.readString(file));
    assertThat(json.get("display_name").asString()).isEqualTo("Java (Loupe)");
    assertThat(json.get("language").asString()).isEqualTo("java");
    assertThat(json.get("interrupt_mode").asString()).isEqualTo("message");
    assertThat(json.at("/env/OPT_OUT_TRACKING").asString()).isEqualTo("true");
    assertThat(json.at("/argv/0").asString())
        .isEqualTo(folder.resolve("bin").resolve("java").toString());
    assertThat(json.get("argv").toString())
        .contains("--enable-native-access=ALL-UNNAMED", "-Dai.djl.offline=true")
        .contains("-Djava.awt.headless=true", "{connection_file}");
  }

  @Test
  void namesTheFilesThatAreGone() throws Exception {
    Path jar = Files.createFile(folder.resolve("a.jar"));
    KernelSpec spec = KernelSpec.of(folder, jar + File.pathSeparator + folder.resolve("gone.jar"));
    assertThat(spec.missing())
        .containsExactly(folder.resolve("bin").resolve("java"), folder.resolve("gone.jar"));
  }

  @Test
  void aBrokenFileIsNamed() throws Exception {
    Path file = Files.writeString(folder.resolve("kernel.json"), "{");
    assertThatThrownBy(() -> KernelSpec.read(file))
        .isInstanceOf(KernelSpecException.class)
        .hasMessageContaining("Expected a kernel spec in " + file);
    Files.writeString(file, "{}");
    assertThatThrownBy(() -> KernelSpec.read(file)).hasMessageContaining("no list \"argv\"");
  }

  @Test
  void theDoctorFindsAStaleSpec() throws Exception {
    Path kernels = folder.resolve("kernels");
    assertThat(Doctor.kernelSpec(List.of(folder)).ok()).isFalse();
    KernelSpec.ofThisProcess().write(kernels);
    assertThat(Doctor.kernelSpec(List.of(folder.resolve("other"), folder)).ok()).isTrue();
    KernelSpec.of(folder.resolve("old-jdk"), "gone.jar").write(kernels);
    Check stale = Doctor.kernelSpec(List.of(folder));
    assertThat(stale.ok()).isFalse();
    assertThat(stale.found()).contains("old-jdk", "gone.jar");
    assertThat(stale.remedies()).containsExactly("all systems:    ./loupe jupyter install");
  }
}
