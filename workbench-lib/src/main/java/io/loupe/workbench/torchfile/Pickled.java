package io.loupe.workbench.torchfile;

import io.loupe.workbench.tensorfile.StoredType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a pickle may hold. Texts, whole numbers (Long, or BigInteger if they do not fit) and
 * floating-point numbers (Double) are themselves, and so are truth values. Containers may hold
 * themselves: nothing here may walk through them, compare or print them.
 */
final class Pickled {
  private Pickled() {}

  /** Values of which nothing but their kind is kept. */
  enum Plain {
    NONE,
    BYTES,
    DEVICE
  }

  /** What a pickle may call. */
  enum Function {
    ORDERED_DICT,
    SIZE,
    DEVICE,
    ENCODE,
    REBUILD_TENSOR_V2,
    REBUILD_TENSOR_V3,
    REBUILD_PARAMETER
  }

  /** A class of storages: what its elements are. */
  record StorageType(StoredType type) {}

  /** A type of elements. */
  record ElementType(StoredType type) {}

  /** A dict, or an OrderedDict; with texts, numbers and truth values as keys. */
  static final class Dict {
    final boolean ordered;
    final Map<Object, Object> entries = new LinkedHashMap<>();

    Dict(boolean ordered) {
      this.ordered = ordered;
    }
  }

  /** A list or a tuple. */
  static final class Sequence {
    final boolean tuple;
    final List<Object> items;

    Sequence(boolean tuple, List<Object> items) {
      this.tuple = tuple;
      this.items = items;
    }
  }

  /**
   * A run of elements in an entry of their own.
   *
   * @param key the name of the entry
   * @param size number of elements
   */
  record Storage(StoredType type, String key, long size) {}

  /**
   * A view into a storage; not yet checked to lie in it.
   *
   * @param offset the first element
   * @param at position in the file of what says so
   */
  record Tensor(
      StoredType type,
      Storage storage,
      long offset,
      List<Long> shape,
      List<Long> strides,
      long at) {}

  /** Returns what a value is, for messages. */
  static String kind(Object value) {
    if (value instanceof Dict) {
      return "a dict";
    }
    if (value instanceof Sequence sequence) {
      return sequence.tuple ? "a tuple" : "a list";
    }
    if (value instanceof String text) {
      return "the text " + Shown.text(text);
    }
    if (value instanceof Tensor || value instanceof Storage) {
      return value instanceof Tensor ? "a tensor" : "a storage";
    }
    return value instanceof Number || value instanceof Boolean
        ? "the " + (value instanceof Number ? "number" : "truth value")
        : "something else (" + value.getClass().getSimpleName() + ")";
  }
}
