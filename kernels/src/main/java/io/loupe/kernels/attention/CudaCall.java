package io.loupe.kernels.attention;

import io.loupe.kernels.KernelException;
import io.loupe.kernels.attention.LaunchParams.Address;
import io.loupe.kernels.attention.LaunchParams.Count;
import io.loupe.kernels.attention.LaunchParams.Real;
import io.loupe.kernels.driver.CudaDevice;
import io.loupe.kernels.driver.DeviceMemory;
import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionPlan;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionRule;
import io.loupe.workbench.capture.HeadColumns;
import io.loupe.workbench.capture.LayerAttention;
import io.loupe.workbench.capture.LayerStatistics;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** One layer's attention on a device: what is copied there, launched, and read back. */
final class CudaCall {
  private static final double MEGABYTE = 1 << 20;

  private final AttentionKernels kernels;
  private final CudaDevice device;
  private final AttentionCall call;
  private final AttentionPlan plan;
  private final CallArrays arrays;
  private final EditArrays edits;
  private final Sizes sizes;
  private final boolean averaged;

  CudaCall(AttentionKernels kernels, AttentionCall call) {
    this.kernels = kernels;
    this.device = kernels.device();
    this.call = call;
    this.plan = new AttentionPlan(call);
    this.arrays = new CallArrays(plan);
    this.edits = new EditArrays(plan);
    this.sizes = Sizes.of(call);
    this.averaged = call.request().detail() != AttentionRequest.Detail.ROWS;
  }

  LayerAttention run() {
    requireMemory();
    try (DeviceScope scope = new DeviceScope(device)) {
      LaunchParams params = operands(scope);
      requireFinite(scope, params);
      DeviceScope.Output z = scope.output(call.q());
      DeviceMemory rows = scope.allocate(slots() * sizes.rows() * Float.BYTES);
      params.with(Address.ROWS, rows.address());

      List<HeadColumns> results = new ArrayList<>();
      for (int i = 0; i < call.batch() * call.heads(); i++) {
        boolean reported = plan.reports(i % call.heads());
        results.add(
            averaged ? HeadColumns.ofMeans(call, reported) : HeadColumns.room(call, reported));
      }
      ResultReader reader = new ResultReader(plan, arrays, results);
      for (int pass = 0; pass < arrays.passes(); pass++) {
        pass(scope, pass, params.copy().with(Address.Z, pass == 0 ? z.address() : 0), rows, reader);
      }
      second(scope, params, rows, reader);
      return new LayerAttention(z.tensor().get(), LayerStatistics.of(plan, results));
    }
  }

  private long slots() {
    return Slot.TARGETS + arrays.targets().size();
  }

  /** Throws if there is not enough memory, before any is taken. */
  private void requireMemory() {
    int numbers = sizes.format().bytes();
    long tensors =
        call.q().getDevice().isGpu() ? 0 : 2 * (sizes.ofQueries() + sizes.ofKeys()) * numbers;
    long rows = slots() * sizes.rows() * Float.BYTES;
    long top = sizes.rows() * call.request().topKeys() * (Float.BYTES + Integer.BYTES);
    long free = device.freeMemory();
    if (tensors + rows + top > free) {
      throw new KernelException(
          "cuMemGetInfo",
          0,
          "The GPU's memory does not suffice: layer %d needs %.1f MB (queries, keys, values and outputs %.1f, rows of statistics %.1f, most probable keys %.1f), %.1f MB are free on %s. Ask for fewer prompts at once%s, or for on(\"cpu\")"
              .formatted(
                  call.layer(),
                  (tensors + rows + top) / MEGABYTE,
                  tensors / MEGABYTE,
                  rows / MEGABYTE,
                  top / MEGABYTE,
                  free / MEGABYTE,
                  device.name(),
                  top > 0 ? ", for fewer topKeys" : ""));
    }
  }

