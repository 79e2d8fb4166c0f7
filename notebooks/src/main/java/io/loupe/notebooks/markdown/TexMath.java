package io.loupe.notebooks.markdown;

import io.loupe.notebooks.markdown.TexSymbols.Kind;
import io.loupe.notebooks.markdown.TexSymbols.Symbol;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns the part of TeX's mathematics that notebooks use into MathML Core, which browsers draw
 * without a script. A formula with anything else in it is left as TeX.
 */
final class TexMath {
  private static final Pattern TOKEN =
      Pattern.compile("\\\\[A-Za-z]+\\*?|\\\\.|\\d+(?:\\.\\d+)?|\\S", Pattern.DOTALL);
  // a minus behind = or ( is a sign, not a difference
  private static final Pattern AFTER_OPERATOR = Pattern.compile("[^)\\]}|‖′]</mo>$");
  private static final String END = "";
  private static final Map<String, String> SPACES =
      Map.of(
          "\\,",
          "0.167em",
          "\\:",
          "0.222em",
          "\\;",
          "0.278em",
          "\\!",
          "-0.167em",
          "\\ ",
          "0.25em",
          "~",
          "0.25em",
          "\\quad",
          "1em",
          "\\qquad",
          "2em");
  private static final Map<String, String> ACCENTS =
      Map.of(
          "hat",
          "^",
          "widehat",
          "^",
          "bar",
          "¯",
          "overline",
          "¯",
          "tilde",
          "~",
          "widetilde",
          "~",
          "vec",
          "→",
          "dot",
          "˙");
  private static final Map<String, String> FENCES =
      Map.of("pmatrix", "()", "bmatrix", "[]", "vmatrix", "||", "cases", "{ ");

  private static final Set<Kind> FUNCTIONS = Set.of(Kind.FUNCTION, Kind.FUNCTION_WITH_LIMITS);
  private static final Set<Kind> WITH_LIMITS =
      Set.of(Kind.OPERATOR_WITH_LIMITS, Kind.FUNCTION_WITH_LIMITS);

  private final String tex;
  private final boolean display;
  private final Matcher tokens;
  private String token = END;
  private boolean understood = true;

  private TexMath(String tex, boolean display) {
    this.tex = tex;
    this.display = display;
    this.tokens = TOKEN.matcher(tex);
    next();
  }

  /** Returns the {@code math} element; empty if the formula holds what is not known here. */
  static Optional<String> toMathMl(String tex, boolean display) {
    TexMath math = new TexMath(tex, display);
    String row = math.row(END);
    if (!math.understood || !math.token.equals(END)) {
      return Optional.empty();
    }
    return Optional.of(
        "<math"
            + (display ? " display=\"block\"" : "")
            + "><semantics><mrow>"
            + row
            + "</mrow><annotation encoding=\"application/x-tex\">"
            + escape(tex)
            + "</annotation></semantics></math>");
  }

  private void next() {
    token = tokens.find() ? tokens.group() : END;
  }

  private boolean accept(String expected) {
    boolean found = token.equals(expected);
    if (found) {
      next();
    }
    return found;
  }

  private String unknown() {
    understood = false;
    return "";
  }

  /** Reads up to a closing token, which is left. */
  private String row(String close) {
    StringBuilder row = new StringBuilder();
    while (understood && !token.equals(close) && !token.equals(END)) {
      boolean afterOperator = AFTER_OPERATOR.matcher(row).find();
      String next = scripted();
      row.append(afterOperator ? next.replaceFirst("^<mo>([−+])", "<mo form=\"prefix\">$1") : next);
    }
    return row.toString();
  }

  /** Reads an atom with what stands below and above it. */
  private String scripted() {
    Optional<Kind> kind = kind(token);
    boolean function = kind.filter(FUNCTIONS::contains).isPresent();
    boolean limits = display && kind.filter(WITH_LIMITS::contains).isPresent();
    String base = atom();
    String below = "";
    String above = "";
    while (understood && (token.equals("_") || token.equals("^") || token.equals("'"))) {
      if (accept("'")) {
        above += "<mo>′</mo>";
      } else if (accept("_")) {
        below += argument();
      } else {
        next();
        above += argument();
      }
    }
    boolean apart = function && !token.equals("(") && !token.equals("\\left");
    return withScripts(base, below, above, limits) + (apart ? space("\\,") : "");
  }

  private static String withScripts(String base, String below, String above, boolean limits) {
    if (below.isEmpty() && above.isEmpty()) {
      return base;
    }
    String under = "<mrow>" + below + "</mrow>";
    String over = "<mrow>" + above + "</mrow>";
    String inner = base.isEmpty() ? "<mrow></mrow>" : base;
    if (above.isEmpty()) {
      return limits ? element("munder", inner + under) : element("msub", inner + under);
    }
    if (below.isEmpty()) {
      return limits ? element("mover", inner + over) : element("msup", inner + over);
    }
    return element(limits ? "munderover" : "msubsup", inner + under + over);
  }

  private static Optional<Kind> kind(String token) {
    return token.startsWith("\\")
        ? TexSymbols.named(token.substring(1)).map(Symbol::kind)
        : Optional.empty();
  }

