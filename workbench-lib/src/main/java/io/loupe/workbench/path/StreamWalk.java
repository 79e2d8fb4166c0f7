package io.loupe.workbench.path;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The residual stream as several senders change it, each in a copy of the batch, from place to
 * place through the model while the rest is frozen to the base run. What an input reads from its
 * sender's copy is what it sees in path patching.
 */
final class StreamWalk implements AutoCloseable {
  /** What the base run must keep. */
  static Set<Site> sites(ModelConfig config) {
    Set<Site> sites =
        new HashSet<>(
            Set.of(Sites.RESID_PRE, Sites.RESID_POST, Sites.Z, Sites.ATTN_OUT, Sites.MLP_OUT));
    if (config.has(Sites.RESID_MID)) {
      sites.add(Sites.RESID_MID);
    }
    return sites;
  }

  /** What the other run must keep. */
  static final Site[] DONATED = {Sites.RESID_PRE, Sites.Z, Sites.MLP_OUT};

  private final ModelConfig config;
  private final Wiring wiring;
  private final Continuation base;
  private final ActivationCache donor;
  private final Freezing freezing;
  private final List<Sender> senders;
  private final int column;
  private final NDManager manager;
  private NDArray streams; // [sender * batch, pos, d_model]
  private int place;

  /**
   * Stands before the first layer.
   *
   * @param column the first column that differs between the runs
   */
  StreamWalk(Paths paths, List<Sender> senders, int column) {
    this.config = paths.model().config();
    this.wiring = paths.wiring();
    this.base = paths.base();
    this.donor = paths.donor();
    this.freezing = paths.freezing();
    this.senders = senders;
    this.column = column;
    this.manager = paths.manager().newSubManager();
    try (NDManager scope = manager.newSubManager()) {
      HookPoint first = Sites.RESID_PRE.at(0);
      this.streams = stacked(base.base(first), scope);
      for (int sender = 0; sender < senders.size(); sender++) {
        if (senders.get(sender).nodes().contains(new Node.Embedding())) {
          streams.set(rows(streams, sender), cut(donor.get(first), scope));
        }
      }
      streams.attach(manager);
    }
  }

  /** Returns the place, 2l before layer l, 2l + 1 between its attention and its MLP. */
  int place() {
    return place;
  }

  /** Returns the streams of all senders at this place, [sender * batch, computed pos, d_model]. */
  NDArray streams() {
    return streams;
  }

  /** Returns what the base run has at this place, [batch, computed pos, d_model]. */
  NDArray unchanged(NDManager scope) {
    return cut(base.base(point(config, place)), scope);
  }

  /** Returns where the base run's stream at a place was kept. */
  static HookPoint point(ModelConfig config, int place) {
    int layer = place / 2;
    return place == 2 * config.layers()
        ? Sites.RESID_POST.at(layer - 1)
        : place % 2 == 0
            ? Sites.RESID_PRE.at(layer)
            : config.hasMlps() ? Sites.RESID_MID.at(layer) : Sites.RESID_POST.at(layer);
  }

  /** Goes on to the next place; in a parallel block, to the next layer. */
  void advance() {
    int layer = place / 2;
    try (NDManager scope = manager.newSubManager()) {
      NDArray before = streams;
      before.attach(scope);
      NDArray after;
      if (config.block().parallel()) {
        after = wiring.afterAttention(layer, before, attention(layer, scope));
        after = wiring.afterMlp(layer, after, mlp(layer, before, scope));
        place += 2;
      } else if (place % 2 == 0) {
        after = wiring.afterAttention(layer, before, attention(layer, scope));
        place += config.hasMlps() ? 1 : 2;
      } else {
        after = wiring.afterMlp(layer, before, mlp(layer, before, scope));
        place++;
      }
      after.attach(manager);
      streams = after;
    }
  }

  /** Returns what the attention adds in each copy: the base run's, but for the sender's heads. */
  private NDArray attention(int layer, NDManager scope) {
    NDArray own = cut(base.base(Sites.ATTN_OUT.at(layer)), scope);
    NDArray added = stacked(own, scope);
    NDArray before = cut(base.base(Sites.Z.at(layer)), scope);
    NDArray after = cut(donor.get(Sites.Z.at(layer)), scope);
    for (int sender = 0; sender < senders.size(); sender++) {
      List<Integer> heads = new ArrayList<>();
      for (Node node : senders.get(sender).nodes()) {
        if (node instanceof Node.Attention attention && attention.head().layer() == layer) {
          heads.add(attention.head().index());
        }
      }
      if (!heads.isEmpty()) {
        NDArray change = wiring.attentionChange(layer, heads, before, after, own);
        NDArray view = added.get(rows(added, sender));
        view.addi(change);
      }
    }
    return added;
  }

  private NDArray mlp(int layer, NDArray read, NDManager scope) {
    HookPoint point = Sites.MLP_OUT.at(layer);
    NDArray added =
        freezing == Freezing.ATTENTION
            ? wiring.mlp(layer, read)
            : stacked(cut(base.base(point), scope), scope);
    for (int sender = 0; sender < senders.size(); sender++) {
      if (senders.get(sender).nodes().contains(new Node.Mlp(layer))) {
        added.set(rows(added, sender), cut(donor.get(point), scope));
      }
    }
    return added;
  }

  private NDIndex rows(NDArray stacked, int sender) {
    long batch = stacked.getShape().get(0) / senders.size();
    return new NDIndex().addSliceDim(sender * batch, (sender + 1) * batch);
  }

  /** Returns a batch's activation once for each sender, to be written to. */
  private NDArray stacked(NDArray activation, NDManager scope) {
    NDArray own = activation.getManager() == scope ? activation : cut(activation, scope);
    return senders.size() == 1 ? own.duplicate() : Tensors.copies(own, senders.size());
  }

  /** Returns the computed columns of [batch, pos, ...]; a view. */
  private NDArray cut(NDArray activation, NDManager scope) {
    NDArray handle = NativeMemory.keep(activation);
    handle.attach(scope);
    return column == 0
        ? handle
        : handle.get(new NDIndex().addAllDim(1).addSliceDim(column, activation.getShape().get(1)));
  }

  @Override
  public void close() {
    manager.close();
  }
}
