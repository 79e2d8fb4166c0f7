package io.loupe.workbench.torchfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The parts of a PyTorch file, by the names they have inside the one folder that its zip archive
 * holds: {@code data.pkl}, and {@code data/0}, {@code data/1} and so on with the storages.
 */
record TorchArchive(ZipArchive zip, String folder) {
  private static final String PICKLE = "data.pkl";
  private static final int MAX_PICKLE = 100_000_000;
  private static final int MAX_BYTE_ORDER = 16;

  /** What a file begins with that is something else. */
  private static final byte[] LEGACY = {
    (byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, (byte) 0xf9
  };

  private static final byte[] LFS = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TAR = "ustar".getBytes(StandardCharsets.US_ASCII);
  private static final int TAR_AT = 257;

  /** Finds the folder in the archive, and checks that its numbers are little-endian. */
  static TorchArchive open(Path file, FileChannel channel) throws IOException {
    refuseOtherFormats(file, channel);
    ZipArchive zip = ZipArchive.read(file, channel);
    List<String> folders =
        zip.names().stream()
            .filter(name -> name.indexOf('/') == name.length() - PICKLE.length() - 1)
            .filter(name -> name.endsWith("/" + PICKLE))
            .map(name -> name.substring(0, name.length() - PICKLE.length()))
            .toList();
    if (folders.size() != 1) {
      throw new TorchFileException(
          file,
          "expected one folder with " + PICKLE + " in this zip archive, found " + folders.size());
    }
    TorchArchive archive = new TorchArchive(zip, folders.get(0));
    if (archive.range("constants.pkl").isPresent()) {
      throw new TorchFileException(
          file,
          "this is a TorchScript program, not a file of weights; save the weights alone (in Python:"
              + " torch.save(program.state_dict(), file))");
    }
    archive.checkByteOrder();
    return archive;
  }

  private static void refuseOtherFormats(Path file, FileChannel channel) throws IOException {
    ByteBuffer start =
        ZipArchive.bytes(file, channel, 0, (int) Math.min(channel.size(), TAR_AT + TAR.length));
    if (has(start, 0, LEGACY) || has(start, TAR_AT, TAR)) {
      throw new TorchFileException(
          file,
          "this is the format that torch.save wrote before version 1.6, which is not read; save it"
              + " again (in Python: torch.save(torch.load(file, weights_only=True), file))");
    }
    if (has(start, 0, LFS)) {
      throw new TorchFileException(
          file, "this is a pointer of Git LFS, not the file itself; get it with: git lfs pull");
    }
  }

  private static boolean has(ByteBuffer bytes, int at, byte[] expected) {
    return bytes.limit() >= at + expected.length
        && bytes.slice(at, expected.length).equals(ByteBuffer.wrap(expected));
  }

  private void checkByteOrder() throws IOException {
    ZipArchive.Range range = range("byteorder").orElse(null);
    if (range == null) {
      return; // older versions did not say it, and wrote little-endian
    }
    String order =
        range.size() > MAX_BYTE_ORDER
            ? range.size() + " bytes long"
            : StandardCharsets.UTF_8.decode(zip.bytes(range)).toString();
    if (!order.equals("little")) {
      throw new TorchFileException(
          zip.file(),
          null,
          range.begin(),
          "its byte order is %s; only little-endian files are read".formatted(Shown.text(order)));
    }
  }

  /** Reads the pickle that says which tensors there are. */
  Object unpickle() throws IOException {
    ZipArchive.Range range = range(PICKLE).orElseThrow();
    if (range.size() > MAX_PICKLE) {
      throw new TorchFileException(
          zip.file(),
          null,
          range.begin(),
          "%s has %d bytes; more than %d are never read"
              .formatted(PICKLE, range.size(), MAX_PICKLE));
    }
    return new PickleReader(zip.file(), zip.bytes(range), range.begin()).read();
  }

  /** Returns where a storage lies, if it is there. */
  Optional<ZipArchive.Range> storage(String key) throws IOException {
    return range("data/" + key);
  }

  private Optional<ZipArchive.Range> range(String name) throws IOException {
    return zip.range(folder + name);
  }

  Path file() {
    return zip.file();
  }
}
