package io.loupe.notebooks.markdown;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The named symbols of TeX that formulas in notebooks use, and letters in other alphabets. */
final class TexSymbols {
  private static final Map<String, Symbol> BY_NAME = read();
  private static final String DOUBLE_STRUCK = "CHNPQRZ";
  private static final String DOUBLE_STRUCK_LETTERS = "ℂℍℕℙℚℝℤ";
  private static final String SCRIPT = "BEFHILMR";
  private static final String SCRIPT_LETTERS = "ℬℰℱℋℐℒℳℛ";

  private TexSymbols() {}

  /** What a symbol is, and so which element it becomes and where its limits stand. */
  enum Kind {
    IDENTIFIER,
    OPERATOR,
    OPERATOR_WITH_LIMITS,
    FUNCTION,
    FUNCTION_WITH_LIMITS
  }

  /** A symbol and the text to show for it. */
  record Symbol(Kind kind, String text) {}

  /** Returns the symbol of a command, named without backslash. */
  static Optional<Symbol> named(String command) {
    return Optional.ofNullable(BY_NAME.get(command));
  }

  /** Returns the letters in the alphabet of a command such as {@code mathbb}. */
  static String inAlphabet(String command, String letters) {
    StringBuilder text = new StringBuilder();
    letters.codePoints().forEach(letter -> text.append(inAlphabet(command, (char) letter)));
    return text.toString();
  }

  private static String inAlphabet(String command, char letter) {
    return switch (command) {
      case "mathbb" -> letter(letter, 0x1D538, DOUBLE_STRUCK, DOUBLE_STRUCK_LETTERS);
      case "mathcal", "mathscr" -> letter(letter, 0x1D49C, SCRIPT, SCRIPT_LETTERS);
      case "mathbf", "boldsymbol", "bm" -> letter(letter, 0x1D400, "", "");
      default -> String.valueOf(letter);
    };
  }

  /** Unicode has these alphabets in a block; some letters had their place elsewhere before. */
  private static String letter(char letter, int capitalA, String moved, String movedTo) {
    int place = moved.indexOf(letter);
    if (place >= 0) {
      return String.valueOf(movedTo.charAt(place));
    }
    if (letter >= 'A' && letter <= 'Z') {
      return Character.toString(capitalA + letter - 'A');
    }
    boolean hasSmall = moved.isEmpty() && letter >= 'a' && letter <= 'z';
    return hasSmall ? Character.toString(capitalA + 26 + letter - 'a') : String.valueOf(letter);
  }

  private static Map<String, Symbol> read() {
    Map<String, Symbol> symbols = new HashMap<>();
    try (InputStream in = TexSymbols.class.getResourceAsStream("tex-symbols.txt")) {
      byte[] bytes = Objects.requireNonNull(in, "tex-symbols.txt is missing").readAllBytes();
      new String(bytes, StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" "))
          .forEach(
              words -> {
                for (int i = 2; i < words.length; i++) {
                  symbols.put(words[i], new Symbol(kind(words[0]), words[1]));
                }
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return symbols;
  }

  private static Kind kind(String letter) {
    return switch (letter) {
      case "i" -> Kind.IDENTIFIER;
      case "o" -> Kind.OPERATOR;
      case "l" -> Kind.OPERATOR_WITH_LIMITS;
      case "f" -> Kind.FUNCTION;
      case "g" -> Kind.FUNCTION_WITH_LIMITS;
      default -> throw new IllegalStateException("tex-symbols.txt has no kind " + letter);
    };
  }
}
