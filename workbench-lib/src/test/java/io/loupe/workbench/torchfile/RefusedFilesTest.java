package io.loupe.workbench.torchfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.management.ThreadMXBean;
import io.loupe.workbench.tensorfile.TensorFileException;
import io.loupe.workbench.testing.TorchWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that are refused, each with a message that says why. */
class RefusedFilesTest {
  @TempDir Path folder;

  private static void assertRefused(Path file, String message) {
    assertThatExceptionOfType(TorchFileException.class)
        .isThrownBy(() -> TorchFile.open(file))
        .withMessageStartingWith(file.toString())
        .withMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          reduce_os_system    | it asks for 'os.system', which is not read
          reduce_posix_system | it asks for 'posix.system'
          builtins_eval       | it asks for 'builtins.eval'
          old_builtins_exec   | it asks for '__builtin__.exec'
          stack_global        | it asks for 'os.system'
          stack_global_number | named by something else than two texts
          behind_a_sound_state | it asks for 'os.system'
          inst                | it asks for 'os.system'
          inst_known          | the instruction INST is not read
          obj                 | the instruction OBJ is not read
          newobj              | it asks for 'subprocess.Popen'
          newobj_ex           | the instruction NEWOBJ_EX is not read
          module_class        | it asks for 'transformers.models.gpt2.modeling_gpt2.GPT2LMHeadModel'
          numpy_scalar        | it asks for 'numpy.core.multiarray.scalar'
          getattr             | it asks for '__builtin__.getattr'
          dotted_name         | it asks for 'collections.OrderedDict.__init__.__class__'
          torch_load          | it asks for 'torch.load'
          build_on_dict       | it gives a state to a dict
          build_on_tensor     | it gives a state to a tensor
          ext1                | the instruction EXT1 is not read
          ext2                | the instruction EXT2 is not read
          ext4                | the instruction EXT4 is not read
          persid              | the instruction PERSID is not read
          binpersid_text      | expected a reference to a storage (type, key, device and number of elements), got the text 'storage'
          huge_long4          | a whole number is given as 2147483647 bytes long; more than 255 are never read
          negative_long4      | a whole number is given as 4294967295 bytes long
          huge_text           | 4294967295 bytes are said to follow, but the pickle ends after 1
          huge_text8          | 9223372036854775807 bytes are said to follow
          huge_bytes8         | 18446744073709551615 bytes are said to follow
          huge_frame          | 18446744073709551615 bytes are said to follow
          memo_unknown        | it recalls number 4294967295, which it never remembered
          tuple_key           | expected a text or a number as the key of a dict, got a tuple
          list_key            | expected a text or a number as the key of a dict, got a list
          call_of_a_type      | it calls something else (StorageType), which is no function
          arguments_no_tuple  | expected a tuple of arguments, got a list
          empty_stack         | it takes a value that is not there
          below_the_mark      | it takes a value that is not there
          no_mark             | it takes values up to a mark that is not there
          odd_dict            | a dict is given a key without a value
          append_to_a_tuple   | expected a list to add to, got a tuple
          bad_utf8            | a text is no UTF-8
          no_stop             | 1 bytes are said to follow, but the pickle ends after 0
          empty               | 2 bytes are said to follow, but the pickle ends after 0
          protocol_0          | it is no pickle of protocol 2 to 5
          protocol_6          | pickles of protocol 6 are not read; those of 2 to 5 are
          set                 | the instruction EMPTY_SET is not read
          unknown_opcode      | the instruction 0xfe is not read
          """)
  void malicious(String name, String message) {
    assertRefused(TorchFileTest.FOLDER.resolve("malicious/" + name + ".bin"), message);
  }

  @Test
  void everyMaliciousFileHasItsLine() throws Exception {
    CsvSource lines =
        getClass()
            .getDeclaredMethod("malicious", String.class, String.class)
            .getAnnotation(CsvSource.class);
    try (Stream<Path> files = Files.list(TorchFileTest.FOLDER.resolve("malicious"))) {
      assertThat(lines.textBlock().lines()).hasSize((int) files.count());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          deflated.bin          | 'archive/data.pkl' is compressed or encrypted
          big_endian.bin        | its byte order is 'big'; only little-endian files are read
          torchscript.pt        | this is a TorchScript program
          legacy.bin            | the format that torch.save wrote before version 1.6, which is not read; save it again
          missing_storage.bin   | tensor 'w', at byte 225: its data are missing: there is no entry 'data/0'
          short_storage.bin     | its storage is said to have 4 elements of F32, but its entry has only 8 bytes
          beyond.bin            | tensor 'w', at byte 225: shape [2, 2] with strides [2, 1] takes 4 elements of its storage from number 1 on, which has only 4
          stride_beyond.bin     | takes 5 elements of its storage from number 0 on, which has only 4
          overflow.bin          | has more elements than can be counted
          stride_overflow.bin   | has more elements than can be counted
          hidden_overflow.bin   | has more elements than can be counted
          huge_offset.bin       | takes 1 elements of its storage from number 9223372036854775807 on
          negative_stride.bin   | the strides of a tensor must hold whole numbers
          negative_shape.bin    | the shape of a tensor must hold whole numbers
          strides_missing.bin   | a tensor has 2 axes, but 1 strides
          many_axes.bin         | the shape of a tensor has 65 axes; more than 64 are not read
          conjugated.bin        | a tensor has metadata
          list_of_tensors.bin   | expected a dict from names to tensors, it holds a list
          no_tensors.bin        | it has no tensors by name, nor a dict of them under state_dict, model_state_dict, model; its keys are 'epoch', 'args'
          loop_without_tensors.bin | it has no tensors by name
          number_as_name.bin    | expected a text as the name of a tensor, got the number
          quantised_storage.bin | it asks for 'torch.QInt8Storage', which is not read: such weights are quantised
          quantised_tensor.bin  | it asks for 'torch._utils._rebuild_qtensor', which is not read: such weights are quantised
          """)
  void damaged(String name, String message) {
    assertRefused(TorchFileTest.FOLDER.resolve("damaged/" + name), message);
  }

