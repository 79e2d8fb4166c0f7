package io.loupe.workbench.tensor;

import ai.djl.ndarray.ManagerResources;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the memory of tensors that were made from Java values for as long as a recorded pass may
 * read it.
 *
 * <p>DJL makes such a tensor, and the number in {@code x.mul(0.5)}, on a direct buffer and lets go
 * of the buffer when the tensor is closed; the graph that autograd recorded still reads it on the
 * way back. A collection in between freed it, and one gradient in some hundreds was wrong.
 */
final class PinnedBuffers {
  private static final Field BUFFER = buffer();

  private PinnedBuffers() {}

  /** Makes a new manager, and those below it, keep their tensors' buffers until it is closed. */
  static NDManager pinning(NDManager manager) {
    ManagerResources.replace(manager, new Resources(new ConcurrentLinkedQueue<>()));
    return manager;
  }

  private static Field buffer() {
    try {
      Field field = PtNDArray.class.getDeclaredField("dataRef");
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(
          "This DJL is not the one that the workbench was made for: its tensors have no field 'dataRef'",
          e);
    }
  }

  /** What a manager holds. A tensor's buffer is taken before DJL lets go of it. */
  private static final class Resources extends ConcurrentHashMap<String, AutoCloseable> {
    private static final long serialVersionUID = 1L;

    private final transient Queue<ByteBuffer> pins;

    Resources(Queue<ByteBuffer> pins) {
      this.pins = pins;
    }

    @Override
    @SuppressWarnings("NullAway") // Map.put returns null where there was nothing
    public AutoCloseable put(String uid, AutoCloseable resource) {
      if (resource instanceof NDManager manager) {
        ManagerResources.replace(manager, new Resources(pins));
      }
      return super.put(uid, resource);
    }

    /** A tensor that is closed leaves. */
    @Override
    @SuppressWarnings("NullAway") // Map.remove returns null where there was nothing
    public AutoCloseable remove(Object uid) {
      AutoCloseable resource = super.remove(uid);
      pin(resource);
      return resource;
    }

    /** A manager that is closed goes through all that it holds. */
    @Override
    public Collection<AutoCloseable> values() {
      Collection<AutoCloseable> all = super.values();
      all.forEach(this::pin);
      return all;
    }

    private void pin(@Nullable AutoCloseable resource) {
      if (resource instanceof PtNDArray tensor) {
        try {
          ByteBuffer buffer = (ByteBuffer) BUFFER.get(tensor);
          if (buffer != null) {
            pins.add(buffer);
          }
        } catch (IllegalAccessException e) {
          throw new IllegalStateException("The field was made accessible before", e);
        }
      }
    }
  }
}
