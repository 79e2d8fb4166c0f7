package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.PositionTerms;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.List;

/**
 * An edit of what positions do: other position ids, another rotary base, none. Who sees whom stays,
 * which is the mask's business. Made by the factories of {@code PositionEdits}.
 */
public sealed interface PositionIntervention extends Intervention {

  /**
   * Which position each token is told to stand at.
   *
   * @param ids by the token's own position; tokens behind the list keep theirs, and an empty list
   *     leaves all as they are
   */
  record PositionIds(List<Integer> ids) {
    /** Everybody stands where it stands. */
    public static final PositionIds OWN = new PositionIds(List.of());

    public PositionIds {
      ids = List.copyOf(ids);
      for (int id : ids) {
        if (id < 0) {
          throw new IllegalArgumentException("Position ids are counted from 0; got " + id);
        }
      }
    }

    /** Returns the id of the token at a position. */
    public long of(int position) {
      return position < ids.size() ? ids.get(position) : position;
    }
  }

  /**
   * Turns queries or keys, which a rotary embedding has turned, to where another embedding or other
   * positions would have turned them.
   *
   * @param at {@link Sites#ROT_Q} or {@link Sites#ROT_K}
   * @param from the model's own rotary embedding
   * @param to another that turns the same dimensions; or none, which turns them back
   */
  record Turn(HookPoint at, Slice slice, PositionSpec.Rotary from, PositionSpec to, PositionIds ids)
      implements PositionIntervention {
    public Turn {
      boolean fits =
          to instanceof PositionSpec.None
              || to instanceof PositionSpec.Rotary rotary
                  && rotary.dimensions() == from.dimensions()
                  && rotary.pairing() == from.pairing();
      if (!fits) {
        throw new IllegalArgumentException(
            "What %s turned can be turned as another rotary embedding of the same dimensions would, or back; not as %s"
                .formatted(from, to));
      }
    }

    @Override
    public void check(ModelConfig config) {
      require(at, Sites.ROT_Q, Sites.ROT_K);
      PositionSpec own = config.attention().get(at.layer()).positions();
      if (!own.equals(from)) {
        throw new IllegalArgumentException(
            "Layer %d has the positions '%s', not '%s'".formatted(at.layer(), own, from));
      }
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      return PositionTerms.turned(activation, frame.tokens(), frame.from(), from, to, ids::of);
    }
  }

  /**
   * Sets learned position embeddings to those of other positions.
   *
   * @param at {@link Sites#POS_EMBED}
   * @param table the model's position embeddings, [context, d_model]
   */
  record Embedding(HookPoint at, Slice slice, Value table, PositionIds ids)
      implements PositionIntervention {
    @Override
    public void check(ModelConfig config) {
      require(at, Sites.POS_EMBED);
      for (int id : ids.ids()) {
        if (id >= config.context()) {
          throw new IllegalArgumentException(
              "The model has positions 0 to %d; got %d".formatted(config.context() - 1, id));
        }
      }
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      Tokens tokens = frame.tokens();
      int rows = (int) activation.getShape().get(0);
      int columns = (int) activation.getShape().get(1);
      long[] chosen = new long[rows * columns];
      for (int row = 0; row < rows; row++) {
        int[] positions = Positions.ofColumns(tokens, row);
        for (int column = 0; column < columns; column++) {
          chosen[row * columns + column] = ids.of(positions[frame.from() + column]);
        }
      }
      NDArray index = activation.getManager().create(chosen, new Shape(rows * (long) columns));
      NDArray drawn = table.tensor().get(new NDIndex("{}", index));
      drawn.attach(activation.getManager());
      return Tensors.as(activation.getDataType(), drawn.reshape(activation.getShape()));
    }
  }

  /**
   * Changes ALiBi's term in the scores to that of other positions, or takes it away.
   *
   * @param at {@link Sites#SCORES}
   * @param removed whether there is no term at all
   */
  record Alibi(HookPoint at, Slice slice, PositionIds ids, boolean removed)
      implements PositionIntervention {
    @Override
    public void check(ModelConfig config) {
      require(at, Sites.SCORES);
      if (!(config.attention().get(at.layer()).positions() instanceof PositionSpec.Alibi)) {
        throw new IllegalArgumentException(
            "Layer %d has no ALiBi; its positions: %s"
                .formatted(at.layer(), config.attention().get(at.layer()).positions()));
      }
    }

    @Override
    public NDArray replacement(NDArray activation, Frame frame, Seen seen) {
      Shape shape = activation.getShape();
      int rows = (int) shape.get(0);
      int queries = (int) shape.get(2);
      int keys = (int) shape.get(3);
      double[] change = new double[rows * queries * keys];
      int i = 0;
      for (int row = 0; row < rows; row++) {
        int[] positions = Positions.ofColumns(frame.tokens(), row);
        for (int query = keys - queries; query < keys; query++) { // the last columns
          for (int key = 0; key < keys; key++) {
            change[i++] = change(positions[query], positions[key]);
          }
        }
      }
      NDManager manager = activation.getManager();
      double[] slopes = PositionTerms.alibiSlopes((int) shape.get(1));
      NDArray byHead = manager.create(slopes, new Shape(1, slopes.length, 1, 1));
      NDArray term = manager.create(change, new Shape(rows, 1, queries, keys)).mul(byHead);
      return activation.add(term.toType(activation.getDataType(), false));
    }

    private double change(int query, int key) {
      double wanted = removed ? 0 : ids.of(key) - ids.of(query);
      return wanted - (key - query);
    }
  }

  private static void require(HookPoint at, Site... sites) {
    if (!List.of(sites).contains(at.site())) {
      throw new IllegalArgumentException(
          "This edit belongs at %s; got %s".formatted(List.of(sites), at));
    }
  }
}
