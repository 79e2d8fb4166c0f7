package io.loupe.datasets.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.human.AnnotationTable;
import io.loupe.datasets.human.GazeTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged files are read, or refused by name with the module's own exception. */
class DamagedFilesTest {
  private static final int EACH = Math.max(40, Integer.getInteger("loupe.fuzz.files", 5_000) / 100);
  private static final String[] BITS = {
    "\t",
    "\n",
    "\"",
    ",",
    "{",
    "}",
    "[",
    "]",
    "-",
    ".",
    "0",
    "1e999",
    "_",
    "{}",
    "null",
    " ",
    "=",
    "\u0000",
    "99999999999",
    "é",
    "\n\n",
    "#"
  };

  @TempDir private Path folder;

  static List<String> names() {
    return Datasets.names();
  }

  @FunctionalInterface
  private interface Reading {
    void read() throws IOException;
  }

  @ParameterizedTest
  @MethodSource("names")
  void ofAFolder(String name) throws IOException {
    Map<String, byte[]> whole = SmallSets.bytes(SmallSets.ALL.get(name));
    int refused = 0;
    for (int seed = 0; seed < EACH; seed++) {
      Random random = new Random(seed);
      Map<String, byte[]> files = new LinkedHashMap<>(whole);
      List<String> paths = files.keySet().stream().sorted().toList();
      String hit = paths.get(random.nextInt(paths.size()));
      files.put(hit, damaged(whole.get(hit), random));
      SmallSets.write(folder, files);
      refused += refused(name + " " + seed, () -> Datasets.read(name, folder));
    }
    assertThat(refused).isPositive();
  }

  @ParameterizedTest
  @MethodSource("names")
  void ofAnArchive(String name) throws IOException {
    byte[] whole = SmallSets.zipped(SmallSets.ALL.get(name));
    Path zip = folder.resolve("all.zip");
    int refused = 0;
    for (int seed = 0; seed < EACH / 4; seed++) {
      Files.write(zip, damaged(whole, new Random(seed)));
      refused += refused(name + " zip " + seed, () -> Datasets.read(name, zip));
    }
    assertThat(refused).isPositive();
  }

  @Test
  void ofGazeAndMarks() throws IOException {
    byte[] gaze =
        "t,r,i,w,v\na,x,1,My,100\na,x,2,dog,NA\na,y,1,My,0\n".getBytes(StandardCharsets.UTF_8);
    byte[] marks = "t,a,s,e\na,x,0,2\na,y,3,6\n".getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("table.csv");
    int refused = 0;
    for (int seed = 0; seed < EACH; seed++) {
      Files.write(file, damaged(gaze, new Random(seed)));
      GazeTable columns = new GazeTable("t", "r", "i", "w", "v");
      refused += refused("gaze " + seed, () -> columns.read(file, Map.of("a", "My dog")));
      refused += refused("gaze alone " + seed, () -> columns.read(file));
      Files.write(file, damaged(marks, new Random(seed)));
      refused +=
          refused(
              "marks " + seed,
              () -> new AnnotationTable("t", "a", "s", "e").read(file, Map.of("a", "My dog")));
    }
    assertThat(refused).isPositive();
  }

  private int refused(String what, Reading reading) {
    try {
      reading.read();
      return 0;
    } catch (DatasetException e) {
      assertThat(e.getMessage()).as(what).contains(folder.toString()).hasSizeLessThan(2_000);
      return 1;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      return fail("%s: expected a DatasetException".formatted(what), e);
    }
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    for (int hits = 1 + random.nextInt(3); hits > 0 && bytes.length > 0; hits--) {
      int at = random.nextInt(bytes.length);
      int to = Math.min(bytes.length, at + 1 + random.nextInt(8));
      switch (random.nextInt(5)) {
        case 0 -> bytes = Arrays.copyOf(bytes, at);
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes = joined(bytes, at, new byte[0], to);
        case 3 -> bytes = joined(bytes, at, Arrays.copyOfRange(bytes, at, to), at);
        default -> {
          String bit = BITS[random.nextInt(BITS.length)];
          bytes =
              joined(
                  bytes, at, bit.getBytes(StandardCharsets.UTF_8), random.nextBoolean() ? at : to);
        }
      }
    }
    return bytes;
  }

  private static byte[] joined(byte[] bytes, int upTo, byte[] middle, int from) {
    byte[] all = Arrays.copyOf(bytes, upTo + middle.length + bytes.length - from);
    System.arraycopy(middle, 0, all, upTo, middle.length);
    System.arraycopy(bytes, from, all, upTo + middle.length, bytes.length - from);
    return all;
  }
}
