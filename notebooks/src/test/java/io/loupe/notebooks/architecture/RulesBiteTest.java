package io.loupe.notebooks.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.EvaluationResult;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule fails on a class that was written to break it, and names that class. */
class RulesBiteTest {
  private static final Map<String, JavaClasses> IMPORTED = new HashMap<>();

  static Stream<Arguments> offenders() {
    return Stream.of(
        arguments("no package cycles", "io.loupe.workbench.fixture.a.A"),
        arguments(
            "datasets needs the JDK and Jackson only", "io.loupe.datasets.fixture.UsesXchart"),
        arguments("workbench-lib needs datasets only", "io.loupe.workbench.fixture.UsesProbes"),
        arguments("kernels needs workbench-lib only", "io.loupe.kernels.fixture.UsesProbes"),
        arguments("probes does not know circuits", "io.loupe.probes.fixture.UsesCircuits"),
        arguments("circuits does not know probes", "io.loupe.circuits.fixture.UsesProbes"),
        arguments("nothing imports kernels", "io.loupe.notebooks.fixture.UsesKernels"),
        arguments("nothing imports notebooks", "io.loupe.circuits.fixture.UsesNotebooks"),
        arguments("CUDA is called in kernels only", "io.loupe.workbench.fixture.UsesCuda"),
        arguments("Tribuo is used in probes only", "io.loupe.workbench.fixture.UsesTribuo"),
        arguments(
            "JShell, the base kernel and picocli are used in notebooks only",
            "io.loupe.workbench.fixture.UsesPicocli"),
        arguments("errors have a kind", "io.loupe.workbench.fixture.ThrowsBare"),
        arguments("only Display and the command line print", "io.loupe.workbench.fixture.Prints"),
        arguments("the workbench has no setters", "io.loupe.workbench.fixture.HasSetter"));
  }

  @ParameterizedTest
  @MethodSource("offenders")
  void failsOnTheClassThatBreaksIt(String rule, String offender) {
    String fixtures = offender.substring(0, offender.indexOf(".fixture.")) + ".fixture";
    EvaluationResult result = Rules.ALL.get(rule).evaluate(imported(fixtures));

    assertThat(result.getFailureReport().getDetails())
        .as("violations of: %s", rule)
        .anyMatch(detail -> detail.contains(offender));
  }

  @Test
  void everyRuleHasItsOffender() {
    List<String> covered = offenders().map(arguments -> (String) arguments.get()[0]).toList();
    assertThat(covered).containsExactlyElementsOf(Rules.ALL.keySet());
  }

  @Test
  void anErrorWithAKindMayCallItsSuperclass() {
    EvaluationResult result =
        Rules.ALL.get("errors have a kind").evaluate(imported("io.loupe.workbench.fixture"));

    assertThat(result.getFailureReport().getDetails())
        .hasSize(3)
        .allMatch(detail -> detail.contains("ThrowsBare"));
  }

  private static JavaClasses imported(String fixtures) {
    return IMPORTED.computeIfAbsent(fixtures, new ClassFileImporter()::importPackages);
  }
}