  /** Reads one atom without scripts, as one element. */
  private String atom() {
    String atom = token;
    if (atom.equals("{")) {
      return argument();
    }
    if (atom.equals("_") || atom.equals("^") || atom.equals("'")) {
      return ""; // scripts of nothing, as in {}_a
    }
    next();
    if (SPACES.containsKey(atom)) {
      return space(atom);
    }
    if (atom.startsWith("\\")) {
      return command(atom.substring(1));
    }
    char c = atom.charAt(0);
    if (Character.isLetter(c)) {
      return element("mi", atom);
    }
    if (Character.isDigit(c)) {
      return element("mn", atom);
    }
    if ("}&#%$".contains(atom)) {
      return unknown();
    }
    return operator(atom);
  }

  private static String space(String command) {
    return "<mspace width=\"" + SPACES.get(command) + "\"></mspace>";
  }

  private static String operator(String text) {
    String shown = text.equals("-") ? "−" : text.equals("*") ? "∗" : text;
    boolean fence = "()[]{}|‖".contains(shown);
    return (fence ? "<mo stretchy=\"false\">" : "<mo>") + escape(shown) + "</mo>";
  }

  private String command(String name) {
    Optional<Symbol> symbol = TexSymbols.named(name);
    if (symbol.isPresent()) {
      return symbol(symbol.get());
    }
    if (ACCENTS.containsKey(name)) {
      return "<mover accent=\"true\">" + argument() + "<mo>" + ACCENTS.get(name) + "</mo></mover>";
    }
    return switch (name) {
      case "{", "}", "%", "$", "#", "_", "&" -> operator(name);
      case "|" -> operator("‖");
      case "frac", "dfrac", "tfrac" -> element("mfrac", argument() + argument());
      case "sqrt" -> root();
      case "text", "textrm", "textit", "texttt", "mbox" -> element("mtext", rawText());
      case "mathrm", "operatorname", "mathsf", "mathtt", "textsc" ->
          "<mi mathvariant=\"normal\">" + rawText().strip() + "</mi>";
      case "mathbb", "mathcal", "mathscr", "mathbf", "boldsymbol", "bm" ->
          "<mi mathvariant=\"normal\">" + TexSymbols.inAlphabet(name, rawText()) + "</mi>";
      case "left" -> fenced();
      case "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "biggl", "biggr" -> atom();
      case "displaystyle", "limits", "nonumber" -> "";
      case "begin" -> environment();
      default -> unknown();
    };
  }

  private static String symbol(Symbol symbol) {
    return switch (symbol.kind()) {
      case IDENTIFIER -> element("mi", symbol.text());
      case OPERATOR, OPERATOR_WITH_LIMITS -> operator(symbol.text());
      case FUNCTION, FUNCTION_WITH_LIMITS -> element("mi", symbol.text());
    };
  }

  /** Reads a group in braces, or one atom. */
  private String argument() {
    if (accept("{")) {
      String row = row("}");
      return accept("}") ? element("mrow", row) : unknown();
    }
    return token.equals(END) ? unknown() : atom();
  }

  private String root() {
    if (!accept("[")) {
      return element("msqrt", argument());
    }
    String degree = element("mrow", row("]"));
    return accept("]") ? element("mroot", argument() + degree) : unknown();
  }

  /** Reads a group in braces as text, blanks included; a backslash in it is not known. */
  private String rawText() {
    if (!token.equals("{")) {
      String letter = token;
      next();
      return letter.startsWith("\\") ? unknown() : escape(letter);
    }
    int start = tokens.end();
    int end = tex.indexOf('}', start);
    if (end < 0
        || tex.substring(start, end).contains("\\")
        || tex.substring(start, end).contains("{")) {
      return unknown();
    }
    tokens.region(end + 1, tex.length());
    next();
    return escape(tex.substring(start, end)).replace(' ', '\u00a0');
  }

  private String fenced() {
    String open = fence();
    String row = row("\\right");
    return accept("\\right") ? element("mrow", open + row + fence()) : unknown();
  }

  private String fence() {
    if (accept(".")) {
      return "";
    }
    return atom().replace(" stretchy=\"false\"", "");
  }

  private String environment() {
    String name = rawText();
    String kind = name.replace("*", "");
    boolean known = FENCES.containsKey(kind) || kind.matches("aligned|align|split|gathered|matrix");
    StringBuilder table = new StringBuilder("<mtr><mtd>");
    while (known && understood && !token.equals("\\end") && !token.equals(END)) {
      if (accept("&")) {
        table.append("</mtd><mtd>");
      } else if (accept("\\\\")) {
        table.append("</mtd></mtr><mtr><mtd>");
      } else {
        table.append(scripted());
      }
    }
    if (!known || !accept("\\end") || !rawText().equals(name)) {
      return unknown();
    }
    table.append("</mtd></mtr>");
    String inside = "<mtable class=\"" + kind + "\">" + table + "</mtable>";
    String fences = FENCES.getOrDefault(kind, "  ");
    return element("mrow", mo(fences.charAt(0)) + inside + mo(fences.charAt(1)));
  }

  private static String mo(char fence) {
    return fence == ' ' ? "" : element("mo", String.valueOf(fence));
  }

  private static String element(String name, String content) {
    return "<" + name + ">" + content + "</" + name + ">";
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
