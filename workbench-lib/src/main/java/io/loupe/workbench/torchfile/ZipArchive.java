package io.loupe.workbench.torchfile;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where the entries of a zip archive lie in its file. Only entries that are stored as they are can
 * be asked for: PyTorch compresses none, so that they can be mapped. Every number that the archive
 * gives is checked against the file's size before it is used.
 */
final class ZipArchive {
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int MAX_COMMENT = 0xffff;
  private static final int END64_LOCATOR_SIGNATURE = 0x07064b50;
  private static final int END64_LOCATOR_BYTES = 20;
  private static final int END64_SIGNATURE = 0x06064b50;
  private static final int END64_BYTES = 56;
  private static final int DIRECTORY_SIGNATURE = 0x02014b50;
  private static final int DIRECTORY_BYTES = 46;
  private static final int LOCAL_SIGNATURE = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int EXTRA64 = 1;
  private static final long IN_EXTRA64 = 0xffffffffL;
  private static final int MAX_DIRECTORY = 100_000_000;

  private final Path file;
  private final FileChannel channel;
  private final long size;
  private final Map<String, Entry> entries = new HashMap<>();

  /** What the directory at the archive's end says about an entry. */
  private record Entry(int flags, int method, long packed, long size, long header) {}

  /**
   * A run of bytes of the file.
   *
   * @param begin position of the first
   * @param size how many
   */
  record Range(long begin, long size) {}

  private ZipArchive(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    this.size = channel.size();
  }

  /** Reads the directory at the end of the archive. */
  static ZipArchive read(Path file, FileChannel channel) throws IOException {
    ZipArchive archive = new ZipArchive(file, channel);
    Range directory = archive.directory();
    if (directory.size() > MAX_DIRECTORY) {
      throw archive.problem(
          directory.begin(),
          "the zip directory has %d bytes; more than %d are never read"
              .formatted(directory.size(), MAX_DIRECTORY));
    }
    ByteBuffer bytes = archive.bytes(directory);
    while (bytes.hasRemaining()) {
      archive.readEntry(bytes, directory.begin() + bytes.position());
    }
    return archive;
  }

  Path file() {
    return file;
  }

  /** Returns the names of all entries. */
  Set<String> names() {
    return entries.keySet();
  }

  /**
   * Returns where the data of an entry lie; empty if there is none of that name.
   *
   * @throws TorchFileException if they are compressed, or do not lie inside the file
   */
  Optional<Range> range(String name) throws IOException {
    Entry entry = entries.get(name);
    if (entry == null) {
      return Optional.empty();
    }
    if (entry.method != 0 || (entry.flags & 1) != 0 || entry.packed != entry.size) {
      throw problem(
          entry.header,
          "%s is compressed or encrypted; torch.save does neither, and such entries are not read"
              .formatted(Shown.text(name)));
    }
    // compared by subtraction: a sum might overflow
    if (entry.header > size - LOCAL_BYTES) {
      throw outside(name, entry.header);
    }
    ByteBuffer local = bytes(file, channel, entry.header, LOCAL_BYTES);
    int nameBytes = Short.toUnsignedInt(local.getShort(26));
    long begin = entry.header + LOCAL_BYTES + nameBytes + Short.toUnsignedInt(local.getShort(28));
    if (local.getInt(0) != LOCAL_SIGNATURE || entry.size > size - begin) {
      throw outside(name, entry.header);
    }
    ByteBuffer localName = bytes(file, channel, entry.header + LOCAL_BYTES, nameBytes);
    if (!localName.equals(StandardCharsets.UTF_8.encode(name))) {
      throw problem(
          entry.header, "the zip directory and the data disagree on the name " + Shown.text(name));
    }
    return Optional.of(new Range(begin, entry.size));
  }

  private TorchFileException outside(String name, long header) {
    return problem(
        header,
        "the data of %s do not lie inside the file of %d bytes: it is truncated or damaged"
            .formatted(Shown.text(name), size));
  }

  /** Reads a run of bytes that was checked to lie inside the file. */
  ByteBuffer bytes(Range range) throws IOException {
    return bytes(file, channel, range.begin(), (int) range.size());
  }

