package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Display;
import io.loupe.workbench.intervention.StackedPatch;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Runs the cells of a sweep: many in a pass, with progress, checkpoint and memory budget. */
final class CellRunner {
  private final HookedTransformer model;
  private final Tokens tokens;
  private final Metric metric;
  private final Donors donors;
  private final SweepOptions options;

  /** What came out: the metric of the run itself, [row], and of each cell, [cell][row]. */
  record Outcome(double[] baseline, List<double[]> values) {}

  CellRunner(
      HookedTransformer model, Tokens tokens, Metric metric, Donors donors, SweepOptions options) {
    this.model = model;
    this.tokens = tokens;
    this.metric = metric;
    this.donors = donors;
    this.options = options;
  }

  /**
   * Runs the cells.
   *
   * @param identity what the sweep is, for progress and checkpoint
   * @throws IllegalArgumentException before any run, if the memory budget is too small
   */
  Outcome run(SweepIdentity identity, List<Cell> cells) {
    PassPlan plan = new PassPlan(model, tokens, metric, cells, donors, options.memory());
    plan.check();
    SweepProgress progress =
        new SweepProgress(identity.name(), cells.size(), Display::progress, System::nanoTime);
    List<PassPlan.Group> groups = plan.groups();
    Work work = new Work(cells, new double[cells.size()][], progress);
    boolean ended = false;
    try {
      if (groups.isEmpty()) {
        Set<HookPoint> nothing = Set.of();
        work.begin(
            identity, donors.record(nothing), base(new Continuation.Extent(Set.of(), 0, 0, false)));
      }
      for (PassPlan.Group group : groups) {
        if (!work.begun() || work.lacks(group)) {
          work.run(identity, group);
        }
      }
      ended = true;
      progress.ended();
      return work.outcome();
    } finally {
      work.close();
      if (!ended) {
        progress.broken();
      }
    }
  }

  private Continuation base(Continuation.Extent extent) {
    return Continuation.of(model, tokens, metric, extent);
  }

  /** The work on one sweep. */
  private final class Work implements AutoCloseable {
    private final List<Cell> cells;
    private final double[][] values; // [cell][row]; null where not done
    private final SweepProgress progress;
    private Optional<double[]> baseline = Optional.empty();
    private Optional<Checkpoint> checkpoint = Optional.empty();

    Work(List<Cell> cells, double[][] values, SweepProgress progress) {
      this.cells = cells;
      this.values = values;
      this.progress = progress;
    }

    boolean begun() {
      return baseline.isPresent();
    }

    boolean lacks(PassPlan.Group group) {
      return group.cells().stream().anyMatch(cell -> values[cell] == null);
    }

    void run(SweepIdentity identity, PassPlan.Group group) {
      try (Donors.Recorded recorded = donors.record(group.points());
          Continuation base = base(group.extent())) {
        if (!begun()) {
          begin(identity, base);
        }
        for (PassPlan.Pass pass : group.passes()) {
          run(pass, base, recorded);
        }
      }
    }

    void begin(SweepIdentity identity, Donors.Recorded recorded, Continuation base) {
      try (recorded;
          base) {
        begin(identity, base);
      }
    }

    /** The unpatched runs are there: what a checkpoint is told by. */
    private void begin(SweepIdentity identity, Continuation base) {
      double[] own = base.baseline();
      baseline = Optional.of(own);
      int finished = 0;
      if (options.checkpoint().isPresent()) {
        Map<String, String> names = new LinkedHashMap<>(identity.of(model, tokens));
        names.put("cells", Integer.toString(cells.size()));
        names.put("metric", options.metricName());
        Checkpoint opened =
            Checkpoint.open(
                options.checkpoint().get(),
                new Checkpoint.Header(names, own, donors.fingerprint()),
                cells.size());
        checkpoint = Optional.of(opened);
        opened.finished().forEach((cell, row) -> values[cell] = row);
        finished = opened.finished().size();
      }
      for (int i = 0; i < values.length; i++) {
        if (cells.get(i).isEmpty()) {
          values[i] = own.clone();
        }
      }
      progress.resumed(finished);
    }

    private void run(PassPlan.Pass pass, Continuation base, Donors.Recorded recorded) {
      List<Integer> left = pass.cells().stream().filter(cell -> values[cell] == null).toList();
      if (left.isEmpty()) {
        return;
      }
      List<Cell> batch = left.stream().map(cells::get).toList();
      double[][] metrics =
          base.metric(pass.layer(), pass.column(), left.size(), patches(batch, recorded));
      for (int copy = 0; copy < metrics.length; copy++) {
        values[left.get(copy)] = metrics[copy];
      }
      checkpoint.ifPresent(file -> file.append(left, metrics));
      progress.more(left.size());
    }

    Outcome outcome() {
      return new Outcome(baseline.orElseThrow(), List.of(values));
    }

    @Override
    public void close() {
      checkpoint.ifPresent(Checkpoint::close);
    }
  }

  /** Returns for each point what each copy gets there, in the order of the forward pass. */
  private static List<StackedPatch> patches(List<Cell> batch, Donors.Recorded recorded) {
    Map<HookPoint, List<Optional<Slice>>> slices = new TreeMap<>();
    for (int copy = 0; copy < batch.size(); copy++) {
      for (Cell.Edit edit : batch.get(copy).edits()) {
        List<Optional<Slice>> atPoint =
            slices.computeIfAbsent(
                edit.at(),
                point ->
                    new ArrayList<>(Collections.nCopies(batch.size(), Optional.<Slice>empty())));
        atPoint.set(copy, Optional.of(edit.slice()));
      }
    }
    List<StackedPatch> patches = new ArrayList<>();
    slices.forEach((point, each) -> patches.add(new StackedPatch(point, recorded.at(point), each)));
    return patches;
  }
}
