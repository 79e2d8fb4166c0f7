package io.loupe.kernels.attention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.TensorAddress;
import io.loupe.kernels.driver.CudaDevice;
import io.loupe.kernels.driver.DeviceMemory;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;

/** What one call holds on the device; closing frees all of it. */
final class DeviceScope implements AutoCloseable {
  /** How much is copied at once; a buffer of Java holds less than 2 GB. */
  private static final long CHUNK = 1L << 30;

  private final CudaDevice device;
  private final Deque<AutoCloseable> held = new ArrayDeque<>();

  DeviceScope(CudaDevice device) {
    this.device = device;
  }

  DeviceMemory allocate(long bytes) {
    DeviceMemory memory = device.allocate(bytes);
    held.push(memory);
    return memory;
  }

  long upload(ByteBuffer bytes) {
    DeviceMemory memory = device.upload(bytes);
    held.push(memory);
    return memory.address();
  }

  /** Returns where a tensor's numbers are on the device: its own place, or that of a copy. */
  long upload(NDArray tensor) {
    if (tensor.getDevice().isGpu()) {
      PtNDArray own = (PtNDArray) tensor;
      if (!TensorAddress.isContiguous(own)) {
        own = TensorAddress.contiguous(own);
        held.push(own);
      }
      return TensorAddress.of(own);
    }
    Shape shape = tensor.getShape();
    DeviceMemory memory = allocate(tensor.size() * tensor.getDataType().getNumOfBytes());
    long ofRow = memory.bytes() / shape.get(0);
    int step = columnsAtOnce(ofRow, shape.get(1));
    for (int row = 0; row < shape.get(0); row++) {
      for (int column = 0; column < shape.get(1); column += step) {
        String columns = column + ":" + Math.min(shape.get(1), column + step);
        try (NDArray ofBatch = tensor.get(row);
            NDArray part = ofBatch.get(columns)) {
          memory.write(row * ofRow + column * (ofRow / shape.get(1)), part.toByteBuffer());
        }
      }
    }
    return memory.address();
  }

  private static int columnsAtOnce(long bytesOfRow, long columns) {
    return (int) Math.max(1, Math.min(columns, CHUNK * columns / Math.max(1, bytesOfRow)));
  }

  /**
   * Where the kernels write a tensor.
   *
   * @param address on the device
   * @param tensor gives it, once it is written
   */
  record Output(long address, Supplier<NDArray> tensor) {}

  /** Makes room for a tensor like a given one, on the device of that. */
  Output output(NDArray like) {
    if (like.getDevice().isGpu()) {
      NDArray own = like.getManager().create(like.getShape(), like.getDataType());
      return new Output(TensorAddress.of((PtNDArray) own), () -> own);
    }
    DeviceMemory memory = allocate(like.size() * like.getDataType().getNumOfBytes());
    return new Output(memory.address(), () -> download(memory, like));
  }

  /** Returns memory of the device as a tensor on the CPU, [batch, query, head, d_head]. */
  private static NDArray download(DeviceMemory memory, NDArray like) {
    NDManager manager = like.getManager();
    Shape shape = like.getShape();
    if (memory.bytes() <= CHUNK) { // the tensor keeps the buffer; a view of it would not
      ByteBuffer bytes = CallArrays.buffer(memory.bytes());
      memory.read(0, bytes);
      return manager.create(bytes, shape, like.getDataType());
    }
    long columns = shape.get(0) * shape.get(1);
    long ofColumn = memory.bytes() / columns;
    int step = columnsAtOnce(memory.bytes(), columns);
    NDList parts = new NDList();
    for (long column = 0; column < columns; column += step) {
      long count = Math.min(step, columns - column);
      ByteBuffer bytes = CallArrays.buffer(count * ofColumn);
      memory.read(column * ofColumn, bytes);
      parts.add(
          manager.create(bytes, new Shape(count, shape.get(2), shape.get(3)), like.getDataType()));
    }
    NDArray joined = NDArrays.concat(parts).reshape(shape);
    parts.close();
    return joined;
  }

  @Override
  public void close() {
    while (!held.isEmpty()) {
      AutoCloseable one = held.pop();
      if (one instanceof DeviceMemory memory) {
        memory.close();
      } else {
        ((NDArray) one).close();
      }
    }
  }
}
