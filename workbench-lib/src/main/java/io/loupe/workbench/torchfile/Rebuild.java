package io.loupe.workbench.torchfile;

import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.tensorfile.TensorInfo;
import io.loupe.workbench.torchfile.Pickled.Dict;
import io.loupe.workbench.torchfile.Pickled.ElementType;
import io.loupe.workbench.torchfile.Pickled.Function;
import io.loupe.workbench.torchfile.Pickled.Plain;
import io.loupe.workbench.torchfile.Pickled.Sequence;
import io.loupe.workbench.torchfile.Pickled.Storage;
import io.loupe.workbench.torchfile.Pickled.StorageType;
import io.loupe.workbench.torchfile.Pickled.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the functions that a pickle may call would return: descriptions, without their side effects.
 *
 * @param at position in the file of the call, for messages
 */
record Rebuild(Path file, long at) {

  /** Returns what a function of {@link KnownNames} gives for a tuple of arguments. */
  Object call(Object function, Object arguments) throws TorchFileException {
    if (!(arguments instanceof Sequence sequence && sequence.tuple)) {
      throw problem("expected a tuple of arguments, got " + Pickled.kind(arguments));
    }
    if (function instanceof Function known) {
      return call(known, sequence.items);
    }
    throw problem("it calls " + Pickled.kind(function) + ", which is no function");
  }

  private Object call(Function known, List<Object> given) throws TorchFileException {
    return switch (known) {
      case ORDERED_DICT -> {
        requireCount(known, given, 0, 0);
        yield new Dict(true);
      }
      case SIZE -> {
        requireCount(known, given, 1, 1);
        yield new Sequence(true, List.copyOf(numbers(given.get(0), "a size")));
      }
      case DEVICE -> Plain.DEVICE;
      case ENCODE -> Plain.BYTES;
      case REBUILD_TENSOR_V2 -> {
        requireCount(known, given, 4, 7);
        requireNothing(given, 6);
        yield tensor(given, null);
      }
      case REBUILD_TENSOR_V3 -> {
        requireCount(known, given, 7, 8);
        requireNothing(given, 7);
        if (!(given.get(6) instanceof ElementType type)) {
          throw problem("expected a type of elements, got " + Pickled.kind(given.get(6)));
        }
        yield tensor(given, type.type());
      }
      case REBUILD_PARAMETER -> {
        requireCount(known, given, 1, 3);
        if (!(given.get(0) instanceof Tensor tensor)) {
          throw problem("expected a tensor as parameter, got " + Pickled.kind(given.get(0)));
        }
        yield tensor;
      }
    };
  }

  /** Returns the storage that a persistent id stands for: how the pickle refers to its data. */
  Storage storage(Object id) throws TorchFileException {
    if (id instanceof Sequence tuple
        && tuple.items.size() == 5
        && "storage".equals(tuple.items.get(0))
        && tuple.items.get(1) instanceof StorageType type
        && tuple.items.get(2) instanceof String key
        && tuple.items.get(4) instanceof Long size
        && size >= 0) {
      return new Storage(type.type(), key, size);
    }
    throw problem(
        "expected a reference to a storage (type, key, device and number of elements), got "
            + Pickled.kind(id));
  }

  private Tensor tensor(List<Object> given, @Nullable StoredType type) throws TorchFileException {
    if (!(given.get(0) instanceof Storage storage)) {
      throw problem("expected the storage of a tensor, got " + Pickled.kind(given.get(0)));
    }
    if (!(given.get(1) instanceof Long offset && offset >= 0)) {
      throw problem("expected the offset of a tensor, got " + Pickled.kind(given.get(1)));
    }
    List<Long> shape = numbers(given.get(2), "the shape of a tensor");
    List<Long> strides = numbers(given.get(3), "the strides of a tensor");
    if (shape.size() != strides.size()) {
      throw problem("a tensor has %d axes, but %d strides".formatted(shape.size(), strides.size()));
    }
    return new Tensor(type == null ? storage.type() : type, storage, offset, shape, strides, at);
  }

  private List<Long> numbers(Object value, String what) throws TorchFileException {
    if (!(value instanceof Sequence sequence)) {
      throw problem("expected " + what + ", got " + Pickled.kind(value));
    }
    if (sequence.items.size() > TensorInfo.MAX_AXES) {
      throw problem(
          "%s has %d axes; more than %d are not read"
              .formatted(what, sequence.items.size(), TensorInfo.MAX_AXES));
    }
    List<Long> numbers = new ArrayList<>();
    for (Object item : sequence.items) {
      if (!(item instanceof Long number && number >= 0)) {
        throw problem(what + " must hold whole numbers from 0 to 2^63-1");
      }
      numbers.add(number);
    }
    return List.copyOf(numbers);
  }

  private void requireCount(Function function, List<Object> given, int least, int most)
      throws TorchFileException {
    if (given.size() < least || given.size() > most) {
      throw problem(
          "%s is given %d arguments, not %d to %d".formatted(function, given.size(), least, most));
    }
  }

  /** Refuses marks at a tensor that change its numbers: that it is to be negated, or conjugated. */
  private void requireNothing(List<Object> given, int metadata) throws TorchFileException {
    if (given.size() > metadata
        && given.get(metadata) != Plain.NONE
        && !(given.get(metadata) instanceof Dict dict && dict.entries.isEmpty())) {
      throw problem(
          "a tensor has metadata, by which its numbers might mean something else; save a copy of it"
              + " (in Python: tensor.resolve_neg().clone())");
    }
  }

  private TorchFileException problem(String problem) {
    return new TorchFileException(file, null, at, problem);
  }
}
