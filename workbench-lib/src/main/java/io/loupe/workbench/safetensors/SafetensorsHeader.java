package io.loupe.workbench.safetensors;

import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.tensorfile.TensorInfo;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The header of a safetensors file, parsed and checked: eight bytes of length (little-endian), then
 * JSON with each tensor's type, shape and offsets into the data behind it.
 *
 * @param tensors by name, in the order of their data
 * @param metadata the file's {@code __metadata__}; empty if it has none
 */
record SafetensorsHeader(Map<String, TensorInfo> tensors, Map<String, String> metadata) {
  static final int LENGTH_BYTES = 8;
  static final String METADATA = "__metadata__";
  private static final long MAX_HEADER = 100_000_000;

  /** Types of less than a byte, blocks with a common scale, and the rarer floats of eight bits. */
  private static final Pattern QUANTISED = Pattern.compile("[IU][1-7]|(F[4-8]|MX|NF).*");

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY).build();

  /** Reads the header from the start of the channel and checks it against the file's size. */
  static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < LENGTH_BYTES) {
      throw new SafetensorsException(
          file,
          (size == 0 ? "the file is empty" : "the file has only " + size + " bytes")
              + "; a safetensors file starts with 8 bytes that give the length of its header");
    }
    long length = bytes(file, channel, 0, LENGTH_BYTES).getLong();
    checkLength(file, length, size);
    byte[] json = bytes(file, channel, LENGTH_BYTES, (int) length).array();
    return new Parser(file, LENGTH_BYTES + length, size).parse(json);
  }

  private static void checkLength(Path file, long length, long size) throws SafetensorsException {
    if (length < 0 || length > MAX_HEADER) {
      throw new SafetensorsException(
          file,
          null,
          0,
          "the header's length is given as "
              + Long.toUnsignedString(length)
              + " bytes; more than "
              + MAX_HEADER
              + " is never read. Is this a safetensors file?");
    }
    if (length > size - LENGTH_BYTES) {
      throw new SafetensorsException(
          file,
          null,
          0,
          "the header's length is given as "
              + length
              + " bytes, but only "
              + (size - LENGTH_BYTES)
              + " bytes follow: the file is truncated, or no safetensors file");
    }
  }

  private static ByteBuffer bytes(Path file, FileChannel channel, long position, int count)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new SafetensorsException(
            file, "the file became shorter while it was read", new EOFException());
      }
    }
    return bytes.flip();
  }

  /** Goes through the JSON once; offsets in it count from the start of the data. */
  private record Parser(Path file, long dataBegin, long fileSize) {
    SafetensorsHeader parse(byte[] json) throws SafetensorsException {
      Map<String, TensorInfo> tensors = new LinkedHashMap<>();
      Map<String, String> metadata = new LinkedHashMap<>();
      boolean sawMetadata = false;
      try (JsonParser parser = JSON.createParser(json)) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          throw problem("the header is no JSON object");
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = String.valueOf(parser.currentName());
          parser.nextToken();
          JsonNode entry = parser.readValueAsTree();
          if (name.equals(METADATA) ? sawMetadata : tensors.containsKey(name)) {
            throw problem(name, "the header names it twice");
          }
          if (name.equals(METADATA)) {
            sawMetadata = true;
            readMetadata(entry, metadata);
          } else {
            tensors.put(name, tensor(name, entry));
          }
        }
        if (parser.nextToken() != null) {
          throw problem("something follows the JSON object in the header");
        }
      } catch (JacksonException e) {
        throw new SafetensorsException(
            file, "the header is no valid JSON: " + e.getOriginalMessage(), e);
      }
      return new SafetensorsHeader(inOrderOfData(tensors), Collections.unmodifiableMap(metadata));
    }

    private void readMetadata(JsonNode entry, Map<String, String> metadata)
        throws SafetensorsException {
      if (!entry.isObject()) {
        throw problem(METADATA + " must be a JSON object of texts, it is " + shown(entry));
      }
      for (Map.Entry<String, JsonNode> pair : entry.properties()) {
        if (!pair.getValue().isString()) {
          throw problem(
              METADATA
                  + " must hold texts only, '"
                  + pair.getKey()
                  + "' is "
                  + shown(pair.getValue()));
        }
        metadata.put(pair.getKey(), pair.getValue().stringValue());
      }
    }

    private TensorInfo tensor(String name, JsonNode entry) throws SafetensorsException {
      if (!entry.isObject()) {
        throw problem(
            name, "expected an object with dtype, shape and data_offsets, got " + shown(entry));
      }
      StoredType type = type(name, entry.path("dtype"));
      List<Long> shape = numbers(name, "shape", entry.path("shape"));
      List<Long> offsets = numbers(name, "data_offsets", entry.path("data_offsets"));
      if (offsets.size() != 2) {
        throw problem(name, "expected two data_offsets, got " + offsets);
      }
      long begin = offsets.get(0);
      long end = offsets.get(1);
      checkRange(name, begin, end);
      checkBytes(name, type, shape, end - begin);
      return new TensorInfo(name, type, shape, dataBegin + begin, dataBegin + end);
    }

    private StoredType type(String name, JsonNode dtype) throws SafetensorsException {
      if (!dtype.isString()) {
        throw problem(name, "expected a text as dtype, got " + shown(dtype));
      }
      StoredType type = StoredType.named(dtype.stringValue()).orElse(null);
      if (type == null) {
        throw problem(
            name,
            "unknown dtype '%s'; %s"
                .formatted(
                    dtype.stringValue(),
                    QUANTISED.matcher(dtype.stringValue()).matches()
                        ? StoredType.quantised()
                        : "those that can be read are " + StoredType.readableNames()));
      }
      return type;
    }

    private List<Long> numbers(String name, String field, JsonNode node)
        throws SafetensorsException {
      if (!node.isArray()) {
        throw problem(name, "expected a list of numbers as " + field + ", got " + shown(node));
      }
      List<Long> numbers = new ArrayList<>();
      for (JsonNode number : node) {
        if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
          throw problem(
              name, field + " must hold whole numbers from 0 to 2^63-1, it holds " + shown(number));
        }
        numbers.add(number.longValue());
      }
      return numbers;
    }

    private void checkRange(String name, long begin, long end) throws SafetensorsException {
      if (begin > end) {
        throw problem(
            name, "its data_offsets are in the wrong order: [" + begin + ", " + end + "]");
      }
      if (end > fileSize - dataBegin) {
        throw new SafetensorsException(
            file,
            name,
            fileSize,
            "its data end at "
                + end
                + ", but the file has only "
                + (fileSize - dataBegin)
                + " bytes of data: the file is truncated, or its header is wrong");
      }
    }

    private void checkBytes(String name, StoredType type, List<Long> shape, long bytes)
        throws SafetensorsException {
      if (shape.size() > TensorInfo.MAX_AXES) {
        throw problem(
            name,
            "its shape has %d axes; more than %d are not read"
                .formatted(shape.size(), TensorInfo.MAX_AXES));
      }
      long expected;
      try {
        expected = Math.multiplyExact(type.bytes(), TensorInfo.elements(shape));
      } catch (ArithmeticException e) {
        throw problem(name, "shape " + shape + " has more elements than can be counted");
      }
      if (expected != bytes) {
        throw problem(
            name,
            "shape "
                + shape
                + " of "
                + type
                + " takes "
                + expected
                + " bytes, its data_offsets span "
                + bytes);
      }
    }

    /** Sorts the tensors by position, and refuses overlaps and gaps, as the format does. */
    private Map<String, TensorInfo> inOrderOfData(Map<String, TensorInfo> tensors)
        throws SafetensorsException {
      List<TensorInfo> sorted = new ArrayList<>(tensors.values());
      sorted.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
      Map<String, TensorInfo> ordered = new LinkedHashMap<>();
      long position = dataBegin;
      for (TensorInfo tensor : sorted) {
        if (tensor.begin() != position) {
          throw new SafetensorsException(
              file,
              tensor.name(),
              tensor.begin(),
              tensor.begin() < position
                  ? "its data overlap those of the tensor before it, which end at " + position
                  : "there is a gap of " + (tensor.begin() - position) + " bytes before its data");
        }
        position = tensor.end();
        ordered.put(tensor.name(), tensor);
      }
      if (position != fileSize) {
        throw new SafetensorsException(
            file, null, position, (fileSize - position) + " bytes follow that belong to no tensor");
      }
      return Collections.unmodifiableMap(ordered);
    }

    private SafetensorsException problem(String problem) {
      return new SafetensorsException(file, problem);
    }

    private SafetensorsException problem(String tensor, String problem) {
      return new SafetensorsException(file, tensor, -1, problem);
    }

    private static String shown(JsonNode node) {
      String text = node.isMissingNode() ? "nothing" : node.toString();
      return text.length() > 60 ? text.substring(0, 60) + "..." : text;
    }
  }
}
