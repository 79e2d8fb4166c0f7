package io.loupe.workbench.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * SHA-256 of files and of bytes in memory, as 64 lower-case hexadecimal digits. Files are streamed,
 * not held.
 */
public final class Sha256 {
  private Sha256() {}

  /** Returns the hash of one file's bytes, the same as the shell's {@code sha256sum} prints. */
  public static String of(Path file) throws IOException {
    return HexFormat.of().formatHex(digest(file));
  }

  /**
   * Returns one hash for several files. It is the SHA-256 over, for each file in the order given,
   * its file name in UTF-8, one zero byte, and the 32 bytes of its own SHA-256; so it depends on
   * names, contents and order, and not on the folder.
   */
  public static String ofAll(List<Path> files) throws IOException {
    MessageDigest all = newDigest();
    for (Path file : files) {
      all.update(String.valueOf(file.getFileName()).getBytes(StandardCharsets.UTF_8));
      all.update((byte) 0);
      all.update(digest(file));
    }
    return HexFormat.of().formatHex(all.digest());
  }

  /**
   * Returns the hash of a text, in UTF-8, and of what remains in the buffer, one behind the other;
   * the buffer is left as it was.
   */
  public static String of(String text, ByteBuffer bytes) {
    MessageDigest digest = newDigest();
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update(bytes.duplicate());
    return HexFormat.of().formatHex(digest.digest());
  }

  private static byte[] digest(Path file) throws IOException {
    MessageDigest digest = newDigest();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return digest.digest();
  }

  /** Returns an empty digest, for what is hashed piece by piece. */
  public static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(
          "Every Java platform must have SHA-256; this one lacks it", e);
    }
  }
}
