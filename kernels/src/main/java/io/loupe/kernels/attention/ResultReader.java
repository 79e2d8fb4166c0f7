package io.loupe.kernels.attention;

import io.loupe.kernels.driver.DeviceMemory;
import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionPlan;
import io.loupe.workbench.capture.HeadColumns;
import io.loupe.workbench.capture.Statistic;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.List;

/** Puts what the kernels wrote where the workbench reads it. */
final class ResultReader {
  private final AttentionPlan plan;
  private final AttentionCall call;
  private final CallArrays arrays;
  private final List<HeadColumns> results; // [row x head]

  ResultReader(AttentionPlan plan, CallArrays arrays, List<HeadColumns> results) {
    this.plan = plan;
    this.call = plan.call();
    this.arrays = arrays;
    this.results = results;
  }

  private boolean reported(int result) {
    return plan.reports(result % call.heads());
  }

  /** Reads each query's statistics of a pass; memory is [slot, batch, head, query]. */
  void rows(int pass, DeviceMemory memory) {
    List<Statistic> statistics = call.request().statistics();
    for (int s = 0; s < statistics.size(); s++) {
      int slot = arrays.slot(statistics.get(s), pass);
      if (slot >= 0) {
        FloatBuffer floats = slot(memory, slot).asFloatBuffer();
        float[] ofHead = new float[call.queries()];
        for (int i = 0; i < results.size(); i++) {
          floats.get(ofHead);
          if (reported(i)) {
            rows(statistics.get(s), slot, ofHead, i / call.heads(), results.get(i).values()[s]);
          }
        }
      }
    }
  }

  private void rows(Statistic statistic, int slot, float[] from, int row, double[] values) {
    for (int query = 0; query < values.length; query++) {
      values[query] = from[query];
    }
    if (slot == Slot.LARGEST_KEY) {
      for (int query = 0; query < values.length; query++) {
        int column = Float.floatToRawIntBits(from[query]);
        values[query] = column < 0 ? Double.NaN : plan.layout(row).position(column);
      }
    } else if (statistic.equals(Statistic.DUPLICATE)) {
      for (int query = 0; query < values.length; query++) {
        values[query] = arrays.exists(statistic, row, query) ? values[query] : Double.NaN;
      }
    }
  }

  /** Reads the means of a pass, [slot, batch, head] in float64. */
  void means(int pass, DeviceMemory memory) {
    ByteBuffer bytes = read(memory);
    List<Statistic> statistics = call.request().statistics();
    for (int s = 0; s < statistics.size(); s++) {
      int slot = arrays.slot(statistics.get(s), pass);
      for (int i = 0; slot >= 0 && i < results.size(); i++) {
        if (reported(i)) {
          double mean = bytes.getDouble(8 * (slot * results.size() + i));
          boolean sometimes = statistics.get(s).equals(Statistic.DUPLICATE);
          results.get(i).means()[s] = sometimes ? mean * share(i / call.heads()) : mean;
        }
      }
    }
  }

  /**
   * Returns what a mean over all queries of duplicate masses has to be multiplied by, as queries
   * without an earlier occurrence count as 0 in it.
   */
  private double share(int row) {
    int all = 0;
    int some = 0;
    for (int query = 0; query < call.queries(); query++) {
      boolean real = plan.layout(row).isReal(call.firstColumn() + query);
      all += real ? 1 : 0;
      some += real && arrays.exists(Statistic.DUPLICATE, row, query) ? 1 : 0;
    }
    return some == 0 ? Double.NaN : (double) all / some;
  }

  /** Marks the queries that an edit left without a key. */
  void empty(DeviceMemory memory) {
    FloatBuffer lse = slot(memory, Slot.LOG_SUM_EXP).asFloatBuffer();
    for (int i = 0; i < results.size(); i++) {
      boolean[] empty = results.get(i).empty();
      for (int query = 0; query < empty.length; query++) {
        empty[query] = lse.get(i * call.queries() + query) == Float.NEGATIVE_INFINITY;
      }
    }
  }

  /** Reads [batch, head, key]. */
  void received(DeviceMemory memory) {
    FloatBuffer floats = read(memory).asFloatBuffer();
    for (int i = 0; i < results.size(); i++) {
      double[] received = results.get(i).received();
      for (int key = 0; key < received.length; key++) {
        received[key] = floats.get(i * call.keys() + key);
      }
    }
  }

  /** Reads [batch, head, query, rank], probabilities and columns. */
  void topKeys(DeviceMemory probabilities, DeviceMemory keys) {
    int top = call.request().topKeys();
    for (int i = 0; i < results.size(); i++) {
      if (reported(i)) {
        long offset = 4L * i * call.queries() * top;
        FloatBuffer p = read(probabilities, offset, 4L * call.queries() * top).asFloatBuffer();
        IntBuffer k = read(keys, offset, 4L * call.queries() * top).asIntBuffer();
        for (int query = 0; query < call.queries(); query++) {
          for (int rank = 0; rank < top; rank++) {
            results.get(i).topProbabilities()[query][rank] = p.get();
            results.get(i).topKeys()[query][rank] = k.get();
          }
        }
      }
    }
  }

  /** Reads [line, key]; each line is added to the result named. */
  void pattern(DeviceMemory memory, List<Integer> ofResults) {
    FloatBuffer floats = read(memory).asFloatBuffer();
    for (int result : ofResults) {
      double[] line = new double[call.keys()];
      for (int key = 0; key < line.length; key++) {
        line[key] = floats.get();
      }
      results.get(result).pattern().add(line);
    }
  }

  private ByteBuffer slot(DeviceMemory memory, int slot) {
    long bytes = 4L * results.size() * call.queries();
    return read(memory, slot * bytes, bytes);
  }

  private static ByteBuffer read(DeviceMemory memory) {
    return read(memory, 0, memory.bytes());
  }

  private static ByteBuffer read(DeviceMemory memory, long offset, long count) {
    ByteBuffer bytes = CallArrays.buffer(count);
    memory.read(offset, bytes);
    return bytes;
  }
}
