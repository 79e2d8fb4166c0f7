package io.loupe.notebooks.jupyter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
  @TempDir private Path folder;

  @Test
  void readsJupytersVersions() {
    Map<String, String> versions =
        Doctor.versions(
            String.join(
                "\n",
                "Selected Jupyter core packages...",
                "jupyter_client   : 7.4.9",
                "jupyterlab       : not installed",
                "nbconvert        : 6.5.3",
                "notebook         : 6.4.12"));
    assertThat(versions)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("jupyter_client", "7.4.9", "nbconvert", "6.5.3", "notebook", "6.4.12"));
    assertThat(Doctor.jupyter(versions))
        .isEqualTo(Check.ok("Jupyter", "notebook 6.4.12, jupyter_client 7.4.9"));
    assertThat(Doctor.nbconvert(versions)).isEqualTo(Check.ok("nbconvert", "6.5.3"));
  }

  @Test
  void saysHowToGetJupyter() {
    assertThat(Doctor.jupyter(Map.of()).lines())
        .containsExactly(
            "MISSING  Jupyter      there is no `jupyter` on the PATH",
            "         Debian, Ubuntu: sudo apt-get install jupyter-notebook",
            "         pip:            pip install notebook",
            "         conda:          conda install -c conda-forge notebook");
    assertThat(Doctor.jupyter(Map.of("jupyter_core", "4.12.0")).found())
        .isEqualTo("neither notebook nor jupyterlab is installed");
    assertThat(Doctor.nbconvert(Map.of()).remedies()).hasSize(3);
  }

  @Test
  void theCacheMayHaveToBeMade() throws Exception {
    assertThat(Doctor.cache(folder.resolve("not/yet")).ok()).isTrue();
    Path file = Files.createFile(folder.resolve("file"));
    assertThat(Doctor.cache(file.resolve("cache")).ok()).isFalse();
  }

  @Test
  void defaultsAreJupyters() {
    assertThat(Jupyter.defaultUserData(Map.of("JUPYTER_DATA_DIR", "/data")))
        .isEqualTo(Path.of("/data"));
    if (System.getProperty("os.name").equals("Linux")) {
      assertThat(Jupyter.defaultUserData(Map.of("XDG_DATA_HOME", "/xdg")))
          .isEqualTo(Path.of("/xdg/jupyter"));
      assertThat(Jupyter.defaultUserData(Map.of()))
          .isEqualTo(Path.of(System.getProperty("user.home"), ".local", "share", "jupyter"));
    }
  }
}
