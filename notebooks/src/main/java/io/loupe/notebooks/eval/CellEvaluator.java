package io.loupe.notebooks.eval;

import io.loupe.workbench.display.NotebookImports;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.locks.ReentrantLock;
import jdk.jshell.JShell;
import jdk.jshell.SnippetEvent;

/**
 * Runs cells of Java, one after the other, with JShell in this JVM and on its class path. What one
 * cell declares the next ones see; what is declared again replaces what was there, and the old
 * value of a variable becomes garbage.
 *
 * <p>Standard output and standard error belong to the whole JVM, so cells run one at a time, also
 * those of several evaluators: {@link #evaluate} waits for its turn.
 */
public final class CellEvaluator implements AutoCloseable {
  private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock();
  private static final List<String> IMPORTS =
      List.of(
          "java.util.*",
          "java.util.function.*",
          "java.util.stream.*",
          "java.nio.file.*",
          "io.loupe.workbench.display.*");

  private final CellClasses classes = new CellClasses();
  private final CellExecution execution = new CellExecution(classes);
  private final CellMap cells = new CellMap();
  private final JShell shell;

  /**
   * Starts JShell and imports what notebooks need: some of the JDK, the display package, and what
   * the {@link NotebookImports} on the class path name.
   *
   * @throws IllegalArgumentException if a provider names what does not exist
   */
  public CellEvaluator() {
    shell = JShell.builder().executionEngine(execution.provider(), Map.of()).build();
    IMPORTS.forEach(each -> importName(each, "the evaluator"));
    for (NotebookImports provider : ServiceLoader.load(NotebookImports.class)) {
      provider.imports().forEach(each -> importName(each, provider.getClass().getName()));
    }
  }

  private void importName(String name, String provider) {
    for (SnippetEvent event : shell.eval("import " + name + ";")) {
      if (!event.status().isDefined()) {
        throw new IllegalArgumentException(
            "Expected a package, class or static member to import, got \""
                + name
                + "\" from "
                + provider);
      }
    }
  }

  /**
   * Runs a cell in this thread and returns when it is done. What it prints and displays goes to the
   * listener as it comes, also from threads that it starts; afterwards the streams are as before. A
   * cell with a syntax error is not run at all.
   */
  public CellResult evaluate(String source, CellListener listener) {
    ONE_AT_A_TIME.lock();
    Thread thread = Thread.currentThread();
    ClassLoader loaderBefore = thread.getContextClassLoader();
    thread.setContextClassLoader(classes.loader());
    execution.beginCell();
    cells.beginCell(source);
    try (CellOutput output = new CellOutput(listener)) {
      return new CellRun(shell, execution, classes, cells).run();
    } finally {
      execution.endCell();
      thread.setContextClassLoader(loaderBefore);
      ONE_AT_A_TIME.unlock();
    }
  }

  /**
   * Stops the cell that is running, from another thread; without one, nothing happens. Code written
   * in cells stops at its next loop or call, in whichever thread it runs; a library call that waits
   * is interrupted as by {@link Thread#interrupt()}, and one that computes is waited for.
   */
  public void interrupt() {
    execution.interrupt();
  }

  /** Returns what could stand at the cursor, an offset into the source. */
  public Completion complete(String source, int cursor) {
    return new Assistance(shell.sourceCodeAnalysis()).complete(source, cursor);
  }

  /**
   * Returns signatures and, where the JDK has its sources, the Javadoc of what stands at the
   * cursor, an offset into the source.
   */
  public Optional<String> documentation(String source, int cursor) {
    return new Assistance(shell.sourceCodeAnalysis()).documentation(source, cursor);
  }

  /** Says whether a source could be run as it stands, or a line is to be continued. */
  public Completeness completeness(String source) {
    return new Assistance(shell.sourceCodeAnalysis()).completeness(source);
  }

  /** Ends JShell. A cell that is running should be interrupted before. */
  @Override
  public void close() {
    shell.close();
  }
}
