package io.loupe.workbench.torchfile;

import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.tensorfile.TensorInfo;
import io.loupe.workbench.torchfile.Pickled.Dict;
import io.loupe.workbench.torchfile.Pickled.Storage;
import io.loupe.workbench.torchfile.Pickled.Tensor;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Finds the named tensors in what was unpickled, and checks that each lies in its storage. */
final class StateDict {
  /** Under what name training scripts keep the weights beside other things. */
  private static final List<String> KEYS = List.of("state_dict", "model_state_dict", "model");

  /** What wrappers for several devices, and for compiled models, put before every name. */
  private static final List<String> PREFIXES = List.of("module.", "_orig_mod.");

  /** A dict may hold itself, so the way down must end. */
  private static final int DEEPEST = 4;

  private static final int KEYS_SHOWN = 8;

  private final TorchArchive archive;
  private final Map<String, ZipArchive.Range> storages = new HashMap<>();

  private StateDict(TorchArchive archive) {
    this.archive = archive;
  }

  /** Returns the tensors by name, in the order of the dict. */
  static Map<String, TensorInfo> read(TorchArchive archive) throws IOException {
    Object root = archive.unpickle();
    if (!(root instanceof Dict dict)) {
      throw new TorchFileException(
          archive.file(), "expected a dict from names to tensors, it holds " + Pickled.kind(root));
    }
    StateDict state = new StateDict(archive);
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> entry : named(archive, dict).entrySet()) {
      tensors.put(entry.getKey(), state.place(entry.getKey(), entry.getValue()));
    }
    return tensors;
  }

  private static Map<String, Tensor> named(TorchArchive archive, Dict root)
      throws TorchFileException {
    Dict dict = root;
    for (int depth = 0; depth < DEEPEST && !hasTensors(dict); depth++) {
      dict = inner(dict);
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<Object, Object> entry : dict.entries.entrySet()) {
      if (entry.getValue() instanceof Tensor tensor) {
        if (!(entry.getKey() instanceof String name)) {
          throw new TorchFileException(
              archive.file(),
              null,
              tensor.at(),
              "expected a text as the name of a tensor, got " + Pickled.kind(entry.getKey()));
        }
        tensors.put(name, tensor);
      }
    }
    if (tensors.isEmpty()) {
      throw new TorchFileException(
          archive.file(),
          "it has no tensors by name, nor a dict of them under %s; its keys are %s"
              .formatted(String.join(", ", KEYS), shownKeys(root)));
    }
    return withoutPrefixes(tensors);
  }

  private static boolean hasTensors(Dict dict) {
    return dict.entries.values().stream().anyMatch(Tensor.class::isInstance);
  }

  private static Dict inner(Dict dict) {
    return KEYS.stream()
        .map(dict.entries::get)
        .filter(Dict.class::isInstance)
        .map(Dict.class::cast)
        .findFirst()
        .orElse(dict);
  }

  private static String shownKeys(Dict dict) {
    String keys =
        dict.entries.keySet().stream()
            .limit(KEYS_SHOWN)
            .map(key -> key instanceof String text ? Shown.text(text) : Pickled.kind(key))
            .collect(Collectors.joining(", "));
    return dict.entries.isEmpty() ? "none at all" : keys;
  }

  private static Map<String, Tensor> withoutPrefixes(Map<String, Tensor> tensors) {
    Map<String, Tensor> named = tensors;
    for (String prefix : PREFIXES) {
      if (named.keySet().stream().allMatch(name -> name.startsWith(prefix))) {
        Map<String, Tensor> shorter = new LinkedHashMap<>();
        named.forEach((name, tensor) -> shorter.put(name.substring(prefix.length()), tensor));
        named = shorter;
      }
    }
    return named;
  }

  /** Checks every number of a tensor against its storage, and that against the file. */
  private TensorInfo place(String name, Tensor tensor) throws IOException {
    ZipArchive.Range range = range(name, tensor);
    int width = tensor.type().bytes();
    long room = size(name, tensor, range) / width;
    long span;
    try {
      span = span(tensor);
    } catch (ArithmeticException e) {
      throw problem(
          name,
          tensor.at(),
          "shape %s with strides %s has more elements than can be counted"
              .formatted(tensor.shape(), tensor.strides()));
    }
    if (tensor.offset() > room || span > room - tensor.offset()) {
      throw problem(
          name,
          tensor.at(),
          "shape %s with strides %s takes %d elements of its storage from number %d on, which has only %d"
              .formatted(tensor.shape(), tensor.strides(), span, tensor.offset(), room));
    }
    long begin = range.begin() + tensor.offset() * width;
    return new TensorInfo(
        name, tensor.type(), tensor.shape(), tensor.strides(), begin, begin + span * width);
  }

  private ZipArchive.Range range(String name, Tensor tensor) throws IOException {
    String key = tensor.storage().key();
    ZipArchive.Range known = storages.get(key);
    if (known == null) {
      known = archive.storage(key).orElse(null);
      if (known == null) {
        throw problem(
            name,
            tensor.at(),
            "its data are missing: there is no entry " + Shown.text("data/" + key));
      }
      storages.put(key, known);
    }
    return known;
  }

  /** Returns the size of the storage in bytes, which cannot be more than its entry holds. */
  private long size(String name, Tensor tensor, ZipArchive.Range range) throws TorchFileException {
    Storage storage = tensor.storage();
    StoredType type = storage.type();
    if (storage.size() > range.size() / type.bytes()) {
      throw problem(
          name,
          range.begin(),
          "its storage is said to have %d elements of %s, but its entry has only %d bytes"
              .formatted(storage.size(), type, range.size()));
    }
    return storage.size() * type.bytes();
  }

  /** Returns how many elements lie from the first to the last, both included. */
  private static long span(Tensor tensor) {
    long size = TensorInfo.elements(tensor.shape());
    long last = 0;
    for (int axis = 0; axis < tensor.shape().size(); axis++) {
      long steps = Math.max(0, tensor.shape().get(axis) - 1);
      last = Math.addExact(last, Math.multiplyExact(steps, tensor.strides().get(axis)));
    }
    return size == 0 ? 0 : Math.addExact(last, 1);
  }

  private TorchFileException problem(String name, long at, String problem) {
    return new TorchFileException(archive.file(), name, at, problem);
  }
}
