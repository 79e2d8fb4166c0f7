package io.loupe.notebooks.eval;

import java.lang.invoke.CallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.MutableCallSite;

/**
 * The signal that ends running cell code, also an endless loop that calls nothing. Every backward
 * jump and every method entry of cell code calls one shared call site ({@link StopChecks}); its
 * target does nothing until the signal is raised. As the just-in-time compiler inlines the target,
 * the check costs nothing in a running loop; raising the signal makes the JVM drop the compiled
 * code. {@code Thread.stop}, which served this purpose, throws on newer JDKs.
 *
 * <p>Public only because cell code has to reach {@link #link}.
 */
public final class StopSignal {
  private static final MethodType CHECK = MethodType.methodType(void.class);
  private static final MethodHandle PASS = MethodHandles.empty(CHECK);
  private static final MethodHandle STOP = stopHandle();
  private static final MutableCallSite SITE = new MutableCallSite(PASS);

  private StopSignal() {}

  /** Links a check in cell code: the bootstrap method of its {@code invokedynamic}. */
  public static CallSite link(MethodHandles.Lookup caller, String name, MethodType type) {
    return SITE;
  }

  static void raise() {
    point(STOP);
  }

  static void lower() {
    point(PASS);
  }

  private static void point(MethodHandle target) {
    if (SITE.getTarget() != target) {
      SITE.setTarget(target);
      MutableCallSite.syncAll(new MutableCallSite[] {SITE});
    }
  }

  private static MethodHandle stopHandle() {
    try {
      return MethodHandles.lookup().findStatic(StopSignal.class, "stop", CHECK);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("StopSignal.stop() is missing", e);
    }
  }

  private static void stop() {
    throw new CellStopped();
  }

  /** Ends the cell; an {@link Error}, as cells catch exceptions. */
  static final class CellStopped extends Error {
    private static final long serialVersionUID = 1L;

    CellStopped() {
      super("The cell was interrupted");
    }
  }
}
