package io.loupe.workbench.sweep;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.model.ContinuationMemory;
import io.loupe.workbench.site.HookPoint;
import java.util.Set;

/** Where what cells write comes from. */
interface Donors {
  /** Computes what is written at some points. */
  Recorded record(Set<HookPoint> points);

  /** Returns the bytes that are kept of it. */
  long kept(Set<HookPoint> points, ContinuationMemory memory);

  /** Returns a bound of the bytes that computing it needs on the way. */
  long run(ContinuationMemory memory);

  /** Returns the metric of a run that they come from, [row], once it was made; else nothing. */
  default double[] fingerprint() {
    return new double[0];
  }

  /** What is written, until it is closed. */
  interface Recorded extends AutoCloseable {
    /** Returns a tensor that broadcasts to the activation of one copy. */
    NDArray at(HookPoint point);

    @Override
    void close();
  }
}
