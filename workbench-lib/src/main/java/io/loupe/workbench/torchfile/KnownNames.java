package io.loupe.workbench.torchfile;

import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.torchfile.Pickled.ElementType;
import io.loupe.workbench.torchfile.Pickled.Function;
import io.loupe.workbench.torchfile.Pickled.StorageType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The classes and functions of Python that a pickle may name. There are no others. */
final class KnownNames {
  private static final Map<String, Object> ALL = new HashMap<>();

  static {
    ALL.put("collections.OrderedDict", Function.ORDERED_DICT);
    ALL.put("torch.Size", Function.SIZE);
    ALL.put("torch.device", Function.DEVICE);
    ALL.put("_codecs.encode", Function.ENCODE); // how protocol 2 writes bytes
    ALL.put("torch._utils._rebuild_tensor_v2", Function.REBUILD_TENSOR_V2);
    ALL.put("torch._utils._rebuild_tensor_v3", Function.REBUILD_TENSOR_V3);
    ALL.put("torch._utils._rebuild_parameter", Function.REBUILD_PARAMETER);
    type("Double", "float64", StoredType.F64);
    type("Float", "float32", StoredType.F32);
    type("Half", "float16", StoredType.F16);
    type("BFloat16", "bfloat16", StoredType.BF16);
    type("Long", "int64", StoredType.I64);
    type("Int", "int32", StoredType.I32);
    type("Short", "int16", StoredType.I16);
    type("Byte", "uint8", StoredType.U8);
    type("Char", "int8", StoredType.I8);
    type("Bool", "bool", StoredType.BOOL);
    ALL.put("torch.uint16", new ElementType(StoredType.U16));
    ALL.put("torch.uint32", new ElementType(StoredType.U32));
    ALL.put("torch.uint64", new ElementType(StoredType.U64));
    ALL.put("torch.float8_e4m3fn", new ElementType(StoredType.F8_E4M3));
    ALL.put("torch.float8_e5m2", new ElementType(StoredType.F8_E5M2));
    for (String bytes : new String[] {"UntypedStorage", "TypedStorage"}) {
      ALL.put("torch.storage." + bytes, new StorageType(StoredType.U8));
    }
  }

  private KnownNames() {}

  private static void type(String storage, String dtype, StoredType type) {
    ALL.put("torch." + storage + "Storage", new StorageType(type));
    ALL.put("torch." + dtype, new ElementType(type));
  }

  static Optional<Object> named(String module, String name) {
    return Optional.ofNullable(ALL.get(module + "." + name));
  }

  /** Tells whether the name stands for quantised tensors. */
  static boolean isQuantised(String module, String name) {
    return module.startsWith("torch")
        && (name.matches("Q(UI|I)nt.*Storage|qu?int.*|float[48]_.*") || name.contains("qtensor"));
  }
}
