package io.loupe.circuits.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;

/**
 * What every node of a model writes in a run, or what is put in its place: of the heads their mixed
 * values, as wide together as the stream, never what each of them adds to it.
 *
 * @param embedding [batch, pos, d_model]
 * @param heads of each layer, divided where a norm stands behind, [batch, pos, head, d_head]
 * @param mlps of each layer, [batch, pos, d_model]; empty without MLPs
 */
public record NodeOutputs(NDArray embedding, List<NDArray> heads, List<NDArray> mlps) {
  public NodeOutputs {
    heads = List.copyOf(heads);
    mlps = List.copyOf(mlps);
  }

  /** Returns what a run's nodes wrote; the arrays are the run's own where nothing was divided. */
  public static NodeOutputs of(Parts parts, Function<HookPoint, NDArray> run, NDManager manager) {
    ModelConfig config = parts.config();
    List<NDArray> heads = new ArrayList<>();
    List<NDArray> mlps = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      NDArray values = Parts.handle(run.apply(Sites.Z.at(layer)), manager);
      if (parts.divided()) {
        NDArray scale = run.apply(Sites.LN1_POST_SCALE.at(layer)).expandDims(3);
        values = values.div(scale);
        values.attach(manager);
      }
      heads.add(values);
      if (config.hasMlps()) {
        mlps.add(Parts.handle(run.apply(Sites.MLP_OUT.at(layer)), manager));
      }
    }
    return new NodeOutputs(Parts.handle(run.apply(Sites.RESID_PRE.at(0)), manager), heads, mlps);
  }

  /** Returns the outputs that a function makes of each of these. */
  public NodeOutputs map(Function<NDArray, NDArray> function) {
    return new NodeOutputs(
        function.apply(embedding),
        heads.stream().map(function).toList(),
        mlps.stream().map(function).toList());
  }

  /** Returns the outputs that a function makes of each of these and another's. */
  public NodeOutputs with(NodeOutputs other, BinaryOperator<NDArray> function) {
    List<NDArray> headsOfBoth = new ArrayList<>();
    List<NDArray> mlpsOfBoth = new ArrayList<>();
    for (int layer = 0; layer < heads.size(); layer++) {
      headsOfBoth.add(function.apply(heads.get(layer), other.heads.get(layer)));
      if (!mlps.isEmpty()) {
        mlpsOfBoth.add(function.apply(mlps.get(layer), other.mlps.get(layer)));
      }
    }
    return new NodeOutputs(function.apply(embedding, other.embedding), headsOfBoth, mlpsOfBoth);
  }
}
