package io.loupe.notebooks.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class InterruptTest {
  private final CellEvaluator evaluator = new CellEvaluator();
  private final Recorder heard = new Recorder();

  @AfterEach
  void close() {
    evaluator.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "while (true) {}",
        "for (;;) ;",
        "long n = 0; while (true) n++;",
        "do { } while (true);",
        "void loop() { while (true) {} }\nloop();",
        "Runnable r = () -> { while (true) {} }; r.run();",
        "IntStream.iterate(0, i -> i).forEach(i -> {})",
        "int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\nfib(90)",
        "while (true) { try { Thread.sleep(1000); } catch (Exception e) { } }",
        "while (true) { try { Math.sqrt(2); } catch (Throwable t) { } }",
        "try { while (true) {} } finally { System.out.print(\"\"); }",
        "Thread.sleep(100_000)",
        "new Object() { public String toString() { while (true) {} } }",
        "IntStream.range(0, 1 << 30).parallel().mapToLong(i -> {"
            + " long s = 0; for (int k = 0; k < 1 << 30; k++) s += k; return s; }).sum()",
      })
  void everythingThatCellsDoForeverStops(String source) throws Exception {
    CompletableFuture<CellResult> running =
        CompletableFuture.supplyAsync(
            () -> evaluator.evaluate("System.out.println(\"on\");\n" + source, heard));
    while (!heard.out().contains("on")) {
      Thread.sleep(10);
    }
    Thread.sleep(300); // let the loop be compiled
    evaluator.interrupt();
    CellError error = running.get(20, TimeUnit.SECONDS).error().orElseThrow();
    assertThat(error.kind()).isEqualTo(CellError.Kind.INTERRUPTED);
    assertThat(error.report().get(0)).isEqualTo("Interrupted: the cell was stopped");
    assertThat(error.line()).isGreaterThanOrEqualTo(2);
    CellResult after =
        evaluator.evaluate("int s = 0; for (int i = 0; i < 10; i++) s += i; s", heard);
    assertThat(after.error()).isEmpty();
    assertThat(after.value().orElseThrow().data()).containsValue("45");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void anInterruptWithoutACellChangesNothing() {
    evaluator.interrupt();
    assertThat(evaluator.evaluate("for (int i = 0; i < 9; i++) ;", heard).error()).isEmpty();
  }
}
