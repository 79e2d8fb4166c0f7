package io.loupe.workbench.tensorfile;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Element types of stored tensors, by the names that the safetensors format gives them. Files that
 * hold tensors of the types without a {@link #dataType()} can be opened; those tensors are refused
 * when they are read.
 */
public enum StoredType {
  F64(8, DataType.FLOAT64),
  F32(4, DataType.FLOAT32),
  /** IEEE half precision; read as float32. */
  F16(2, DataType.FLOAT32),
  /** The upper half of a float32; read as float32. */
  BF16(2, DataType.FLOAT32),
  I64(8, DataType.INT64),
  I32(4, DataType.INT32),
  U8(1, DataType.UINT8),
  /** One byte an element, 0 or 1. */
  BOOL(1, DataType.BOOLEAN),
  U64(8, null),
  U32(4, null),
  I16(2, null),
  U16(2, null),
  I8(1, null),
  F8_E4M3(1, null),
  F8_E5M2(1, null);

  private static final Set<StoredType> FLOATING = EnumSet.of(F64, F32, F16, BF16);
  private static final Set<StoredType> QUANTISED = EnumSet.of(I8, F8_E4M3, F8_E5M2);

  private final int bytes;
  private final @Nullable DataType dataType;

  StoredType(int bytes, @Nullable DataType dataType) {
    this.bytes = bytes;
    this.dataType = dataType;
  }

  /** Returns the size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Returns the type of an array read without conversion; empty if it cannot be read. */
  public Optional<DataType> dataType() {
    return Optional.ofNullable(dataType);
  }

  /** Tells whether the elements are floating-point numbers. */
  public boolean isFloating() {
    return FLOATING.contains(this);
  }

  /** Returns the type of that name in a file header, if the format has one. */
  public static Optional<StoredType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }

  /** Returns, for messages, what to do about a type that cannot be read. */
  String advice() {
    return QUANTISED.contains(this) ? quantised() : "those that can are " + readableNames();
  }

  /** Returns, for messages, that weights of this type are quantised, and what to use instead. */
  public static String quantised() {
    return "such weights are quantised, which is not supported; use the checkpoint they were made from, in "
        + readableNames();
  }

  /** Returns the names of the types that can be read, for messages. */
  public static String readableNames() {
    return Arrays.stream(values())
        .filter(type -> type.dataType != null)
        .map(Enum::name)
        .collect(Collectors.joining(", "));
  }

  /**
   * Tells whether a tensor of this type can be read as the target: floating-point types as float32,
   * float64 or float16; whole numbers and truth values as a whole-number type at least as wide, or
   * as float32 or float64.
   */
  boolean isReadableAs(DataType target) {
    if (dataType == null) {
      return false;
    }
    return switch (target) {
      case FLOAT32, FLOAT64 -> true;
      case FLOAT16 -> isFloating();
      case INT64 -> !isFloating();
      case INT32 -> !isFloating() && this != I64;
      case UINT8 -> this == U8 || this == BOOL;
      case BOOLEAN -> this == BOOL;
      default -> false;
    };
  }
}
