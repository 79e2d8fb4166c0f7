package io.loupe.workbench.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a dict of float32 tensors as torch.save would: an independent counterpart of the reader
 * under test, for files that are too many or too large to be kept.
 */
public final class TorchWriter {
  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
  private final List<byte[]> storages = new ArrayList<>();

  public TorchWriter() {
    put("\u0080\u0002}q\u0000(");
  }

  /** Adds a tensor with a storage of its own. */
  public TorchWriter add(String name, float[] values, long... shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= Math.max(1, shape[axis]);
    }
    return view(name, storage(values), values.length, 0, shape, strides);
  }

  /** Adds data, and returns their number. */
  public int storage(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    storages.add(bytes.array());
    return storages.size() - 1;
  }

  /** Adds a tensor as a view of data that were added. */
  public TorchWriter view(
      String name, int storage, int size, int offset, long[] shape, long[] strides) {
    text(name);
    put("ctorch._utils\n_rebuild_tensor_v2\n((");
    text("storage");
    put("ctorch\nFloatStorage\n");
    text(String.valueOf(storage));
    text("cpu");
    number(size);
    put("tQ");
    number(offset);
    numbers(shape);
    numbers(strides);
    put("\u0089ccollections\nOrderedDict\n)RtR");
    return this;
  }

  private void numbers(long[] numbers) {
    put("(");
    for (long number : numbers) {
      number(number);
    }
    put("t");
  }

  private void number(long number) {
    put("J");
    put(
        ByteBuffer.allocate(4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(Math.toIntExact(number))
            .array());
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    put("X");
    put(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length).array());
    put(bytes);
  }

  private void put(String latin1) {
    put(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  private void put(byte[] bytes) {
    pickle.writeBytes(bytes);
  }

  public byte[] bytes() {
    String program = pickle.toString(StandardCharsets.ISO_8859_1) + "u.";
    return archive(program.getBytes(StandardCharsets.ISO_8859_1), storages);
  }

  /** Packs any pickle with the bytes of storages 0, 1 and so on. */
  public static byte[] archive(byte[] pickle, List<byte[]> storages) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      entry(zip, "data.pkl", pickle);
      entry(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
      for (int key = 0; key < storages.size(); key++) {
        entry(zip, "data/" + key, storages.get(key));
      }
      entry(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void entry(ZipOutputStream zip, String name, byte[] data) throws IOException {
    ZipEntry entry = new ZipEntry("pytorch_model/" + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(data.length);
    entry.setTime(0);
    CRC32 crc = new CRC32();
    crc.update(data);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
  }

  public void write(Path file) throws IOException {
    Files.write(file, bytes());
  }
}
