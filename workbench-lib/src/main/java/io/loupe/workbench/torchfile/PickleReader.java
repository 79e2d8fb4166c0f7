package io.loupe.workbench.torchfile;

import io.loupe.workbench.tensorfile.StoredType;
import io.loupe.workbench.torchfile.Pickled.Dict;
import io.loupe.workbench.torchfile.Pickled.Plain;
import io.loupe.workbench.torchfile.Pickled.Sequence;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A reader of Python's pickles that knows data only. A pickle is a program for a machine with a
 * stack (Python's {@code pickletools} describes it); Python's own reader runs it, and lets it call
 * any function. This one makes containers, texts, numbers and descriptions of tensors; a class or
 * function that is not in {@link KnownNames} is refused by its name, and so is an instruction that
 * could reach one.
 *
 * <p>Time and memory are bounded by the pickle's length: no instruction makes more than a few
 * objects and what it takes from the pickle or the stack, a length is compared with what is left
 * before anything is allocated, and nothing is recursive.
 */
final class PickleReader {
  private static final int MAX_INTEGER_BYTES = 255;

  private final Path file;
  private final ByteBuffer in;
  private final long begin;
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private int at;

  /**
   * Reads from a buffer.
   *
   * @param begin position of the buffer's first byte in the file, for messages
   */
  PickleReader(Path file, ByteBuffer bytes, long begin) {
    this.file = file;
    this.in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.begin = begin;
  }

  /** Returns what the pickle holds; see {@link Pickled}. */
  Object read() throws TorchFileException {
    if (Byte.toUnsignedInt(need(2).get()) != Opcodes.PROTO) {
      throw problem("it is no pickle of protocol 2 to 5, as torch.save writes them");
    }
    int protocol = in.get();
    if (protocol < 2 || protocol > 5) {
      throw problem("pickles of protocol " + protocol + " are not read; those of 2 to 5 are");
    }
    while (true) {
      at = in.position();
      int opcode = unsignedByte();
      if (opcode == Opcodes.STOP) {
        return pop();
      }
      if (!constant(opcode) && !container(opcode) && !memory(opcode)) {
        name(opcode);
      }
    }
  }

  /** Pushes a number, a text or the like. Returns false if the instruction is another one. */
  private boolean constant(int opcode) throws TorchFileException {
    switch (opcode) {
      case 'N' -> push(Plain.NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'J' -> push((long) need(4).getInt());
      case 'K' -> push((long) unsignedByte());
      case 'M' -> push((long) Short.toUnsignedInt(need(2).getShort()));
      case 0x8a -> push(integer(unsignedByte()));
      case 0x8b -> push(integer(need(4).getInt()));
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(need(8).getLong())));
      case 'X' -> push(text(Integer.toUnsignedLong(need(4).getInt())));
      case 0x8c -> push(text(unsignedByte()));
      case 0x8d -> push(text(need(8).getLong()));
      case 'B' -> pushBytes(Integer.toUnsignedLong(need(4).getInt()));
      case 'C' -> pushBytes(unsignedByte());
      case 0x8e, 0x96 -> pushBytes(need(8).getLong());
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean container(int opcode) throws TorchFileException {
    switch (opcode) {
      case '(' -> marks.add(stack.size());
      case '}' -> push(new Dict(false));
      case ']' -> push(new Sequence(false, new ArrayList<>(0)));
      case ')' -> push(tuple(0));
      case 0x85 -> push(tuple(1));
      case 0x86 -> push(tuple(2));
      case 0x87 -> push(tuple(3));
      case 't' -> push(new Sequence(true, popToMark()));
      case 'l' -> push(new Sequence(false, popToMark()));
      case 'd' -> {
        List<Object> items = popToMark();
        Dict dict = new Dict(false);
        put(dict, items);
        push(dict);
      }
      case 's' -> {
        Object value = pop();
        Object key = pop();
        put(top(Dict.class, "a dict"), List.of(key, value));
      }
      case 'u' -> {
        List<Object> items = popToMark();
        put(top(Dict.class, "a dict"), items);
      }
      case 'a' -> {
        Object item = pop();
        list().add(item);
      }
      case 'e' -> {
        List<Object> items = popToMark();
        list().addAll(items);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean memory(int opcode) throws TorchFileException {
    switch (opcode) {
      case 'q' -> memo.put((long) unsignedByte(), top());
      case 'r' -> memo.put(Integer.toUnsignedLong(need(4).getInt()), top());
      case 0x94 -> memo.put((long) memo.size(), top());
      case 'h' -> push(remembered(unsignedByte()));
      case 'j' -> push(remembered(Integer.toUnsignedLong(need(4).getInt())));
      case '2' -> push(top());
      case '0' -> pop();
      case '1' -> popToMark();
      case 0x95 -> checkLength(need(8).getLong()); // a frame: for reading ahead only
      default -> {
        return false;
      }
    }
    return true;
  }

  /** The instructions that make use of names, and those that are refused. */
  private void name(int opcode) throws TorchFileException {
    switch (opcode) {
      case 'c' -> pushNamed(line(), line());
      case 0x93 -> {
        Object name = pop();
        if (pop() instanceof String module && name instanceof String text) {
          pushNamed(module, text);
        } else {
          throw problem("a class or function is named by something else than two texts");
        }
      }
      case 'Q' -> push(rebuild().storage(pop()));
      case 'R', 0x81 -> {
        Object arguments = pop();
        push(rebuild().call(pop(), arguments));
      }
      case 'b' -> {
        Object state = pop();
        if (!(top() instanceof Dict dict && dict.ordered && state instanceof Dict)) {
          throw problem("it gives a state to " + Pickled.kind(top()) + ", which can have none");
        }
        // the attributes of a state dict, such as _metadata, say nothing about its tensors
      }
      case 'i' -> pushNamed(line(), line(), "INST");
      default -> throw problem("the instruction " + Opcodes.name(opcode) + " is not read");
    }
  }

  private Rebuild rebuild() {
    return new Rebuild(file, begin + at);
  }

  private void pushNamed(String module, String name) throws TorchFileException {
    push(KnownNames.named(module, name).orElseThrow(() -> refused(module, name)));
  }

  private void pushNamed(String module, String name, String opcode) throws TorchFileException {
    if (KnownNames.named(module, name).isEmpty()) {
      throw refused(module, name);
    }
    throw problem("the instruction " + opcode + " is not read");
  }

  private TorchFileException refused(String module, String name) {
    return problem(
        "it asks for %s, which is not read: %s"
            .formatted(
                Shown.text(module + "." + name),
                KnownNames.isQuantised(module, name)
                    ? StoredType.quantised()
                    : "only tensors, numbers, texts and containers are, and nothing in a file is run."
                        + " If you trust it, save its tensors alone (in Python:"
                        + " torch.save(model.state_dict(), file))"));
  }

  private void put(Dict dict, List<Object> items) throws TorchFileException {
    if (items.size() % 2 != 0) {
      throw problem("a dict is given a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      // hashing a container would walk through it, and might never end
      if (!(key instanceof String || key instanceof Number || key instanceof Boolean)) {
        throw problem("expected a text or a number as the key of a dict, got " + Pickled.kind(key));
      }
      dict.entries.put(key, items.get(i + 1));
    }
  }

  private List<Object> list() throws TorchFileException {
    Sequence sequence = top(Sequence.class, "a list");
    if (sequence.tuple) {
      throw problem("expected a list to add to, got a tuple");
    }
    return sequence.items;
  }

  private Sequence tuple(int count) throws TorchFileException {
    Object[] items = new Object[count];
    for (int i = count - 1; i >= 0; i--) {
      items[i] = pop();
    }
    return new Sequence(true, List.of(items));
  }

  private Object remembered(long index) throws TorchFileException {
    Object value = memo.get(index);
    if (value == null) {
      throw problem("it recalls number " + index + ", which it never remembered");
    }
    return value;
  }

  private void push(Object value) {
    stack.add(value);
  }

  /** What lies below the last mark cannot be reached. */
  private void checkNotEmpty() throws TorchFileException {
    if (stack.size() <= (marks.isEmpty() ? 0 : marks.get(marks.size() - 1))) {
      throw problem("it takes a value that is not there");
    }
  }

  private Object pop() throws TorchFileException {
    checkNotEmpty();
    return stack.remove(stack.size() - 1);
  }

  private Object top() throws TorchFileException {
    checkNotEmpty();
    return stack.get(stack.size() - 1);
  }

  private <T> T top(Class<T> type, String expected) throws TorchFileException {
    Object top = top();
    if (!type.isInstance(top)) {
      throw problem("expected " + expected + " to add to, got " + Pickled.kind(top));
    }
    return type.cast(top);
  }

  private List<Object> popToMark() throws TorchFileException {
    if (marks.isEmpty()) {
      throw problem("it takes values up to a mark that is not there");
    }
    List<Object> above = stack.subList(marks.remove(marks.size() - 1), stack.size());
    List<Object> items = new ArrayList<>(above);
    above.clear();
    return items;
  }

  private Object integer(int bytes) throws TorchFileException {
    if (bytes < 0 || bytes > MAX_INTEGER_BYTES) {
      throw problem(
          "a whole number is given as %d bytes long; more than %d are never read"
              .formatted(Integer.toUnsignedLong(bytes), MAX_INTEGER_BYTES));
    }
    byte[] bigEndian = new byte[bytes];
    need(bytes);
    for (int i = bytes - 1; i >= 0; i--) {
      bigEndian[i] = in.get();
    }
    if (bytes == 0) {
      return 0L;
    }
    BigInteger value = new BigInteger(bigEndian);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private String text(long bytes) throws TorchFileException {
    checkLength(bytes);
    ByteBuffer slice = in.slice(in.position(), (int) bytes);
    in.position(in.position() + (int) bytes);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(slice).toString();
    } catch (CharacterCodingException e) {
      throw problem("a text is no UTF-8");
    }
  }

  /** Nothing that is read here needs the bytes themselves. */
  private void pushBytes(long bytes) throws TorchFileException {
    checkLength(bytes);
    in.position(in.position() + (int) bytes);
    push(Plain.BYTES);
  }

  private String line() throws TorchFileException {
    int start = in.position();
    while (need(1).get() != '\n') {
      // goes on to the line's end
    }
    byte[] bytes = new byte[in.position() - 1 - start];
    in.get(start, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private int unsignedByte() throws TorchFileException {
    return Byte.toUnsignedInt(need(1).get());
  }

  private ByteBuffer need(int bytes) throws TorchFileException {
    checkLength(bytes);
    return in;
  }

  private void checkLength(long bytes) throws TorchFileException {
    if (bytes < 0 || bytes > in.remaining()) {
      throw problem(
          "%s bytes are said to follow, but the pickle ends after %d"
              .formatted(Long.toUnsignedString(bytes), in.remaining()));
    }
  }

  private TorchFileException problem(String problem) {
    return new TorchFileException(file, null, begin + at, problem);
  }
}
