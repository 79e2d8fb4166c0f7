package io.loupe.workbench.model;

import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.intervention.Receipt;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A forward pass in which attention was reduced while it was computed. */
public final class AttentionRun implements Displayable {
  private final AttentionStatistics statistics;
  private final List<Receipt> receipts;
  private final @Nullable Run run;
  private final Supplier<Provenance> provenance;

  AttentionRun(
      AttentionStatistics statistics,
      List<Receipt> receipts,
      @Nullable Run run,
      Supplier<Provenance> provenance) {
    this.statistics = statistics;
    this.receipts = receipts;
    this.run = run;
    this.provenance = provenance;
  }

  /** Returns what the request asked for. */
  public AttentionStatistics statistics() {
    return statistics;
  }

  /** Returns what each intervention of the model did. */
  public List<Receipt> receipts() {
    return receipts;
  }

  /** Returns logits and captured activations; empty if they were not asked for. */
  public Optional<Run> run() {
    return Optional.ofNullable(run);
  }

  /**
   * Returns how the statistics came about: the edits of the request stand behind the model's
   * interventions. Hashes the weights.
   */
  public Provenance provenance() {
    return provenance.get();
  }

  @Override
  public MimeBundle display() {
    return statistics.display();
  }

  @Override
  public String toString() {
    return statistics.toString();
  }
}
