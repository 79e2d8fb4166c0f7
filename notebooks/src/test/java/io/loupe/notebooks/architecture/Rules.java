package io.loupe.notebooks.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.lang.ArchRule;
import io.loupe.workbench.display.Display;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What the shape of the project is held to, by the name of each rule. */
final class Rules {
  static final String DATASETS = "io.loupe.datasets..";
  static final String WORKBENCH = "io.loupe.workbench..";
  static final String KERNELS = "io.loupe.kernels..";
  static final String PROBES = "io.loupe.probes..";
  static final String CIRCUITS = "io.loupe.circuits..";
  static final String NOTEBOOKS = "io.loupe.notebooks..";

  private static final Set<String> BARE =
      Set.of(
          "java.lang.RuntimeException",
          "java.lang.AssertionError",
          "java.lang.UnsupportedOperationException",
          "java.lang.Exception",
          "java.lang.Error",
          "java.lang.Throwable");

  static final Map<String, ArchRule> ALL = new LinkedHashMap<>();

  static {
    ALL.put("no package cycles", slices().matching("io.loupe.(**)").should().beFreeOfCycles());
    ALL.put(
        "datasets needs the JDK and Jackson only",
        classes()
            .that()
            .resideInAPackage(DATASETS)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                DATASETS,
                "java..",
                "javax..",
                "tools.jackson..",
                "com.fasterxml.jackson.annotation..",
                "org.jspecify.annotations.."));
    ALL.put("workbench-lib needs datasets only", not(WORKBENCH, KERNELS, PROBES, CIRCUITS));
    ALL.put("kernels needs workbench-lib only", not(KERNELS, PROBES, CIRCUITS));
    ALL.put("probes does not know circuits", not(PROBES, CIRCUITS));
    ALL.put("circuits does not know probes", not(CIRCUITS, PROBES));
    ALL.put("nothing imports kernels", onlyIn(KERNELS, KERNELS));
    ALL.put("nothing imports notebooks", onlyIn(NOTEBOOKS, NOTEBOOKS));
    ALL.put("CUDA is called in kernels only", onlyIn(KERNELS, "jcuda.."));
    ALL.put("Tribuo is used in probes only", onlyIn(PROBES, "org.tribuo.."));
    ALL.put(
        "JShell, the base kernel and picocli are used in notebooks only",
        onlyIn(NOTEBOOKS, "jdk.jshell..", "org.dflib.jjava..", "picocli.."));
    ALL.put("errors have a kind", noClasses().should().callConstructorWhere(bareErrorIsMade()));
    ALL.put(
        "only Display and the command line print",
        noClasses().should().accessFieldWhere(printed()));
    ALL.put(
        "the workbench has no setters",
        noMethods()
            .that()
            .areDeclaredInClassesThat()
            .resideInAPackage(WORKBENCH)
            .and()
            .areDeclaredInClassesThat()
            .arePublic()
            .and()
            .arePublic()
            .should()
            .haveNameMatching("set[A-Z].*"));
  }

  private Rules() {}

  private static ArchRule not(String module, String... others) {
    return noClasses()
        .that()
        .resideInAPackage(module)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others);
  }

  private static ArchRule onlyIn(String module, String... libraries) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(module)
        .and()
        .resideInAPackage("io.loupe..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(libraries);
  }

  /** A subclass may call the constructor of its own superclass; that is how it gets a kind. */
  private static DescribedPredicate<JavaConstructorCall> bareErrorIsMade() {
    return DescribedPredicate.describe(
        "a bare RuntimeException, AssertionError, UnsupportedOperationException or the like is made",
        call -> {
          boolean ofSuperclass =
              call.getOrigin().isConstructor()
                  && call.getOriginOwner()
                      .getRawSuperclass()
                      .filter(call.getTargetOwner()::equals)
                      .isPresent();
          return BARE.contains(call.getTargetOwner().getName()) && !ofSuperclass;
        });
  }

  private static DescribedPredicate<JavaFieldAccess> printed() {
    return DescribedPredicate.describe(
        "System.out or System.err is used outside of notebooks and Display",
        access -> {
          String field = access.getTarget().getFullName();
          String from = access.getOriginOwner().getName();
          return Set.of("java.lang.System.out", "java.lang.System.err").contains(field)
              && !from.startsWith("io.loupe.notebooks.")
              && !from.equals(Display.class.getName());
        });
  }
}
