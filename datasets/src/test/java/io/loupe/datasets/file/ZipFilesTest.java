package io.loupe.datasets.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.datasets.DatasetException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZipFilesTest {
  @TempDir private Path folder;

  private Path stored(String name, byte[] content) throws Exception {
    Path file = folder.resolve("a.zip");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      ZipEntry entry = new ZipEntry(name);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(content.length);
      CRC32 sum = new CRC32();
      sum.update(content);
      entry.setCrc(sum.getValue());
      zip.putNextEntry(entry);
      zip.write(content);
    }
    return file;
  }

  @Test
  void readsLikeAFolder() throws Exception {
    DataFiles files =
        DataFiles.of(stored("in/x.txt", "one\r\ntwo".getBytes(StandardCharsets.UTF_8)));
    assertThat(files.in("in", ".txt")).containsExactly("in/x.txt");
    assertThat(files.in("", ".txt")).isEmpty();
    assertThat(Lines.all(files, "in/x.txt")).containsExactly("one", "two");
    assertThat(files.nameOf("in/x.txt")).endsWith("a.zip!in/x.txt");
    assertThatThrownBy(() -> files.open("y")).isInstanceOf(DatasetException.class);
  }

  @Test
  void changedContentIsNoticed() throws Exception {
    Path file = stored("x.txt", "a good film".getBytes(StandardCharsets.UTF_8));
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    bytes[text.indexOf("good")] = 'f';
    Files.write(file, bytes);
    assertThatThrownBy(() -> DataFiles.of(file))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("a.zip, entry x.txt: expected CRC-32");
  }

  @Test
  void bombsAreNotUnpacked() throws Exception {
    Path file = stored("x.txt", new byte[1000]);
    assertThat(ZipFiles.read(file, 1000).has("x.txt")).isTrue();
    assertThatThrownBy(() -> ZipFiles.read(file, 999))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("a.zip!x.txt: expected an archive of some megabytes");
  }

  @Test
  void byteOrderMarkIsNoText() throws Exception {
    Files.writeString(folder.resolve("t.csv"), "\uFEFFa,b\n\"1\n2\",3\n\n4,5\n");
    try (Table table = Table.open(DataFiles.of(folder), "t.csv")) {
      Table.Row row = table.next();
      assertThat(row).isNotNull();
      assertThat(row.text("a")).isEqualTo("1\n2");
      Table.Row other = table.next();
      assertThat(other).isNotNull();
      assertThat(other.number("b", 0, 9)).isEqualTo(5);
      assertThatThrownBy(() -> other.number("a", 5, 9))
          .hasMessageContaining("t.csv, line 5: expected in column 'a' a number from 5.0 to 9.0");
      assertThat(table.next()).isNull();
    }
  }
}
