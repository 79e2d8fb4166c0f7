package io.loupe.workbench.intervention;

import io.loupe.workbench.text.Tokens;

/**
 * A mask rule that prints as its name. Two with one name are equal, since a function cannot be
 * compared: give different rules different names.
 */
record NamedMaskRule(String name, MaskRule rule) implements MaskRule {
  @Override
  public boolean sees(Tokens tokens, int row, int query, int key) {
    return rule.sees(tokens, row, query, key);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NamedMaskRule rule && name.equals(rule.name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
