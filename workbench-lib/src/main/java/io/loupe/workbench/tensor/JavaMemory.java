package io.loupe.workbench.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.reflect.Field;

/**
 * Tensors made of a Java array lie in a buffer of Java's, which the engine knows by its address
 * alone: only the tensor that was made keeps the buffer. A second handle on the same memory has to
 * keep it too, or it reads what the next owner of the memory writes there.
 */
final class JavaMemory {
  private static final Field BUFFER = buffer();

  private JavaMemory() {}

  private static Field buffer() {
    try {
      Field field = PtNDArray.class.getDeclaredField("dataRef"); // there is no public way
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException("This version of DJL keeps buffers in another way", e);
    }
  }

  /** Lets a handle keep the buffer that another tensor lies in, if that is one of Java's. */
  static void share(NDArray tensor, NDArray handle) {
    try {
      Object buffer = BUFFER.get(tensor);
      if (buffer != null) {
        BUFFER.set(handle, buffer);
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
