package io.loupe.workbench.tensor;

import ai.djl.Device;
import ai.djl.ndarray.ManagerResources;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Makes scopes in which a pass can be recorded for gradients. The memory of a tensor that was made
 * from Java values is a Java buffer, which DJL lets go when the tensor is closed; the way back may
 * still need it. {@code x.mul(0.5)} makes such a tensor of the number and closes it at once, so
 * that after a garbage collection the gradient of x was any multiple. Here buffers stay until the
 * outermost scope is closed.
 */
final class RecordingScope {
  private static final VarHandle BUFFER = buffer();

  private RecordingScope() {}

  static NDManager open(Device device) {
    NDManager manager = Engines.newManager(device);
    ManagerResources.replace(manager, new Resources(new Buffers()));
    return manager;
  }

  private static VarHandle buffer() {
    try {
      return MethodHandles.privateLookupIn(PtNDArray.class, MethodHandles.lookup())
          .findVarHandle(PtNDArray.class, "dataRef", ByteBuffer.class);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("This is not the DJL that gradients were made safe for", e);
    }
  }

  /** The buffers of all scopes inside of one, until all of them are closed. */
  private static final class Buffers {
    private final Collection<ByteBuffer> kept = new ConcurrentLinkedQueue<>();
    private @Nullable PtNDArray latest;

    /** A tensor gets its buffer right after its manager, so it is asked when the next one comes. */
    synchronized void made(PtNDArray tensor) {
      keep(latest);
      latest = tensor;
    }

    synchronized void keep(@Nullable PtNDArray tensor) {
      ByteBuffer buffer = tensor == null ? null : (ByteBuffer) BUFFER.get(tensor);
      if (buffer != null) {
        kept.add(buffer);
      }
    }
  }

  /** Stands in a manager where DJL keeps its resources; sees each come and go. */
  private static final class Resources extends ConcurrentHashMap<String, AutoCloseable> {
    private static final long serialVersionUID = 1L;

    private final transient Buffers buffers;

    Resources(Buffers buffers) {
      this.buffers = buffers;
    }

    @Override
    @SuppressWarnings("NullAway") // Map.put returns null where there was nothing
    public AutoCloseable put(String uid, AutoCloseable resource) {
      if (resource instanceof PtNDArray tensor) {
        buffers.made(tensor);
      } else if (resource instanceof NDManager inner) {
        ManagerResources.replace(inner, new Resources(buffers));
      }
      return super.put(uid, resource);
    }

    @Override
    @SuppressWarnings("NullAway") // Map.remove returns null where there was nothing
    public AutoCloseable remove(Object uid) {
      AutoCloseable resource = super.remove(uid);
      if (resource instanceof PtNDArray tensor) {
        buffers.keep(tensor);
      }
      return resource;
    }
  }
}
