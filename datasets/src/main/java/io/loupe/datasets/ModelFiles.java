package io.loupe.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The files of one shipped model, in the jar.
 *
 * @param name name of the model, and of its folder
 * @param sha256 file name to SHA-256, in hexadecimal
 */
record ModelFiles(String name, Map<String, String> sha256) {
  private static final String RESOURCES = "models/";
  private static final int KEY_LENGTH = 16;

  ModelFiles {
    sha256 = Collections.unmodifiableMap(new LinkedHashMap<>(sha256));
  }

  /** Returns a folder name that changes with the content. */
  String folderName() {
    String key = hash(sha256.toString().getBytes(StandardCharsets.UTF_8));
    return name + "-" + key.substring(0, KEY_LENGTH);
  }

  /** Tells whether the folder has all files with the right content. */
  boolean areIn(Path folder) throws IOException {
    for (Map.Entry<String, String> file : sha256.entrySet()) {
      Path path = folder.resolve(file.getKey());
      if (!Files.isRegularFile(path) || !hash(Files.readAllBytes(path)).equals(file.getValue())) {
        return false;
      }
    }
    return true;
  }

  /** Writes all files into an existing folder. */
  void unpackInto(Path folder) throws IOException {
    for (Map.Entry<String, String> file : sha256.entrySet()) {
      String resource = name + "/" + file.getKey();
      try (InputStream in = open(resource)) {
        byte[] content = in.readAllBytes();
        if (!hash(content).equals(file.getValue())) {
          throw new DatasetException(
              resource + ": the file in the jar is damaged, its SHA-256 is not the one listed");
        }
        Files.write(folder.resolve(file.getKey()), content);
      }
    }
  }

  static InputStream open(String resource) throws DatasetException {
    InputStream in = ModelFiles.class.getResourceAsStream(RESOURCES + resource);
    if (in == null) {
      throw new DatasetException(resource + ": the jar of loupe-datasets lacks this file");
    }
    return in;
  }

  private static String hash(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(
          "Every Java platform must have SHA-256; this one lacks it", e);
    }
  }
}
