package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.files.Sha256;
import io.loupe.workbench.tensor.NativeMemory;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that an intervention writes or adds: it says where it comes from, and compares by
 * content, so that an intervention is data.
 *
 * <p>Holds a copy of the tensor it is made from; what is done to that one later does not reach it.
 */
public final class Value {
  private final NDArray tensor;
  private final String source;
  private @Nullable String digest; // of the content; hashed when it is first asked for

  private Value(NDArray tensor, String source) {
    this.tensor = tensor;
    this.source = source;
  }

  /** Copies a tensor; {@code source} says in words where it comes from. */
  public static Value of(NDArray tensor, String source) {
    NDArray copy = tensor.stopGradient().duplicate();
    copy.attach(NativeMemory.reachable(tensor.getDevice()));
    return new Value(copy, source);
  }

  /** Returns the tensor itself, not a copy: do not change it. */
  public NDArray tensor() {
    return tensor;
  }

  /** Returns where the value comes from, in words. */
  public String source() {
    return source;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Value value && digest().equals(value.digest());
  }

  @Override
  public int hashCode() {
    return digest().hashCode();
  }

  @Override
  public String toString() {
    return "%s %s #%s".formatted(source, tensor.getShape(), digest().substring(0, 8));
  }

  private synchronized String digest() {
    if (digest == null) {
      digest = Sha256.of(tensor.getDataType() + " " + tensor.getShape(), tensor.toByteBuffer());
    }
    return digest;
  }
}
