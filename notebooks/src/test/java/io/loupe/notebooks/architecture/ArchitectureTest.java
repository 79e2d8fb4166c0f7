package io.loupe.notebooks.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the classes of all modules to the {@link Rules}. */
class ArchitectureTest {
  /** Fewer classes than this were not all of them; raise it as the project grows. */
  private static final int AT_LEAST = 300;

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.loupe");

  static Stream<String> rules() {
    return Rules.ALL.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void holds(String rule) {
    Rules.ALL.get(rule).allowEmptyShould(true).check(MAIN);
  }

  @Test
  void allModulesWereSeen() {
    assertThat(MAIN).hasSizeGreaterThan(AT_LEAST);
    assertThat(MAIN.stream().map(JavaClass::getPackageName))
        .contains(
            "io.loupe.datasets",
            "io.loupe.workbench.display",
            "io.loupe.kernels",
            "io.loupe.probes",
            "io.loupe.circuits",
            "io.loupe.notebooks.cli")
        .noneMatch(name -> name.contains("fixture"));
  }
}
