package io.loupe.workbench.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The hash by which the hub knows a file's content. */
enum Checksum {
  /** Of large files. */
  SHA_256,
  /** Of the others: git's hash, which is taken over the size too. */
  GIT,
  /** Another server's tag, which says nothing about the content. */
  NONE;

  boolean matches(Path file, String expected) throws IOException {
    return switch (this) {
      case SHA_256 -> hash(digest("SHA-256"), file).equals(expected);
      case GIT -> {
        MessageDigest digest = digest("SHA-1");
        digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
        yield hash(digest, file).equals(expected);
      }
      case NONE -> true;
    };
  }

  private static String hash(MessageDigest digest, Path file) throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      int count;
      while ((count = in.read(buffer)) >= 0) {
        digest.update(buffer, 0, count);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform must have " + algorithm, e);
    }
  }
}
