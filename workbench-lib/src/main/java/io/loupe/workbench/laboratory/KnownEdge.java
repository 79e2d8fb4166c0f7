package io.loupe.workbench.laboratory;

import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;

/**
 * An edge of a circuit that is known by construction: what a part writes to the residual stream is
 * read by an input of another part.
 *
 * @param source what writes
 * @param target what reads
 * @param carries whether what is read depends on the tokens
 * @param role whether the edge acts in an untouched run
 */
public record KnownEdge(Node source, Input target, Carries carries, Role role)
    implements Comparable<KnownEdge> {

  /** What an edge carries. */
  public enum Carries {
    /** Something that depends on the tokens: patching it from another prompt can be seen. */
    TOKENS,
    /**
     * The same for all prompts of a length: exchanging it between prompts changes nothing, setting
     * it to zero does.
     */
    POSITIONS
  }

  /** When an edge acts. */
  public enum Role {
    /** In every run. */
    MAIN,
    /** Only where a part that it stands in for is missing. */
    BACKUP
  }

  /** Orders as the forward pass does, by source, then by target. */
  @Override
  public int compareTo(KnownEdge other) {
    int bySource = source.compareTo(other.source);
    return bySource == 0 ? target.compareTo(other.target) : bySource;
  }

  /** Returns e.g. {@code L0H0 -> L1H0.k}. */
  @Override
  public String toString() {
    return source + " -> " + target;
  }
}
