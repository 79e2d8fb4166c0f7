package io.loupe.workbench.tensor;

import ai.djl.Device;
import ai.djl.ndarray.ManagerResources;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.util.NativeHandles;
import java.lang.ref.Cleaner;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The native memory of tensors that reach the user. A forward pass frees its own intermediates when
 * it ends; what it hands out (captured activations, logits, gradients, and whatever the user
 * computes from them) lives as long as Java can reach it: a notebook that overwrites {@code var
 * run} leaks nothing, and a tensor never dies while somebody holds it. Closing it earlier frees it
 * at once.
 *
 * <p>A tensor that Java can no longer reach may still be in use: {@code logits().toFloatArray()}
 * reads its memory when nobody holds the tensor any more, and so does an operation on it that is
 * under way. So its memory is not freed at once but {@link Retired} first.
 *
 * <p>The garbage collector does not see native bytes, so the workbench asks for a collection when
 * those handed out since the last one exceed a budget: 64 MiB or 4,096 tensors, or an eighth of
 * what survived the last collection where that is more.
 */
public final class NativeMemory {
  private static final long MIN_BYTES = 64L << 20;
  private static final long MIN_TENSORS = 4096;
  private static final int QUIET_ROUNDS = 10;
  private static final int MOST_ROUNDS = 100;

  private static final Cleaner CLEANER = Cleaner.create();
  private static final Retired RETIRED = new Retired();
  private static final AtomicLong BYTES = new AtomicLong();
  private static final AtomicLong TENSORS = new AtomicLong();
  private static final Map<Device, NDManager> MANAGERS = new ConcurrentHashMap<>();
  private static volatile long survived; // bytes, at the last collection
  private static volatile long bytesBudget = MIN_BYTES;
  private static volatile long tensorsBudget = MIN_TENSORS;

  private NativeMemory() {}

  /** Returns the manager on a device whose tensors live as long as they can be reached. */
  public static NDManager reachable(Device device) {
    return MANAGERS.computeIfAbsent(device, NativeMemory::newReachableManager);
  }

  /**
   * Returns a second handle on a tensor's memory, without a copy and without its gradient history,
   * that lives as long as it can be reached.
   */
  public static NDArray keep(NDArray tensor) {
    return keep(tensor, tensor);
  }

  /**
   * Returns what {@link #keep(NDArray)} does, of what was made from another tensor and may be a
   * view of it.
   */
  public static NDArray keep(NDArray tensor, NDArray madeFrom) {
    NDArray handle = tensor.stopGradient();
    JavaMemory.share(madeFrom, handle);
    handle.attach(reachable(tensor.getDevice()));
    return handle;
  }

  /**
   * Asks for a collection before much is made, if anything worth one was handed out or adopted
   * since the last: a model that nobody holds any more makes room for the next.
   */
  public static void makeRoom() {
    if (BYTES.get() > budget(survived, MIN_BYTES)) {
      collectNow();
    }
  }

  /**
   * Takes over tensors that will live long, weights above all, from then on for as long as they can
   * be reached. The budget grows with them: while a model is loaded, nothing is garbage that a
   * collection could find.
   */
  public static void adopt(Collection<NDArray> tensors) {
    synchronized (NativeMemory.class) {
      long bytes = tensors.stream().mapToLong(NativeMemory::bytes).sum();
      bytesBudget = Math.max(bytesBudget, budget(BYTES.get() + bytes, MIN_BYTES));
      tensorsBudget = Math.max(tensorsBudget, budget(TENSORS.get() + tensors.size(), MIN_TENSORS));
    }
    tensors.forEach(tensor -> tensor.attach(reachable(tensor.getDevice())));
  }

  /**
   * Returns the bytes handed out and not yet known to be free; memory that several tensors share
   * counts for each.
   */
  public static long bytesHandedOut() {
    return BYTES.get();
  }

  /** Returns the number of tensors handed out and not yet known to be free. */
  public static long tensorsHandedOut() {
    return TENSORS.get();
  }

  private static NDManager newReachableManager(Device device) {
    NDManager manager = Engines.newManager(device);
    ManagerResources.replace(manager, new ReachableTensors());
    manager.setName("reachable " + device);
    return manager;
  }

  private static void register(PtNDArray tensor) {
    Claim claim = new Claim(NativeHandles.of(tensor), bytes(tensor));
    CLEANER.register(tensor, claim);
    long bytes = BYTES.addAndGet(claim.bytes);
    if (TENSORS.incrementAndGet() > tensorsBudget || bytes > bytesBudget) {
      collect();
    } else {
      RETIRED.freeIfMany();
    }
  }

  private static long bytes(NDArray tensor) {
    return tensor.getDataType().getNumOfBytes() * tensor.size();
  }

  private static synchronized void collect() {
    if (TENSORS.get() <= tensorsBudget && BYTES.get() <= bytesBudget) {
      return; // another thread was here first
    }
    collectNow();
  }

  private static synchronized void collectNow() {
    System.gc();
    waitForCleaner();
    RETIRED.free();
    survived = BYTES.get();
    bytesBudget = budget(survived, MIN_BYTES);
    tensorsBudget = budget(TENSORS.get(), MIN_TENSORS);
  }

  /**
   * What is alive, the weights of models above all, and room for what may be handed out until the
   * next collection.
   */
  private static long budget(long alive, long least) {
    return alive + Math.max(least, alive / 8);
  }

  /**
   * The cleaner's thread retires what the collection found; go on when it has found nothing more
   * for 50 ms, or after half a second.
   */
  private static void waitForCleaner() {
    long before = TENSORS.get();
    int quiet = 0;
    for (int round = 0; round < MOST_ROUNDS && quiet < QUIET_ROUNDS; round++) {
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      long now = TENSORS.get();
      quiet = now < before ? 0 : quiet + 1;
      before = now;
    }
  }

  /**
   * The bookkeeping of one tensor. It must not reach the tensor itself, or the tensor would never
   * become unreachable.
   */
  private static final class Claim implements Runnable {
    private final AtomicReference<Long> handle;
    private final long bytes;

    Claim(AtomicReference<Long> handle, long bytes) {
      this.handle = handle;
      this.bytes = bytes;
    }

    @Override
    public void run() {
      Long address = handle.getAndSet(null);
      if (address != null) {
        RETIRED.add(address, bytes);
      }
      BYTES.addAndGet(-bytes);
      TENSORS.decrementAndGet();
    }
  }

  /** Stands in a manager where DJL keeps its arrays, and does not keep them. */
  private static final class ReachableTensors extends ConcurrentHashMap<String, AutoCloseable> {
    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("NullAway") // Map.put returns null where there was nothing
    public AutoCloseable put(String uid, AutoCloseable resource) {
      if (resource instanceof PtNDArray tensor) {
        register(tensor);
        return null;
      }
      return super.put(uid, resource);
    }
  }
}
