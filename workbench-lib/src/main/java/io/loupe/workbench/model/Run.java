package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.intervention.Receipt;
import io.loupe.workbench.metric.Outcome;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.text.Tokens;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What one forward pass gave. Its tensors live as long as they can be reached; closing the run
 * frees them at once.
 *
 * <p>In a notebook nothing needs closing. In a loop over many prompts, {@code try (var run = ...)}
 * keeps memory flat without work for the garbage collector.
 */
public final class Run implements Outcome, AutoCloseable {
  private final Tokens tokens;
  private final NDArray logits;
  private final ActivationCache cache;
  private final List<Receipt> receipts;
  private final Map<HookPoint, Integer> fired;
  private final Supplier<Provenance> provenance;

  Run(
      NDArray logits,
      ActivationCache cache,
      List<Receipt> receipts,
      Map<HookPoint, Integer> fired,
      Supplier<Provenance> provenance) {
    this.tokens = cache.tokens();
    this.logits = logits;
    this.cache = cache;
    this.receipts = List.copyOf(receipts);
    this.fired = Collections.unmodifiableMap(new TreeMap<>(fired));
    this.provenance = provenance;
  }

  @Override
  public NDArray logits() {
    return logits;
  }

  @Override
  public Tokens tokens() {
    return tokens;
  }

  /** Returns what was captured; empty if nothing was asked for. */
  public ActivationCache cache() {
    return cache;
  }

  /** Returns what each intervention did, in their order. */
  public List<Receipt> receipts() {
    return receipts;
  }

  /** Returns how often the forward pass came through each hook point. */
  public Map<HookPoint, Integer> fired() {
    return fired;
  }

  /** Returns how this result came about. Hashes the weights at the first call. */
  public Provenance provenance() {
    return provenance.get();
  }

  /** Frees the logits and the captured activations. */
  @Override
  public void close() {
    logits.close();
    cache.close();
  }

  @Override
  public String toString() {
    return "Run[%s, logits %s, captured %d]"
        .formatted(tokens, logits.getShape(), cache.points().size());
  }
}
