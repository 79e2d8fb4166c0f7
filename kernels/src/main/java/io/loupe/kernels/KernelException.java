package io.loupe.kernels;

/** Trouble with a GPU: there is none, its driver refused a call, its memory is full. */
public final class KernelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int code;

  /**
   * Describes trouble.
   *
   * @param call the driver's function, such as {@code cuMemAlloc}
   * @param code what it returned, as in {@code cuda.h}; 0 if it was not called
   * @param message what it means and what can be done
   */
  public KernelException(String call, int code, String message) {
    super(code == 0 ? message : "%s (%s returned %d)".formatted(message, call, code));
    this.call = call;
    this.code = code;
  }

  /** Returns the name of the driver's function. */
  public String call() {
    return call;
  }

  /** Returns what the driver returned, as in {@code cuda.h}; 0 if it was not called. */
  public int code() {
    return code;
  }
}
