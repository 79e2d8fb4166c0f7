package io.loupe.notebooks.eval;

import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Renderers;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Map;
import jdk.jshell.execution.DirectExecutionControl;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;
import org.jspecify.annotations.Nullable;

/**
 * Runs what JShell compiled, in the thread that evaluates the cell, and renders the value where
 * JShell would take its text. Rendering is part of the cell: it may call the cell's own classes,
 * fail in them, and be interrupted.
 */
final class CellExecution extends DirectExecutionControl {
  private boolean rendering;
  private @Nullable MimeBundle rendered;
  private boolean inCell;
  private boolean interrupted;
  private @Nullable Thread running;

  CellExecution(CellClasses classes) {
    super(classes);
  }

  ExecutionControlProvider provider() {
    return new Provider();
  }

  synchronized void beginCell() {
    inCell = true;
    interrupted = false;
  }

  /** Ends a cell, and leaves no signal behind that would stop the next one. */
  synchronized void endCell() {
    inCell = false;
    StopSignal.lower();
  }

  synchronized boolean isInterrupted() {
    return interrupted;
  }

  /**
   * Stops cell code at its next check and wakes it from waiting. The thread is interrupted only
   * while it runs cell code: an interrupt during compilation would close the compiler's files.
   */
  synchronized void interrupt() {
    if (!inCell) {
      return;
    }
    interrupted = true;
    StopSignal.raise();
    if (running != null) {
      running.interrupt();
    }
  }

  /** Says whether the value of the next invocations is to be rendered. */
  void setRendering(boolean on) {
    rendering = on;
    rendered = null;
  }

  /** The last invocation's rendered value; null if there was none to render. */
  @Nullable MimeBundle rendered() {
    return rendered;
  }

  @Override
  protected String invoke(Method doit) throws Exception {
    enter();
    try {
      Object value = doit.invoke(null);
      if (rendering) {
        rendered = render(value);
      }
      return "";
    } finally {
      leave();
    }
  }

  // Whatever goes wrong in a cell's toString() is the cell's exception, of any kind.
  private static MimeBundle render(@Nullable Object value) throws InvocationTargetException {
    try {
      return Renderers.render(value);
    } catch (Throwable thrown) {
      throw new InvocationTargetException(thrown);
    }
  }

  private synchronized void enter() {
    running = Thread.currentThread();
  }

  private synchronized void leave() {
    running = null;
    Thread.interrupted();
  }

  private final class Provider implements ExecutionControlProvider {
    @Override
    public String name() {
      return "loupe";
    }

    @Override
    public ExecutionControl generate(ExecutionEnv environment, Map<String, String> parameters) {
      return CellExecution.this;
    }
  }
}
