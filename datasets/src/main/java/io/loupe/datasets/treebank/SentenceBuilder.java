package io.loupe.datasets.treebank;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.task.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A sentence under construction: rows are checked as they come, the tree at the end. */
final class SentenceBuilder {
  private static final Set<String> UPOS =
      Set.of(
          "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON",
          "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X", "_");
  private static final int ID = 0;
  private static final int FORM = 1;
  private static final int TAG = 3;
  private static final int HEAD = 6;
  private static final int RELATION = 7;
  private static final int ENHANCED = 8;
  private static final int MISC = 9;

  private record Row(int line, List<String> columns) {
    String get(int column) {
      return columns.get(column);
    }
  }

  private record Range(int first, int last, Row row) {}

  private final String file;
  private final List<Row> words = new ArrayList<>();
  private final List<Range> ranges = new ArrayList<>();
  private final List<EmptyNode> empty = new ArrayList<>();
  private String id = "";
  private String text = "";
  private int textLine;
  private int comments;

  SentenceBuilder(String file) {
    this.file = file;
  }

  boolean hasRows() {
    return !words.isEmpty() || !ranges.isEmpty() || !empty.isEmpty();
  }

  boolean hasComments() {
    return comments > 0;
  }

  void comment(int line, String key, String value) {
    comments++;
    if (key.equals("sent_id")) {
      id = value;
    } else if (key.equals("text")) {
      text = value;
      textLine = line;
    }
  }

  void row(int line, List<String> columns) throws DatasetException {
    Row row = new Row(line, columns);
    String number = row.get(ID);
    if (number.indexOf('-') > 0) {
      range(row, number);
    } else if (number.indexOf('.') > 0) {
      emptyNode(row, number);
    } else {
      if (whole(number) != words.size() + 1) {
        throw broken(row, "word " + (words.size() + 1), "'" + number + "'");
      }
      if (!UPOS.contains(row.get(TAG))) {
        throw broken(row, "a universal part of speech", "'" + row.get(TAG) + "'");
      }
      words.add(row);
    }
  }

  Sentence build(String document, Split split) throws DatasetException {
    requireRangesEnd();
    int[] heads = heads();
    List<MultiwordToken> multiword = new ArrayList<>();
    List<Word> placed = new ArrayList<>();
    String whole = text.isEmpty() ? written() : text;
    int at = 0;
    for (int w = 1; w <= words.size(); w++) {
      Range range = rangeFrom(w);
      String form = range == null ? words.get(w - 1).get(FORM) : range.row().get(FORM);
      Row row = range == null ? words.get(w - 1) : range.row();
      int start = find(whole, at, form, row);
      at = start + form.length();
      if (range == null) {
        placed.add(word(words.get(w - 1), heads[w - 1], start, at));
      } else {
        multiword.add(new MultiwordToken(range.first(), range.last(), form, start, at));
        place(range, heads, start, placed);
        w = range.last();
      }
    }
    if (!whole.substring(at).isBlank()) {
      throw DatasetException.at(
          file, textLine, "a text that the words spell", "more: \"" + whole.substring(at) + "\"");
    }
    String name = id.isEmpty() ? file + ":" + words.get(0).line() : id;
    return new Sentence(name, document, split, whole, placed, multiword, empty);
  }

  /** Words that together spell their token have their own characters; others have all of it. */
  private void place(Range range, int[] heads, int start, List<Word> placed) {
    String form = range.row().get(FORM);
    List<Row> rows = words.subList(range.first() - 1, range.last());
    StringBuilder spelt = new StringBuilder();
    rows.forEach(row -> spelt.append(row.get(FORM)));
    boolean spells = spelt.toString().equalsIgnoreCase(form);
    int at = start;
    for (int w = range.first(); w <= range.last(); w++) {
      Row row = words.get(w - 1);
      int length = row.get(FORM).length();
      int head = heads[w - 1];
      placed.add(
          spells
              ? word(row, head, at, at + length)
              : word(row, head, start, start + form.length()));
      at += length;
    }
  }

  private static Word word(Row row, int head, int start, int end) {
    return new Word(
        whole(row.get(ID)),
        row.get(FORM),
        row.get(2),
        row.get(TAG).intern(),
        row.get(4).intern(),
        row.get(5).intern(),
        head,
        row.get(RELATION).intern(),
        row.get(ENHANCED),
        row.get(MISC).intern(),
        start,
        end);
  }

