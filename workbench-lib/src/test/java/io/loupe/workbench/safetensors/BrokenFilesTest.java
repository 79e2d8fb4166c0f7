package io.loupe.workbench.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.tensorfile.TensorFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BrokenFilesTest {
  @TempDir Path folder;

  private static AbstractThrowableAssert<?, SafetensorsException> opening(Path file) {
    SafetensorsException e =
        catchThrowableOfType(SafetensorsException.class, () -> SafetensorsFile.open(file));
    assertThat(e.file()).isEqualTo(file);
    return assertThat(e).hasMessageStartingWith(file.toString());
  }

  private AbstractThrowableAssert<?, SafetensorsException> openingHeader(String header, int... data)
      throws IOException {
    return opening(RawFile.write(folder.resolve("x.safetensors"), header, data));
  }

  @Test
  void missingFile() {
    opening(folder.resolve("none.safetensors")).hasMessageContaining("there is no such file");
  }

  @Test
  void folderInsteadOfAFile() {
    opening(folder).hasMessageContaining("WeightFiles.open(folder)");
  }

  @Test
  void emptyFile() throws Exception {
    opening(Files.write(folder.resolve("x"), new byte[0]))
        .hasMessageContaining("the file is empty");
  }

  @Test
  void fileShorterThanTheLength() throws Exception {
    opening(Files.write(folder.resolve("x"), new byte[5])).hasMessageContaining("only 5 bytes");
  }

  @Test
  void headerLengthBeyondTheFile() throws Exception {
    opening(RawFile.write(folder.resolve("x"), 3, "{}".getBytes(UTF_8)))
        .hasMessageContaining("given as 3 bytes, but only 2 bytes follow")
        .hasMessageContaining("at byte 0");
  }

  @ParameterizedTest
  @CsvSource({"100000001, 100000001", "-1, 18446744073709551615"})
  void absurdHeaderLength(long length, String shown) throws Exception {
    opening(RawFile.write(folder.resolve("x"), length, "{}".getBytes(UTF_8)))
        .hasMessageContaining("given as " + shown + " bytes; more than 100000000 is never read");
  }

  @Test
  void headerThatIsNoJson() throws Exception {
    openingHeader("{'a' 1}").hasMessageContaining("no valid JSON");
    openingHeader("{'a': {'dtype':").hasMessageContaining("no valid JSON");
    openingHeader("").hasMessageContaining("no JSON object");
  }

  @Test
  void headerThatIsNoObject() throws Exception {
    openingHeader("[1, 2]").hasMessageContaining("no JSON object");
  }

  @Test
  void somethingBehindTheHeadersObject() throws Exception {
    openingHeader("{} {}").hasMessageContaining("something follows the JSON object");
  }

  @Test
  void headerThatIsNoUtf8() throws Exception {
    byte[] header = {'{', '"', (byte) 0xff, '"', ':', '1', '}'};
    opening(RawFile.write(folder.resolve("x"), header.length, header))
        .hasMessageContaining("no valid JSON");
  }

  @Test
  void metadataThatIsNoMapOfTexts() throws Exception {
    openingHeader("{'__metadata__': 3}").hasMessageContaining("must be a JSON object of texts");
    openingHeader("{'__metadata__': {'a': 1}}")
        .hasMessageContaining("must hold texts only, 'a' is 1");
  }

  @Test
  void duplicateNames() throws Exception {
    String tensor = "'a': {'dtype': 'U8', 'shape': [1], 'data_offsets': [0, 1]}";
    openingHeader("{" + tensor + "," + tensor + "}", 1)
        .hasMessageContaining("tensor 'a': the header names it twice");
    openingHeader("{'__metadata__': {}, '__metadata__': {}}").hasMessageContaining("twice");
    openingHeader("{'a': {'dtype': 'U8', 'dtype': 'U8', 'shape': [1], 'data_offsets': [0, 1]}}", 1)
        .hasMessageContaining("Duplicate");
  }

  @Test
  void tensorThatIsNoObject() throws Exception {
    openingHeader("{'a': 3}").hasMessageContaining("expected an object with dtype, shape");
    openingHeader("{'a': {'shape': [], 'data_offsets': [0, 0]}}")
        .hasMessageContaining("expected a text as dtype, got nothing");
    openingHeader("{'a': {'dtype': 'U8', 'data_offsets': [0, 0]}}")
        .hasMessageContaining("expected a list of numbers as shape, got nothing");
    openingHeader("{'a': {'dtype': 'U8', 'shape': [0]}}")
        .hasMessageContaining("as data_offsets, got nothing");
    openingHeader("{'a': {'dtype': 'U8', 'shape': [0], 'data_offsets': [0]}}")
        .hasMessageContaining("expected two data_offsets");
  }

  @Test
  void overlappingOffsets() throws Exception {
    openingHeader(
            "{'a': {'dtype': 'U8', 'shape': [3], 'data_offsets': [0, 3]},"
                + "'b': {'dtype': 'U8', 'shape': [2], 'data_offsets': [2, 4]}}",
            1,
            2,
            3,
            4)
        .hasMessageContaining("tensor 'b'")
        .hasMessageContaining("overlap");
  }

  @Test
  void gaps() throws Exception {
    String at = "{'a': {'dtype': 'U8', 'shape': [1], 'data_offsets': [%d, %d]}}";
    openingHeader(at.formatted(2, 3), 0, 0, 0).hasMessageContaining("a gap of 2 bytes");
    openingHeader(at.formatted(0, 1), 0, 0, 0)
        .hasMessageContaining("2 bytes follow that belong to no tensor");
  }

  @Test
  void offsetsOutOfRange() throws Exception {
    openingHeader("{'a': {'dtype': 'U8', 'shape': [5], 'data_offsets': [0, 5]}}", 1, 2, 3)
        .hasMessageContaining("end at 5, but the file has only 3 bytes of data");
    openingHeader(
            "{'a': {'dtype': 'U8', 'shape': [5],"
                + " 'data_offsets': [9223372036854775802, 9223372036854775807]}}")
        .hasMessageContaining("the file has only 0 bytes of data");
  }

  @Test
  void offsetsInTheWrongOrder() throws Exception {
    openingHeader("{'a': {'dtype': 'U8', 'shape': [2], 'data_offsets': [2, 0]}}", 1, 2)
        .hasMessageContaining("wrong order: [2, 0]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "1.5", "9223372036854775808", "1e3", "'1'", "null", "[1]"})
  void shapesAndOffsetsThatAreNoCounts(String number) throws Exception {
    openingHeader("{'a': {'dtype': 'U8', 'shape': [" + number + "], 'data_offsets': [0, 1]}}", 1)
        .hasMessageContaining("shape must hold whole numbers");
    openingHeader("{'a': {'dtype': 'U8', 'shape': [1], 'data_offsets': [0, " + number + "]}}", 1)
        .hasMessageContaining("data_offsets must hold whole numbers");
  }

  @Test
  void byteCountThatDoesNotFit() throws Exception {
    openingHeader(
            "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 7]}}", 0, 0, 0, 0, 0, 0, 0)
        .hasMessageContaining("shape [2] of F32 takes 8 bytes, its data_offsets span 7");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4294967296, 4294967296",
        "9223372036854775807, 2",
        "0, 4611686018427387904, 4611686018427387904",
        "4611686018427387904, 4, 0"
      })
  void shapeThatOverflows(String shape) throws Exception {
    openingHeader("{'a': {'dtype': 'U8', 'shape': [" + shape + "], 'data_offsets': [0, 0]}}")
        .hasMessageContaining("more elements than can be counted");
  }

  @Test
  void unknownType() throws Exception {
    openingHeader("{'a': {'dtype': 'C64', 'shape': [1], 'data_offsets': [0, 1]}}", 1)
        .hasMessageContaining("unknown dtype 'C64'; those that can be read are")
        .hasMessageContaining("F64, F32, F16, BF16, I64, I32, U8, BOOL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"F4", "F6_E2M3", "F8_E8M0", "F8_E4M3FNUZ", "I4", "U4"})
  void quantisedTypeIsNamed(String type) throws Exception {
    openingHeader("{'a': {'dtype': '" + type + "', 'shape': [1], 'data_offsets': [0, 1]}}", 1)
        .hasMessageContaining(
            "tensor 'a': unknown dtype '" + type + "'; such weights are quantised")
        .hasMessageContaining("use the checkpoint they were made from");
  }

  @Test
  void moreAxesThanTheEngineTakes() throws Exception {
    String ones = "1" + ", 1".repeat(64);
    openingHeader("{'a': {'dtype': 'U8', 'shape': [" + ones + "], 'data_offsets': [0, 1]}}", 1)
        .hasMessageContaining("tensor 'a': its shape has 65 axes; more than 64 are not read");
  }

  @ParameterizedTest
  @ValueSource(strings = {"I8", "F8_E4M3", "F8_E5M2"})
  void typeThatIsNotReadIsRefusedOnlyWhenItIsAskedFor(String type) throws Exception {
    Path path =
        RawFile.write(
            folder.resolve("x"),
            "{'a': {'dtype': '"
                + type
                + "', 'shape': [1], 'data_offsets': [0, 1]},"
                + "'b': {'dtype': 'U8', 'shape': [1], 'data_offsets': [1, 2]}}",
            1,
            2);
    SafetensorsFile file = SafetensorsFile.open(path);

    assertThat(file.longs("b")).containsExactly(2);
    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> file.longs("a"))
        .withMessageContaining(
            "tensor 'a': type " + type + " cannot be read; such weights are quant");
    try (NDManager manager = NDManager.newBaseManager()) {
      assertThatExceptionOfType(TensorFileException.class)
          .isThrownBy(() -> file.read("a", manager, DataType.FLOAT32));
    }
  }

  @Test
  void tensorThatIsNotThere() throws Exception {
    SafetensorsFile file =
        SafetensorsFile.open(Path.of("src/test/resources/golden/gpt2/model.safetensors"));

    TensorFileException e =
        catchThrowableOfType(
            TensorFileException.class, () -> file.info("transformer.h.0.attn.c_atn.weight"));

    assertThat(e)
        .hasMessageContaining("there is no such tensor; the nearest of " + file.names().size())
        .hasMessageContaining("'transformer.h.0.attn.c_attn.weight'");
    assertThat(e.tensor()).hasValue("transformer.h.0.attn.c_atn.weight");
    assertThat(e.offset()).isEmpty();
  }

  @Test
  void fileTruncatedBehindTheHeader() throws Exception {
    byte[] all = Files.readAllBytes(Path.of("src/test/resources/golden/gpt2/model.safetensors"));
    for (int cut : new int[] {1, 100, 300_000}) {
      byte[] less = Arrays.copyOf(all, all.length - cut);
      opening(Files.write(folder.resolve("cut"), less))
          .hasMessageContaining("the file is truncated");
    }
  }

  @Test
  void truthValueThatIsNeither() throws Exception {
    Path path =
        RawFile.write(
            folder.resolve("x"),
            "{'a': {'dtype': 'BOOL', 'shape': [3], 'data_offsets': [0, 3]}}",
            0,
            1,
            2);
    SafetensorsFile file = SafetensorsFile.open(path);
    String message =
        "at byte " + (Files.size(path) - 1) + ": a BOOL must be 0 or 1, this byte is 2";

    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> file.longs("a"))
        .withMessageContaining(message);
    try (NDManager manager = NDManager.newBaseManager()) {
      assertThatExceptionOfType(TensorFileException.class)
          .isThrownBy(() -> file.read("a", manager, DataType.BOOLEAN))
          .withMessageContaining(message);
    }
  }

  @Test
  void fileThatChangedAfterItWasOpened() throws Exception {
    String header = "{'a': {'dtype': 'U8', 'shape': [1], 'data_offsets': [0, 1]}}";
    Path path = RawFile.write(folder.resolve("x"), header, 1);
    SafetensorsFile file = SafetensorsFile.open(path);

    Files.setLastModifiedTime(path, FileTime.fromMillis(1_000));
    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> file.longs("a"))
        .withMessageContaining("has changed since it was opened");
    Files.delete(path);
    assertThatExceptionOfType(TensorFileException.class)
        .isThrownBy(() -> file.sha256())
        .withMessageContaining("is gone");
  }

  @Test
  void readingATypeThatWouldLoseSomethingIsTheCallersMistake() throws Exception {
    SafetensorsFile file =
        SafetensorsFile.open(Path.of("src/test/resources/golden/gpt2/expected.safetensors"));
    try (NDManager manager = NDManager.newBaseManager()) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> file.read("logits", manager, DataType.INT64))
          .withMessageContaining("'logits' of type F32 cannot be read as int64")
          .withMessageContaining("read it as float32");
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> file.read("input_ids", manager, DataType.INT32));
    }
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> file.longs("logits"))
        .withMessageContaining("use floats(name)");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> file.floats("input_ids"))
        .withMessageContaining("use longs(name)");
  }
}
