package io.loupe.workbench.torchfile;

import java.util.Map;

/** Names of a pickle's instructions, for messages. */
final class Opcodes {
  static final int PROTO = 0x80;
  static final int STOP = '.';

  /** Instructions that are not read, as Python's {@code pickletools} calls them. */
  private static final Map<Integer, String> REFUSED =
      Map.ofEntries(
          Map.entry((int) 'o', "OBJ"),
          Map.entry(0x92, "NEWOBJ_EX"),
          Map.entry(0x82, "EXT1"),
          Map.entry(0x83, "EXT2"),
          Map.entry(0x84, "EXT4"),
          Map.entry((int) 'P', "PERSID"),
          Map.entry(0x8f, "EMPTY_SET"),
          Map.entry(0x90, "ADDITEMS"),
          Map.entry(0x91, "FROZENSET"),
          Map.entry(0x97, "NEXT_BUFFER"),
          Map.entry(0x98, "READONLY_BUFFER"),
          Map.entry((int) 'I', "INT"),
          Map.entry((int) 'L', "LONG"),
          Map.entry((int) 'F', "FLOAT"),
          Map.entry((int) 'S', "STRING"),
          Map.entry((int) 'T', "BINSTRING"),
          Map.entry((int) 'U', "SHORT_BINSTRING"),
          Map.entry((int) 'V', "UNICODE"),
          Map.entry((int) 'p', "PUT"),
          Map.entry((int) 'g', "GET"),
          Map.entry(PROTO, "PROTO inside of a pickle"));

  private Opcodes() {}

  static String name(int opcode) {
    String name = REFUSED.get(opcode);
    return name == null ? "0x%02x".formatted(opcode) : name;
  }
}
