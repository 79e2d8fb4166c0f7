package io.loupe.datasets.corpus;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.file.DataFiles;
import io.loupe.datasets.file.Shipped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One dataset's way from files to items: the same for the shipped sample and for a folder that
 * holds the full set.
 *
 * @param info what the dataset says of itself
 * @param layout how its items are shown and shared out
 * @param reader reads the items
 * @param <T> the items
 */
public record Loader<T>(DatasetInfo info, Layout<T> layout, Reader<T> reader) {
  /** Reads the items of a dataset's files. */
  @FunctionalInterface
  public interface Reader<T> {
    /** Returns all items, in the order of the files. */
    List<T> read(DataFiles files) throws IOException;
  }

  /**
   * Returns the shipped sample.
   *
   * @throws UncheckedIOException if the jar is damaged
   */
  public Dataset<T> shipped() {
    try {
      return dataset("shipped: " + info.shipped(), Shipped.files(info.name()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns what a folder or a zip archive holds, in the layout in which it is published.
   *
   * @throws DatasetException if a file is missing or damaged; it names the file and the line
   */
  public Dataset<T> read(Path place) throws IOException {
    return dataset("read from " + place, DataFiles.of(place));
  }

  private Dataset<T> dataset(String origin, DataFiles files) throws IOException {
    List<T> items = reader.read(files);
    if (items.isEmpty()) {
      throw new DatasetException(
          "%s: expected %s, found none".formatted(files.nameOf(""), info.items()));
    }
    return new Dataset<>(info, origin, items, layout);
  }
}
