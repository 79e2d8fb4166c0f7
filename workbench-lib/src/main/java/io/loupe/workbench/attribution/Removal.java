package io.loupe.workbench.attribution;

/** How tokens are taken out of a text without moving the others. */
public sealed interface Removal {
  /** Returns the replacement by a token, e.g. padding, a mask, or a word that says nothing. */
  static Removal replaceBy(long token) {
    return new Replace(token);
  }

  /**
   * Returns hiding by the attention mask: no other position sees the token, in any layer. What it
   * does at its own position stays, so a metric read at the last token is not told of that token's
   * own embedding.
   */
  static Removal hide() {
    return new Hide();
  }

  /** Another token in its place. */
  record Replace(long token) implements Removal {
    @Override
    public String toString() {
      return "replaced by token " + token;
    }
  }

  /** Seen by nobody else. */
  record Hide() implements Removal {
    @Override
    public String toString() {
      return "hidden";
    }
  }
}