  @Test
  void eightBitFloatsAreRefusedWhenTheyAreAskedFor() throws Exception {
    TorchFile file = TorchFile.open(TorchFileTest.FOLDER.resolve("damaged/float8.bin"));

    assertThat(file.floats("v")).containsExactly(0, .5f);
    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> file.floats("w"))
        .withMessageContaining("type F8_E4M3 cannot be read; such weights are quantised");
  }

  /** Pickles whose values are deep, or large if one walks through them. */
  @ParameterizedTest
  @CsvSource({
    "tuples in tuples, a tuple",
    "lists in lists, a list",
    "doubled tuples, a tuple",
    "marks, it takes a value that is not there",
    "remembered, a tuple",
    "keys of tuples, expected a text or a number as the key of a dict"
  })
  void bombs(String name, String message) throws Exception {
    int many = 1_000_000;
    String program =
        switch (name) {
          case "tuples in tuples" -> ")" + "\u0085".repeat(many);
          case "lists in lists" -> "]".repeat(many) + "a".repeat(many - 1);
          case "doubled tuples" -> ")" + "2\u0086".repeat(many);
          case "marks" -> "(".repeat(many);
          case "remembered" -> ")" + "\u0094".repeat(many);
          default -> "})" + "2\u0086".repeat(many) + "K\u0001s";
        };
    byte[] pickle = ("\u0080\u0004" + program + ".").getBytes(StandardCharsets.ISO_8859_1);
    Path file = folder.resolve("bomb.bin");
    Files.write(file, TorchWriter.archive(pickle, List.of()));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();

    assertRefused(file, message);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before)
        .isLessThan(300 * Files.size(file));
  }

  @Test
  void manyCallsWithOneLargeShape() throws Exception {
    String shape = "(" + "K\u0001".repeat(100_000) + "tq\u0000";
    byte[] pickle =
        ("\u0080\u0002" + shape + "ctorch\nSize\nh\u0000\u0085R.")
            .getBytes(StandardCharsets.ISO_8859_1);
    Path file = folder.resolve("bomb.bin");
    Files.write(file, TorchWriter.archive(pickle, List.of()));

    assertRefused(file, "a size has 100000 axes; more than 64 are not read");
  }

  @Test
  void missingFileAndFolder() {
    assertRefused(folder.resolve("none.bin"), "there is no such file");
    assertRefused(folder, "WeightFiles.open(folder)");
  }

  @Test
  void filesOfOtherKinds() throws Exception {
    Path file = folder.resolve("x.bin");
    assertRefused(Files.write(file, new byte[0]), "it is no zip archive");
    assertRefused(Files.writeString(file, "hello"), "it is no zip archive");
    assertRefused(
        Files.writeString(file, "version https://git-lfs.github.com/spec/v1\n"), "git lfs pull");
    byte[] tar = new byte[1024];
    System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
    assertRefused(Files.write(file, tar), "before version 1.6");
    byte[] empty = new byte[22];
    System.arraycopy(new byte[] {'P', 'K', 5, 6}, 0, empty, 0, 4);
    assertRefused(
        Files.write(file, empty), "one folder with data.pkl in this zip archive, found 0");
  }

  @Test
  void truncatedFile() throws Exception {
    byte[] all = Files.readAllBytes(TorchFileTest.FOLDER.resolve("types.bin"));
    for (int length = 1; length < all.length; length += 13) {
      Path cut = Files.write(folder.resolve("cut.bin"), Arrays.copyOf(all, length));
      assertRefused(cut, "it is no zip archive, as torch.save writes them, or it is truncated");
    }
  }

  /** Positions are those in the record at the end, and in the first entry of the directory. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          end   | 16 | -2147483648 | do not lie before its end record
          end   | 12 | 2147483647 | do not lie before its end record
          end   | 12 | 5          | expected an entry of the zip directory
          entry | 0  | 0          | expected an entry of the zip directory
          entry | 20 | 7          | 'types/data.pkl' is compressed or encrypted
          entry | 8  | 1          | 'types/data.pkl' is compressed or encrypted
          entry | 42 | 2147483647 | the data of 'types/data.pkl' do not lie inside the file
          entry | 42 | 100        | the data of 'types/data.pkl' do not lie inside the file
          entry | 42 | -1         | a size or position of 'types/data.pkl' cannot be
          both sizes | 20 | 2147483647 | the data of 'types/data.pkl' do not lie inside the file
          """)
  void numbersOfTheZipDirectoryAreNotTrusted(String where, int at, int number, String message)
      throws Exception {
    ByteBuffer bytes = copy("types.bin");
    int end = bytes.limit() - 22;
    int entry = bytes.getInt(end + 16);
    int place = (where.equals("end") ? end : entry) + at;
    if (at == 8) {
      bytes.putShort(place, (short) number);
    } else {
      bytes.putInt(place, number);
    }
    if (where.equals("both sizes")) {
      bytes.putInt(place + 4, number);
    }

    assertRefused(Files.write(folder.resolve("x.bin"), bytes.array()), message);
  }

  @Test
  void zip64NumbersAreNotTrusted() throws Exception {
    ByteBuffer bytes = copy("zip64.bin");
    int locator = bytes.limit() - 22 - 20;
    int record = (int) bytes.getLong(locator + 8);
    bytes.putLong(record + 40, Long.MAX_VALUE);
    assertRefused(
        Files.write(folder.resolve("x.bin"), bytes.array()), "do not lie before its end record");
    bytes.putLong(record + 40, -1);
    assertRefused(
        Files.write(folder.resolve("x.bin"), bytes.array()), "do not lie before its end record");
    bytes.putLong(locator + 8, Long.MAX_VALUE - 3);
    assertRefused(
        Files.write(folder.resolve("x.bin"), bytes.array()), "the zip64 record is given at byte");
    bytes.putLong(locator + 8, 0);
    assertRefused(
        Files.write(folder.resolve("x.bin"), bytes.array()), "expected the zip64 record here");
  }

  @Test
  void namesInTheDirectoryAndAtTheDataMustAgree() throws Exception {
    ByteBuffer bytes = copy("types.bin");
    bytes.put(30, (byte) 'T'); // the name in the first local header
    assertRefused(
        Files.write(folder.resolve("x.bin"), bytes.array()),
        "disagree on the name 'types/data.pkl'");
  }

  @Test
  void entryThatIsThereTwice() throws Exception {
    ByteBuffer bytes = copy("sharded/pytorch_model-00002-of-00002.bin");
    String text = new String(bytes.array(), StandardCharsets.ISO_8859_1);
    assertRefused(
        Files.writeString(
            folder.resolve("x.bin"),
            text.replace("/data/1", "/data/0"),
            StandardCharsets.ISO_8859_1),
        "names 'pytorch_model-00002-of-00002/data/0' twice");
  }

  @Test
  void fileThatChangedAfterItWasOpened() throws Exception {
    Path path = folder.resolve("x.bin");
    Files.copy(
        TorchFileTest.FOLDER.resolve("parameters.bin"), path, StandardCopyOption.REPLACE_EXISTING);
    TorchFile file = TorchFile.open(path);
    Files.setLastModifiedTime(path, FileTime.fromMillis(1_000));

    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> file.floats("w"))
        .withMessageContaining("has changed since it was opened");
  }

  private static ByteBuffer copy(String name) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(TorchFileTest.FOLDER.resolve(name)))
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
