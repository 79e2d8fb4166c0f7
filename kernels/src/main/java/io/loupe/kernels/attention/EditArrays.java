package io.loupe.kernels.attention;

import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionEdit;
import io.loupe.workbench.capture.AttentionPlan;
import io.loupe.workbench.capture.HeadEdits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The edits of a call as the kernels read them: HeadEdit of params.cuh, and the rows it names. */
final class EditArrays {
  /** The size of the struct HeadEdit. */
  static final int BYTES = 176;

  /** How many knockouts and weights a head can have. */
  static final int MOST_RULES = 32;

  /** How many masks of sinks and a window a head can have. */
  static final int MOST_WINDOWS = 4;

  static final int GATE = 0;
  static final int FACTORS = 4;
  static final int RULES = 8;
  static final int WINDOWS = 12;
  static final int SINKS = 16;
  static final int SPANS = 32;
  static final int WEIGHTS = 48;

  private final List<HeadEdits> edits = new ArrayList<>(); // [row x head]
  private final List<double[]> factors = new ArrayList<>();
  private final List<List<HeadEdits.Weight>> rules = new ArrayList<>();
  private final int keys;
  private final ByteBuffer heads;

  EditArrays(AttentionPlan plan) {
    AttentionCall call = plan.call();
    this.keys = call.keys();
    for (int i = 0; i < call.batch() * call.heads(); i++) {
      edits.add(plan.edits(i / call.heads(), i % call.heads()));
    }
    this.heads = CallArrays.buffer((long) BYTES * edits.size());
    for (int i = 0; i < edits.size(); i++) {
      put(edits.get(i), i * BYTES);
    }
  }

  /** Throws if a head has more edits than the kernels take. */
  static void check(List<AttentionEdit> edits) {
    for (AttentionEdit edit : edits) {
      edit.heads()
          .forEach(
              head -> {
                List<AttentionEdit> ofHead =
                    edits.stream().filter(one -> one.heads().contains(head)).toList();
                long windows =
                    ofHead.stream().filter(AttentionEdit.SinkWindow.class::isInstance).count();
                long rules =
                    ofHead.stream()
                        .filter(
                            one ->
                                one instanceof AttentionEdit.Knockout
                                    || one instanceof AttentionEdit.Reweight)
                        .count();
                if (windows > MOST_WINDOWS || rules > MOST_RULES) {
                  throw new IllegalArgumentException(
                      "The back end cuda takes at most %d knockouts and reweightings and %d masks of sinks and a window for a head; %s has %d and %d: join their ranges, or ask for on(\"cpu\")"
                          .formatted(MOST_RULES, MOST_WINDOWS, head, rules, windows));
                }
              });
    }
  }

  private void put(HeadEdits edit, int at) {
    double[] coldness = edit.coldness();
    List<HeadEdits.Weight> weights = edit.weights();
    List<AttentionEdit.SinkWindow> windows = edit.windows();
    heads.putFloat(at + GATE, (float) edit.gate());
    heads.putInt(at + FACTORS, coldness == null ? -1 : factors.size());
    heads.putInt(at + RULES, weights.isEmpty() ? -1 : rules.size());
    heads.putInt(at + WINDOWS, windows.size());
    for (int i = 0; i < windows.size(); i++) {
      heads.putInt(at + SINKS + Integer.BYTES * i, windows.get(i).sinks());
      heads.putInt(at + SPANS + Integer.BYTES * i, windows.get(i).window());
    }
    for (int i = 0; i < weights.size(); i++) {
      heads.putFloat(at + WEIGHTS + Float.BYTES * i, (float) weights.get(i).logarithm());
    }
    if (coldness != null) {
      factors.add(coldness);
    }
    if (!weights.isEmpty()) {
      rules.add(weights);
    }
  }

  boolean isEmpty() {
    return edits.stream().allMatch(HeadEdits::isEmpty);
  }

  /** Returns [batch, head] of HeadEdit. */
  ByteBuffer heads() {
    return heads;
  }

  /** Returns [row, column of the query], what scores are multiplied by. */
  ByteBuffer factors() {
    ByteBuffer bytes = CallArrays.buffer((long) Float.BYTES * factors.size() * keys);
    for (double[] row : factors) {
      for (double factor : row) {
        bytes.putFloat((float) factor);
      }
    }
    return bytes.flip();
  }

  /** Returns [row, column of the query], a bit for each rule that means it. */
  ByteBuffer queryRules() {
    return bits(true);
  }

  /** Returns [row, column of the key], likewise. */
  ByteBuffer keyRules() {
    return bits(false);
  }

  private ByteBuffer bits(boolean ofQueries) {
    ByteBuffer bytes = CallArrays.buffer((long) Integer.BYTES * rules.size() * keys);
    for (List<HeadEdits.Weight> ofHead : rules) {
      int[] bits = new int[keys];
      for (int rule = 0; rule < ofHead.size(); rule++) {
        HeadEdits.Weight weight = ofHead.get(rule);
        boolean[] chosen = ofQueries ? weight.queries() : weight.keys();
        for (int column = 0; column < keys; column++) {
          bits[column] |= chosen[column] ? 1 << rule : 0;
        }
      }
      bytes.asIntBuffer().put(bits);
      bytes.position(bytes.position() + Integer.BYTES * keys);
    }
    return bytes.flip();
  }
}
