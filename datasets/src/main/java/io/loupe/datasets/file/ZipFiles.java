package io.loupe.datasets.file;

import io.loupe.datasets.DatasetException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/** A zip archive, unpacked into memory: those of datasets have a few megabytes. */
final class ZipFiles implements DataFiles {
  private static final long MOST_BYTES = 1L << 28;
  private static final int BUFFER = 1 << 14;

  private final String archive;
  private final SortedMap<String, byte[]> entries;

  private ZipFiles(String archive, SortedMap<String, byte[]> entries) {
    this.archive = archive;
    this.entries = Collections.unmodifiableSortedMap(entries);
  }

  /** Reads an archive on disk by its directory, which tells whether it is whole. */
  static ZipFiles read(Path file) throws DatasetException {
    return read(file, MOST_BYTES);
  }

  static ZipFiles read(Path file, long mostBytes) throws DatasetException {
    SortedMap<String, byte[]> entries = new TreeMap<>();
    String at = "its directory";
    long left = mostBytes;
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        at = "entry " + entry.getName();
        if (!entry.isDirectory()) {
          byte[] content = bounded(zip.getInputStream(entry), left, file + "!" + entry.getName());
          left -= content.length;
          requireSum(entry, content, file.toString());
          entries.put(entry.getName(), content);
        }
      }
    } catch (DatasetException e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      // IllegalArgumentException: names that are no text
      throw new DatasetException(
          "%s, %s: expected a whole zip archive, got %s".formatted(file, at, e.getMessage()), e);
    }
    return new ZipFiles(file.toString(), entries);
  }

  /** Reads an archive in the jar. */
  static ZipFiles read(String name, InputStream in) throws IOException {
    SortedMap<String, byte[]> entries = new TreeMap<>();
    long left = MOST_BYTES;
    try (ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        byte[] content = bounded(zip, left, name + "!" + entry.getName());
        left -= content.length;
        entries.put(entry.getName(), content);
      }
    }
    return new ZipFiles(name, entries);
  }

  @Override
  public String nameOf(String path) {
    return path.isEmpty() ? archive : archive + "!" + path;
  }

  @Override
  public List<String> in(String folder, String suffix) {
    String prefix = folder.isEmpty() ? "" : folder + "/";
    return entries.keySet().stream()
        .filter(path -> path.startsWith(prefix) && path.endsWith(suffix))
        .filter(path -> path.indexOf('/', prefix.length()) < 0)
        .toList();
  }

  @Override
  public boolean has(String path) {
    return entries.containsKey(path);
  }

  @Override
  public InputStream open(String path) throws DatasetException {
    byte[] content = entries.get(path);
    if (content == null) {
      throw new DatasetException(nameOf(path) + ": there is no such entry");
    }
    return new ByteArrayInputStream(content);
  }

  /** An entry's own word on its size is not believed: a few bytes can unpack to gigabytes. */
  private static byte[] bounded(InputStream in, long most, String name) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    byte[] buffer = new byte[BUFFER];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      content.write(buffer, 0, read);
      if (content.size() > most) {
        throw new DatasetException(
            name
                + ": expected an archive of some megabytes, this one unpacks to more; unpack it"
                + " yourself and give the folder");
      }
    }
    return content.toByteArray();
  }

  private static void requireSum(ZipEntry entry, byte[] content, String archive)
      throws DatasetException {
    CRC32 sum = new CRC32();
    sum.update(content);
    if (sum.getValue() != entry.getCrc()) {
      throw new DatasetException(
          "%s, entry %s: expected CRC-32 %08x, got %08x"
              .formatted(archive, entry.getName(), entry.getCrc(), sum.getValue()));
    }
  }
}