  private void range(Row row, String number) throws DatasetException {
    int dash = number.indexOf('-');
    int first = whole(number.substring(0, dash));
    int last = whole(number.substring(dash + 1));
    boolean behindOther = ranges.isEmpty() || first > ranges.get(ranges.size() - 1).last();
    if (first != words.size() + 1 || last <= first || !behindOther) {
      throw broken(
          row,
          "a range of words from " + (words.size() + 1) + ", behind other ranges",
          "'" + number + "'");
    }
    ranges.add(new Range(first, last, row));
  }

  private void emptyNode(Row row, String number) throws DatasetException {
    int dot = number.indexOf('.');
    int after = whole(number.substring(0, dot));
    int index = whole(number.substring(dot + 1));
    int before = (int) empty.stream().filter(node -> node.after() == words.size()).count();
    if (after != words.size() || index != before + 1) {
      throw broken(row, "empty node " + words.size() + "." + (before + 1), "'" + number + "'");
    }
    empty.add(new EmptyNode(after, index, row.get(FORM), row.get(TAG), row.get(ENHANCED)));
  }

  private void requireRangesEnd() throws DatasetException {
    for (Range range : ranges) {
      if (range.last() > words.size()) {
        throw broken(
            range.row(), "a range of words up to " + words.size(), "'" + range.row().get(ID) + "'");
      }
    }
    if (words.isEmpty()) {
      throw DatasetException.at(file, textLine, "a sentence with words", "none");
    }
  }

  /** Returns each word's head, after checking that they make a tree with one root. */
  private int[] heads() throws DatasetException {
    int[] heads = new int[words.size()];
    Row root = null;
    for (int w = 0; w < heads.length; w++) {
      Row row = words.get(w);
      int head = whole(row.get(HEAD));
      if (head < 0 || head > words.size() || head == w + 1) {
        throw broken(row, "the id of another word as head, or 0", "'" + row.get(HEAD) + "'");
      }
      if (head == 0) {
        if (root != null) {
          throw broken(row, "one root", "a second one, beside word " + root.get(ID));
        }
        root = row;
      }
      heads[w] = head;
    }
    if (root == null) {
      throw broken(words.get(0), "a root, a word with head 0", "none in the sentence");
    }
    for (Row row : words) {
      int steps = 0;
      for (int at = whole(row.get(ID)); at != 0; at = heads[at - 1]) {
        if (++steps > words.size()) {
          throw broken(row, "a tree", "a circle of heads");
        }
      }
    }
    return heads;
  }

  /** The text that the words and {@code SpaceAfter=No} make, where no comment gives it. */
  private String written() {
    StringBuilder written = new StringBuilder();
    for (int w = 1; w <= words.size(); w++) {
      Range range = rangeFrom(w);
      Row row = range == null ? words.get(w - 1) : range.row();
      written.append(row.get(FORM));
      if (!List.of(row.get(MISC).split("\\|")).contains("SpaceAfter=No")) {
        written.append(' ');
      }
      w = range == null ? w : range.last();
    }
    return written.toString().strip();
  }

  private int find(String whole, int from, String form, Row row) throws DatasetException {
    int at = from;
    while (at < whole.length() && isSpace(whole.charAt(at)) && !whole.startsWith(form, at)) {
      at++;
    }
    if (!whole.startsWith(form, at)) {
      throw broken(
          row,
          "a word that goes on with the text \""
              + whole.substring(Math.min(at, whole.length()))
              + "\"",
          "\"" + form + "\"");
    }
    return at;
  }

  private @Nullable Range rangeFrom(int word) {
    return ranges.stream().filter(range -> range.first() == word).findFirst().orElse(null);
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  /** Returns the number of plain digits, -1 if it is none. */
  private static int whole(String digits) {
    if (digits.isEmpty() || digits.length() > 9) {
      return -1;
    }
    return digits.chars().allMatch(c -> c >= '0' && c <= '9') ? Integer.parseInt(digits) : -1;
  }

  private DatasetException broken(Row row, String expected, String got) {
    return DatasetException.at(file, row.line(), expected, got);
  }
}
