package io.loupe.kernels.attention;

import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionPlan;
import io.loupe.workbench.capture.KeySet;
import io.loupe.workbench.capture.RowLayout;
import io.loupe.workbench.capture.Statistic;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the kernels are told of a call's tokens and statistics, as arrays on the host. */
final class CallArrays {
  /** How many key sets one pass over the keys sums. */
  static final int MOST_SETS = 4;

  private final AttentionPlan plan;
  private final AttentionCall call;
  private final List<Statistic> sets = new ArrayList<>(); // masses on keys fixed for a row
  private final List<Statistic> targets = new ArrayList<>(); // masses on one key of each query
  private final List<Statistic.WindowedDistance> windows = new ArrayList<>();

  CallArrays(AttentionPlan plan) {
    this.plan = plan;
    this.call = plan.call();
    for (Statistic statistic : call.request().statistics()) {
      if (statistic instanceof Statistic.SpanMass) {
        sets.add(statistic);
      } else if (statistic instanceof Statistic.Offset
          || statistic.equals(Statistic.FIRST_KEY)
          || statistic.equals(Statistic.INDUCTION)) {
        targets.add(statistic);
      } else if (statistic instanceof Statistic.WindowedDistance window) {
        windows.add(window);
      }
    }
  }

  /** Returns how often the kernels have to walk the keys. */
  int passes() {
    return Math.max(1, Math.max((sets.size() + MOST_SETS - 1) / MOST_SETS, windows.size()));
  }

  /** Returns the key sets of a pass, at most {@value #MOST_SETS}. */
  List<Statistic> sets(int pass) {
    int from = Math.min(sets.size(), pass * MOST_SETS);
    return sets.subList(from, Math.min(sets.size(), from + MOST_SETS));
  }

  /** Returns the window of a pass's distances; none beyond those asked for. */
  Statistic.@Nullable WindowedDistance window(int pass) {
    return pass < windows.size() ? windows.get(pass) : null;
  }

  /** Returns the masses on one key of each query. */
  List<Statistic> targets() {
    return targets;
  }

  boolean wantsDuplicates() {
    return call.request().statistics().contains(Statistic.DUPLICATE);
  }

  boolean isPadded() {
    boolean padded = false;
    for (int row = 0; row < call.batch(); row++) {
      padded |= plan.layout(row).isPadded();
    }
    return padded;
  }

  /** Returns [batch, key] positions; -1 for padding. */
  ByteBuffer positions() {
    return keyed((layout, column) -> layout.isReal(column) ? layout.position(column) : -1);
  }

  /** Returns [batch, key] token ids; -1 for padding. */
  ByteBuffer tokens() {
    return keyed(
        (layout, column) -> layout.isReal(column) ? Math.toIntExact(layout.id(column)) : -1);
  }

  private interface OfColumn {
    int value(RowLayout layout, int column);
  }

  private ByteBuffer keyed(OfColumn number) {
    ByteBuffer bytes = buffer(Integer.BYTES * (long) call.batch() * call.keys());
    IntBuffer ints = bytes.asIntBuffer();
    for (int row = 0; row < call.batch(); row++) {
      for (int column = 0; column < call.keys(); column++) {
        ints.put(number.value(plan.layout(row), column));
      }
    }
    return bytes;
  }

  /** Returns [batch, key], a bit for each set of a pass. */
  ByteBuffer setBits(int pass) {
    ByteBuffer bytes = buffer(Integer.BYTES * (long) call.batch() * call.keys());
    IntBuffer ints = bytes.asIntBuffer();
    List<Statistic> ofPass = sets(pass);
    for (int row = 0; row < call.batch(); row++) {
      for (int bit = 0; bit < ofPass.size(); bit++) {
        boolean[] columns = fixed(row, ofPass.get(bit)).columns();
        for (int column = 0; column < columns.length; column++) {
          int at = row * call.keys() + column;
          ints.put(at, ints.get(at) | (columns[column] ? 1 << bit : 0));
        }
      }
    }
    return bytes;
  }

  private KeySet.Fixed fixed(int row, Statistic statistic) {
    if (keySet(row, statistic) instanceof KeySet.Fixed set) {
      return set;
    }
    throw new IllegalStateException(statistic + " has not the same keys for every query");
  }

  /** Returns [target, batch, query], columns of keys; -1 for none. */
  ByteBuffer targetColumns() {
    long count = (long) targets.size() * call.batch() * call.queries();
    ByteBuffer bytes = buffer(Integer.BYTES * count);
    IntBuffer ints = bytes.asIntBuffer();
    for (Statistic target : targets) {
      for (int row = 0; row < call.batch(); row++) {
        KeySet set = keySet(row, target);
        int first = plan.layout(row).columns()[0];
        for (int query = 0; query < call.queries(); query++) {
          ints.put(
              set instanceof KeySet.One one ? one.targets()[call.firstColumn() + query] : first);
        }
      }
    }
    return bytes;
  }

  /** Tells whether a query of a row has a statistic at all. */
  boolean exists(Statistic statistic, int row, int query) {
    KeySet set = keySet(row, statistic);
    return set == null || set.exists(call.firstColumn() + query);
  }

  private @Nullable KeySet keySet(int row, Statistic statistic) {
    return plan.keySets(row).get(call.request().statistics().indexOf(statistic));
  }

  /** Returns where a pass leaves a statistic's rows; -1 if not in this pass. */
  int slot(Statistic statistic, int pass) {
    int set = sets(pass).indexOf(statistic);
    if (set >= 0) {
      return Slot.SETS + set;
    }
    if (statistic instanceof Statistic.WindowedDistance) {
      return statistic.equals(window(pass)) ? Slot.WITHIN : -1;
    }
    if (pass > 0) {
      return -1;
    }
    if (targets.contains(statistic)) {
      return Slot.TARGETS + targets.indexOf(statistic);
    }
    return statistic instanceof Statistic.Simple simple ? slot(simple.kind()) : -1;
  }

  private static int slot(Statistic.Kind kind) {
    return switch (kind) {
      case LOG_SUM_EXP -> Slot.LOG_SUM_EXP;
      case ENTROPY -> Slot.ENTROPY;
      case MAX_PROBABILITY -> Slot.LARGEST;
      case MAX_KEY -> Slot.LARGEST_KEY;
      case SUM_OF_SQUARES -> Slot.SQUARES;
      case DISTANCE -> Slot.DISTANCE;
      case DUPLICATE -> Slot.DUPLICATE;
      case FIRST_KEY, INDUCTION -> -1; // masses on one key
    };
  }

  static ByteBuffer buffer(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }
}
