package io.loupe.workbench.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Puts safetensors files together by hand, right or wrong, without the writer under test. */
final class RawFile {
  private RawFile() {}

  /** Writes the header's true length, the header with ' for ", and data. */
  static Path write(Path file, String header, int... data) throws IOException {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return write(file, json.length, json, data);
  }

  static Path write(Path file, long length, byte[] header, int... data) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + header.length + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(length)
            .put(header);
    for (int value : data) {
      bytes.put((byte) value);
    }
    return Files.write(file, bytes.array());
  }
}