  /** Returns what all launches share. */
  private LaunchParams operands(DeviceScope scope) {
    AttentionRule rule = call.rule();
    LaunchParams params =
        new LaunchParams()
            .with(Address.Q, scope.upload(call.q()))
            .with(Address.K, scope.upload(call.k()))
            .with(Address.V, scope.upload(call.v()))
            .with(Count.BATCH, sizes.batch())
            .with(Count.HEADS, sizes.heads())
            .with(Count.GROUP, sizes.group())
            .with(Count.QUERIES, sizes.queries())
            .with(Count.KEYS, sizes.keys())
            .with(Count.D, sizes.d())
            .with(Count.CAUSAL, rule.mask().causal() ? 1 : 0)
            .with(Count.WINDOW, rule.mask().window().orElse(Integer.MAX_VALUE))
            .with(Count.WITHIN, Integer.MAX_VALUE)
            .with(Real.SCALE, rule.scale())
            .with(Real.CAP, rule.softCap().orElse(0));
    if (arrays.isPadded()) {
      params.with(Address.POSITIONS, scope.upload(arrays.positions()));
    }
    if (!rule.slopes().isEmpty()) {
      ByteBuffer slopes = CallArrays.buffer((long) Float.BYTES * sizes.heads());
      rule.slopes().forEach(slope -> slopes.putFloat(slope.floatValue()));
      params.with(Address.SLOPES, scope.upload(slopes.flip()));
    }
    if (!edits.isEmpty()) {
      params
          .with(Address.EDITS, scope.upload(edits.heads()))
          .with(Address.FACTORS, scope.upload(edits.factors()))
          .with(Address.QUERY_RULES, scope.upload(edits.queryRules()))
          .with(Address.KEY_RULES, scope.upload(edits.keyRules()));
    }
    return params;
  }

  private void requireFinite(DeviceScope scope, LaunchParams params) {
    ByteBuffer found = CallArrays.buffer(Long.BYTES).putLong(0, -1);
    DeviceMemory first = scope.allocate(Long.BYTES);
    first.write(0, found.duplicate());
    kernels.finite(sizes.format(), params.address(Address.Q), sizes.ofQueries(), first.address());
    kernels.finite(sizes.format(), params.address(Address.K), sizes.ofKeys(), first.address());
    kernels.finite(sizes.format(), params.address(Address.V), sizes.ofKeys(), first.address());
    first.read(0, found.duplicate());
    if (found.getLong(0) != -1) {
      call.requireFinite(); // finds it again, to name it
    }
  }

  /** Walks the keys once: z in the first pass, and the sums that this pass is for. */
  private void pass(
      DeviceScope scope, int pass, LaunchParams params, DeviceMemory rows, ResultReader reader) {
    var window = arrays.window(pass);
    if (window != null) {
      params.with(Count.WITHIN, window.window());
    }
    if (!arrays.sets(pass).isEmpty()) {
      params
          .with(Address.SETS, scope.upload(arrays.setBits(pass)))
          .with(Count.SET_COUNT, arrays.sets(pass).size());
    }
    boolean duplicates = pass == 0 && arrays.wantsDuplicates();
    if (duplicates) {
      params.with(Address.TOKENS, scope.upload(arrays.tokens()));
    }
    boolean plain =
        call.rule().mask().causal()
            && call.rule().slopes().isEmpty()
            && call.rule().softCap().isEmpty()
            && edits.isEmpty()
            && !arrays.isPadded();
    boolean further = window != null || !arrays.sets(pass).isEmpty() || duplicates;
    int targets = pass == 0 ? arrays.targets().size() : 0;
    if (targets > 0) { // before the launch, which a copy waits for
      params
          .with(Address.TARGETS, scope.upload(arrays.targetColumns()))
          .with(Count.TARGET_COUNT, targets);
    }
    kernels.attend(sizes, plain, further, params);
    if (targets > 0) {
      kernels.pick(sizes, targets, params);
    }
    if (averaged) {
      int slots = Slot.TARGETS + targets;
      DeviceMemory means = scope.allocate((long) slots * sizes.batch() * sizes.heads() * 8);
      kernels.average(sizes, slots, params.with(Address.OUT, means.address()));
      reader.means(pass, means);
    } else {
      reader.rows(pass, rows);
    }
    if (pass == 0 && !edits.isEmpty()) {
      reader.empty(rows);
    }
  }

  /** Looks at the scores once more, now that each row's sum is known. */
  private void second(
      DeviceScope scope, LaunchParams params, DeviceMemory rows, ResultReader reader) {
    AttentionRequest request = call.request();
    if (request.received()) {
      long count = (long) sizes.batch() * sizes.heads() * sizes.keys();
      DeviceMemory received = scope.allocate(count * Float.BYTES);
      kernels.receive(sizes, params.copy().with(Address.OUT, received.address()));
      reader.received(received);
    }
    if (request.topKeys() > 0) {
      long count = sizes.rows() * request.topKeys();
      DeviceMemory probabilities = scope.allocate(count * Float.BYTES);
      DeviceMemory keys = scope.allocate(count * Integer.BYTES);
      kernels.rank(
          sizes,
          params
              .copy()
              .with(Address.OUT, probabilities.address())
              .with(Address.OUT2, keys.address())
              .with(Count.TOP, request.topKeys()));
      reader.topKeys(probabilities, keys);
    }
    new PatternRows(kernels, plan, sizes).read(scope, params, reader);
  }
}
