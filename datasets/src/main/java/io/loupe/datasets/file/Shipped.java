package io.loupe.datasets.file;

import io.loupe.datasets.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The samples in the jar, each with its licence and a note of where it comes from. */
public final class Shipped {
  private static final String RESOURCES = "/io/loupe/datasets/corpora/";

  private Shipped() {}

  /** Returns the files of a sample. */
  public static DataFiles files(String dataset) throws IOException {
    String archive = dataset + "/data.zip";
    try (InputStream in = open(archive)) {
      return ZipFiles.read(archive, in);
    }
  }

  /** Returns a text beside a sample: {@code LICENSE} or {@code SOURCE.txt}. */
  public static String text(String dataset, String file) throws IOException {
    try (InputStream in = open(dataset + "/" + file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static InputStream open(String resource) throws DatasetException {
    InputStream in = Shipped.class.getResourceAsStream(RESOURCES + resource);
    if (in == null) {
      throw new DatasetException(resource + ": the jar of loupe-datasets lacks this file");
    }
    return in;
  }
}
