package io.loupe.circuits.search;

import io.loupe.circuits.graph.Circuit;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;

/**
 * What a search found.
 *
 * @param circuit the edges that were left
 * @param damage how far its mean metric is from that of the whole model, in the metric's unit
 * @param decisions edges that were kept or removed after a run
 * @param runs circuits that were run, those that a decision made useless too
 * @param search its name and settings
 */
public record SearchResult(Circuit circuit, double damage, int decisions, int runs, String search)
    implements Displayable {

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(circuit.display());
  }

  @Override
  public String toString() {
    return "SearchResult[%s: %s, %.4g from the whole model, %d decisions in %d runs]"
        .formatted(search, circuit, damage, decisions, runs);
  }
}
