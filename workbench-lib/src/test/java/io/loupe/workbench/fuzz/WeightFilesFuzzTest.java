package io.loupe.workbench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.tensorfile.TensorInfo;
import io.loupe.workbench.testing.TorchWriter;
import io.loupe.workbench.weights.WeightFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files of weights, and indexes of them. */
@Timeout(3_600)
class WeightFilesFuzzTest {
  private static final Path TORCH = Path.of("src/test/resources/torchfile");

  @TempDir Path folder;

  /** Reads every tensor of a folder's weights. */
  private static void read(Path folder) throws IOException {
    WeightFiles files = WeightFiles.open(folder);
    try (NDManager manager = NDManager.newBaseManager()) {
      for (String name : files.names()) {
        TensorInfo info = files.info(name);
        DataType type = info.type().dataType().orElse(DataType.FLOAT32);
        NDArray array = files.read(name, manager, type);
        assertThat(array.size()).isEqualTo(info.size());
        assertThat(array.toByteBuffer().remaining()).isEqualTo(array.size() * type.getNumOfBytes());
      }
    }
  }

  @Test
  void safetensors() throws Exception {
    Path file = folder.resolve("x.safetensors");
    List<byte[]> sound = new ArrayList<>();
    for (int seed = 0; seed < 40; seed++) {
      randomTensors(new Random(seed)).write(file);
      sound.add(Files.readAllBytes(file));
    }
    int files = Fuzz.share(30);
    int refused =
        new Fuzz("safetensors", 300)
            .run(
                files,
                random -> {
                  byte[] bytes = sound.get(random.nextInt(sound.size()));
                  return Map.of("model.safetensors", damagedSafetensors(bytes, random));
                },
                WeightFilesFuzzTest::read);
    assertThat(refused).as("damage that was noticed").isGreaterThan(files / 2);
  }

  private static byte[] damagedSafetensors(byte[] bytes, Random random) {
    int length = (bytes[0] & 0xff) + 256 * (bytes[1] & 0xff);
    if (random.nextBoolean()) {
      return Damage.bytes(bytes, 8 + length, random);
    }
    byte[] header = new byte[length];
    System.arraycopy(bytes, 8, header, 0, length);
    byte[] damaged = JsonDamage.damaged(header, random);
    byte[] start = {
      (byte) damaged.length,
      (byte) (damaged.length >> 8),
      (byte) (damaged.length >> 16),
      0,
      0,
      0,
      0,
      0
    };
    byte[] data = new byte[bytes.length - 8 - length];
    System.arraycopy(bytes, 8 + length, data, 0, data.length);
    return Damage.joined(Damage.joined(start, damaged), data);
  }

  private static SafetensorsWriter randomTensors(Random random) {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
    for (int i = random.nextInt(6); i >= 0; i--) {
      long[] shape = random.longs(random.nextInt(4), 0, 7).toArray();
      int size = 1;
      for (long axis : shape) {
        size *= (int) axis;
      }
      String name = "layer." + i + ".wéight";
      switch (random.nextInt(6)) {
        case 0 -> writer.add(name, new float[size], shape);
        case 1 -> writer.add(name, new double[size], shape);
        case 2 -> writer.add(name, new long[size], shape);
        case 3 -> writer.add(name, new byte[size], shape);
        case 4 -> writer.add(name, new boolean[size], shape);
        default -> writer.addAsFloat16(name, new float[size], shape);
      }
    }
    return writer;
  }

  @Test
  void torchFiles() throws Exception {
    List<byte[]> sound = new ArrayList<>();
    List<byte[]> pickles = new ArrayList<>();
    try (Stream<Path> files = Files.walk(TORCH)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        byte[] bytes = Files.readAllBytes(file);
        if (bytes[0] == 'P') {
          sound.add(bytes);
          pickles.add(pickle(file));
        }
      }
    }
    assertThat(sound).hasSizeGreaterThan(50);
    int files = Fuzz.share(30);
    int refused =
        new Fuzz("torch file", 300)
            .run(
                files,
                random -> {
                  int i = random.nextInt(sound.size());
                  byte[] bytes =
                      switch (random.nextInt(3)) {
                        case 0 -> Damage.bytes(sound.get(i), sound.get(i).length, random);
                        case 1 ->
                            archive(
                                Damage.bytes(pickles.get(i), pickles.get(i).length + 1, random));
                        default -> archive(randomPickle(random, pickles));
                      };
                  return Map.of("pytorch_model.bin", bytes);
                },
                WeightFilesFuzzTest::read);
    assertThat(refused).as("damage that was noticed").isGreaterThan(files / 2);
  }

  /** By the list at the file's end, as torch's stored entries have their sizes behind them. */
  private static byte[] pickle(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      Optional<? extends ZipEntry> pickle =
          zip.stream().filter(entry -> entry.getName().endsWith("/data.pkl")).findFirst();
      return pickle.isPresent() ? zip.getInputStream(pickle.get()).readAllBytes() : new byte[0];
    } catch (ZipException e) {
      return new byte[0]; // one of the damaged files
    }
  }

  private static byte[] archive(byte[] pickle) {
    List<byte[]> storages = new ArrayList<>();
    for (int key = 0; key < 12; key++) {
      storages.add(new byte[96]);
    }
    return TorchWriter.archive(pickle, storages);
  }

  /**
   * Instructions in any order, with pieces of sound pickles between them, often many times over.
   */
  private static byte[] randomPickle(Random random, List<byte[]> pickles) {
    String opcodes = "NKKMhhqq((((}])tl.deu01 2sab\u0085\u0086\u0087\u0088\u0089\u0094RRQ\u0081";
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x80, (byte) (2 + random.nextInt(4))});
    for (int i = random.nextInt(60); i >= 0; i--) {
      if (random.nextInt(8) == 0) {
        byte[] pickle = pickles.get(random.nextInt(pickles.size()));
        int from = Math.min(2, pickle.length);
        int to = Math.max(from, pickle.length - 1);
        out.write(pickle, from, random.nextInt(1 + to - from));
      } else {
        byte[] code = {
          (byte) opcodes.charAt(random.nextInt(opcodes.length())), (byte) random.nextInt(3)
        };
        int times = random.nextInt(10) == 0 ? 1 + random.nextInt(3_000) : 1;
        for (int j = 0; j < times; j++) {
          out.write(code, 0, "KMhq".indexOf(code[0]) >= 0 ? 2 : 1);
        }
      }
    }
    out.write('.');
    return out.toByteArray();
  }

  @Test
  void indexes() throws Exception {
    Path sharded = TORCH.resolve("sharded");
    byte[] index = Files.readAllBytes(sharded.resolve("pytorch_model.bin.index.json"));
    String one = "pytorch_model-00001-of-00002.bin";
    String two = "pytorch_model-00002-of-00002.bin";
    byte[] first = Files.readAllBytes(sharded.resolve(one));
    byte[] second = Files.readAllBytes(sharded.resolve(two));
    int files = Fuzz.share(5);
    int refused =
        new Fuzz("index", 300)
            .run(
                files,
                random ->
                    Map.of(
                        "pytorch_model.bin.index.json",
                        JsonDamage.damaged(index, random),
                        one,
                        first,
                        two,
                        second),
                WeightFilesFuzzTest::read);
    assertThat(refused).as("damage that was noticed").isGreaterThan(files / 3);
  }
}
