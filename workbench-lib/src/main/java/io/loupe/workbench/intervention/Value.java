package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.tensor.NativeMemory;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A tensor that an intervention writes or adds: it says where it comes from, and compares by
 * content, so that an intervention is data.
 *
 * <p>Holds a copy of the tensor it is made from; what is done to that one later does not reach it.
 */
public final class Value {
  private final NDArray tensor;
  private final String source;
  private final String digest;

  private Value(NDArray tensor, String source) {
    this.tensor = tensor;
    this.source = source;
    this.digest = digest(tensor);
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
    return other instanceof Value value && digest.equals(value.digest);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return "%s %s #%s".formatted(source, tensor.getShape(), digest.substring(0, 8));
  }

  private static String digest(NDArray tensor) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(
          (tensor.getDataType() + " " + tensor.getShape())
              .getBytes(java.nio.charset.StandardCharsets.UTF_8));
      ByteBuffer bytes = tensor.toByteBuffer();
      sha256.update(bytes);
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