  static ByteBuffer bytes(Path file, FileChannel channel, long position, int count)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new TorchFileException(
            file, "the file became shorter while it was read", new EOFException());
      }
    }
    return bytes.flip();
  }

  /** Finds the directory by the record at the end of the file, behind which a comment may stand. */
  private Range directory() throws IOException {
    int tail = (int) Math.min(size, END_BYTES + MAX_COMMENT);
    ByteBuffer bytes = bytes(file, channel, size - tail, tail);
    for (int at = tail - END_BYTES; at >= 0; at--) {
      if (bytes.getInt(at) == END_SIGNATURE
          && Short.toUnsignedInt(bytes.getShort(at + 20)) == tail - at - END_BYTES) {
        long end = size - tail + at;
        Range range =
            new Range(
                Integer.toUnsignedLong(bytes.getInt(at + 16)),
                Integer.toUnsignedLong(bytes.getInt(at + 12)));
        return inside(end64(end).orElse(range), end);
      }
    }
    throw new TorchFileException(
        file,
        "it is no zip archive, as torch.save writes them, or it is truncated: the directory at its"
            + " end is missing");
  }

  /** Large archives have a second record with wider numbers before the one at the end. */
  private Optional<Range> end64(long end) throws IOException {
    if (end < END64_LOCATOR_BYTES) {
      return Optional.empty();
    }
    ByteBuffer locator = bytes(file, channel, end - END64_LOCATOR_BYTES, END64_LOCATOR_BYTES);
    if (locator.getInt(0) != END64_LOCATOR_SIGNATURE) {
      return Optional.empty();
    }
    long at = locator.getLong(8);
    if (at < 0 || at > end - END64_LOCATOR_BYTES - END64_BYTES) {
      throw problem(end - END64_LOCATOR_BYTES, "the zip64 record is given at byte " + at);
    }
    ByteBuffer record = bytes(file, channel, at, END64_BYTES);
    if (record.getInt(0) != END64_SIGNATURE) {
      throw problem(at, "expected the zip64 record here; the file is damaged");
    }
    return Optional.of(new Range(record.getLong(48), record.getLong(40)));
  }

  private Range inside(Range directory, long end) throws TorchFileException {
    if (directory.begin() < 0
        || directory.begin() > end
        || directory.size() < 0
        || directory.size() > end - directory.begin()) {
      throw problem(
          end,
          "the zip directory is given as %d bytes from byte %d on, which do not lie before its end record"
              .formatted(directory.size(), directory.begin()));
    }
    return directory;
  }

  private void readEntry(ByteBuffer bytes, long at) throws TorchFileException {
    if (bytes.remaining() < DIRECTORY_BYTES || bytes.getInt() != DIRECTORY_SIGNATURE) {
      throw problem(at, "expected an entry of the zip directory; the file is damaged");
    }
    bytes.position(bytes.position() + 4); // versions
    int flags = bytes.getShort();
    int method = bytes.getShort();
    bytes.position(bytes.position() + 8); // time, date, checksum
    long packed = Integer.toUnsignedLong(bytes.getInt());
    long unpacked = Integer.toUnsignedLong(bytes.getInt());
    int nameBytes = Short.toUnsignedInt(bytes.getShort());
    int extraBytes = Short.toUnsignedInt(bytes.getShort());
    int commentBytes = Short.toUnsignedInt(bytes.getShort());
    bytes.position(bytes.position() + 8); // disk, attributes
    long header = Integer.toUnsignedLong(bytes.getInt());
    if (bytes.remaining() < nameBytes + extraBytes + commentBytes) {
      throw problem(at, "an entry of the zip directory ends behind the directory");
    }
    String name = StandardCharsets.UTF_8.decode(slice(bytes, nameBytes)).toString();
    Wide wide = new Wide(slice(bytes, extraBytes));
    unpacked = wide.widened(unpacked);
    packed = wide.widened(packed);
    header = wide.widened(header);
    bytes.position(bytes.position() + commentBytes);
    if (unpacked < 0 || packed < 0 || header < 0) {
      throw problem(at, "a size or position of %s cannot be".formatted(Shown.text(name)));
    }
    if (entries.put(name, new Entry(flags, method, packed, unpacked, header)) != null) {
      throw problem(at, "the zip directory names %s twice".formatted(Shown.text(name)));
    }
  }

  private static ByteBuffer slice(ByteBuffer bytes, int count) {
    ByteBuffer slice = bytes.slice(bytes.position(), count).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + count);
    return slice;
  }

  /** Numbers of 64 bits that take the place of those that do not fit in an entry's 32, in order. */
  private static final class Wide {
    private ByteBuffer numbers = ByteBuffer.allocate(0);

    Wide(ByteBuffer extra) {
      while (extra.remaining() >= 4) {
        int id = Short.toUnsignedInt(extra.getShort());
        int count = Math.min(Short.toUnsignedInt(extra.getShort()), extra.remaining());
        ByteBuffer field = slice(extra, count);
        if (id == EXTRA64) {
          numbers = field;
        }
      }
    }

    /** Returns the number itself, or the wide one if it stands for that; -1 if that is missing. */
    long widened(long number) {
      if (number != IN_EXTRA64) {
        return number;
      }
      return numbers.remaining() < Long.BYTES ? -1 : numbers.getLong();
    }
  }

  private TorchFileException problem(long offset, String problem) {
    return new TorchFileException(file, null, offset, problem);
  }
}
