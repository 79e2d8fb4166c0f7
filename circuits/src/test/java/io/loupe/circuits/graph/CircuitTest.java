package io.loupe.circuits.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.StandIn;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The graph of a model, and circuits as values. */
class CircuitTest {
  private static final ModelGraph GPT2 = ModelGraph.of(TinyModels.gpt2(LoadOptions.DOUBLE));
  private static final ModelGraph LLAMA = ModelGraph.of(TinyModels.llama(LoadOptions.DOUBLE));

  @TempDir Path folder;

  @Test
  void aGraphHasEveryEdgeOnce() {
    // by hand: in layer l, 1 + 5 l nodes stand before 12 heads' inputs, 4 more before the MLP
    assertThat(GPT2.nodes()).hasSize(1 + 3 * 5);
    assertThat(GPT2.inputs()).hasSize(3 * 13 + 1);
    assertThat(GPT2.size()).isEqualTo(12 * (1 + 6 + 11) + (5 + 10 + 15) + 16);
    // two key/value heads for four heads: 4 + 2 + 2 inputs of heads
    assertThat(LLAMA.size()).isEqualTo(8 * (1 + 6 + 11) + (5 + 10 + 15) + 16);
    for (int edge = 0; edge < GPT2.size(); edge++) {
      assertThat(GPT2.number(GPT2.edge(edge))).isEqualTo(edge);
      assertThat(GPT2.edge(GPT2.edge(edge).toString())).isEqualTo(GPT2.edge(edge));
    }
  }

  @Test
  void aParallelBlockHasNoEdgeFromItsHeadsToItsMlp() throws IOException {
    ModelGraph graph = ModelGraph.of(Checkpoints.load("golden/gptj", LoadOptions.DEFAULT));
    assertThatThrownBy(() -> graph.edge("L0H0 -> L0 mlp"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not in this parallel block");
    assertThat(graph.edge("L0H0 -> L1 mlp").from()).isEqualTo(graph.nodes().get(1));
  }

  @Test
  void heldTogetherAsSets() {
    Circuit one = Circuit.of(GPT2, List.of(edge("L0H0 -> L1H1.k"), edge("L1H1 -> logits")));
    Circuit other = Circuit.of(GPT2, List.of(edge("L1H1 -> logits"), edge("L2 mlp -> logits")));
    assertThat(one.union(other).edges())
        .containsExactly(edge("L0H0 -> L1H1.k"), edge("L1H1 -> logits"), edge("L2 mlp -> logits"));
    assertThat(one.intersection(other).edges()).containsExactly(edge("L1H1 -> logits"));
    assertThat(one.minus(other).edges()).containsExactly(edge("L0H0 -> L1H1.k"));
    assertThat(one.jaccard(other)).isEqualTo(1 / 3.0);
    assertThat(GPT2.empty().jaccard(GPT2.empty())).isEqualTo(1);
    assertThat(one.complement().size()).isEqualTo(GPT2.size() - 2);
    assertThat(one.complement().union(one)).isEqualTo(GPT2.full());
    assertThat(one.plus(edge("L2 mlp -> logits"))).isEqualTo(one.union(other));
    assertThat(one.without(one.numbers())).isEqualTo(GPT2.empty());
    assertThat(one.sparsity()).isEqualTo(1 - 2.0 / GPT2.size());
    assertThat(one).isNotEqualTo(other).hasSameHashCodeAs(Circuit.of(GPT2, one.edges()));
  }

  @Test
  void wholeNodesKeepAllThatTheyWrite() {
    Circuit nodes = Circuit.ofNodes(GPT2, List.of(new Node.Mlp(1), new Node.Mlp(2)));
    // L1's MLP is read by 12 inputs of heads, one MLP and the logits, L2's by the logits
    assertThat(nodes.size()).isEqualTo(14 + 1);
    assertThat(nodes.nodes()).containsExactly(new Node.Mlp(1), new Node.Mlp(2));
    assertThat(Circuit.of(GPT2, List.of(edge("L1 mlp -> logits"))).wholeNodes().size())
        .isEqualTo(14);
  }

  @Test
  void pruningLeavesEdgesOnAWayFromTheEmbeddingToTheLogits() {
    Circuit circuit =
        Circuit.of(
            GPT2,
            List.of(
                edge("embedding -> L0H0.v"),
                edge("L0H0 -> L1H1.k"),
                edge("L1H1 -> logits"),
                edge("embedding -> L1H2.q"), // leads nowhere
                edge("L0H3 -> L2 mlp"), // comes from nowhere
                edge("L2 mlp -> logits")));
    assertThat(circuit.pruned().edges())
        .containsExactly(
            edge("embedding -> L0H0.v"), edge("L0H0 -> L1H1.k"), edge("L1H1 -> logits"));
    // heads share a key: it serves both
    Circuit shared =
        Circuit.of(LLAMA, List.of(LLAMA.edge("embedding -> L0H0.k"), LLAMA.edge("L0H1 -> logits")));
    assertThat(shared.pruned()).isEqualTo(shared);
  }

  @Test
  void savedAndLoaded() throws IOException {
    Circuit circuit =
        Circuit.of(
            GPT2,
            List.of(edge("embedding -> L0 mlp"), edge("L0 mlp -> L2H3.q"), edge("L2H3 -> logits")));
    Path file = folder.resolve("deep/circuit.json");
    circuit.save(file);
    assertThat(Circuit.load(file, GPT2)).isEqualTo(circuit);
    HookedTransformer same = TinyModels.gpt2(LoadOptions.DOUBLE);
    assertThat(Circuit.load(file, ModelGraph.of(same))).isEqualTo(circuit);
    assertThatThrownBy(() -> Circuit.load(file, LLAMA))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of another model")
        .hasMessageContaining("random, seed 1");
    String text = Files.readString(file);
    for (String broken :
        List.of(
            "",
            "{",
            "[]",
            "{\"format\": \"loupe-circuit\"}",
            text.replace("loupe-circuit", "loupe-square"),
            text.replace("L2H3.q", "L2H4.q"),
            text.replace("L2H3.q", "L2H3"),
            text.replace("L0 mlp\", \"L2H3.q", "L2 mlp\", \"L2H3.q"),
            text.replace("L0 mlp", "L99999999999 mlp"))) {
      Path other = folder.resolve("broken.json");
      Files.writeString(other, broken);
      assertThatThrownBy(() -> Circuit.load(other, GPT2))
          .as(broken)
          .isInstanceOf(CircuitFileException.class)
          .hasMessageContaining("broken.json");
    }
  }

  @Test
  void whatCannotBeIsRefusedWithTheReason() {
    assertThatThrownBy(() -> edge("L1H0 -> L1H1.k"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("L1H1.k reads the stream before L1H0 writes to it");
    assertThatThrownBy(() -> edge("L1H0 -> L9H1.k"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the model has layers 0 to 2");
    assertThatThrownBy(() -> LLAMA.edge("L0H0 -> L1H3.k"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4 heads share 2 key/value heads: head 3 reads number 1");
    assertThatThrownBy(() -> edge("L1H0"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Expected an edge such as");
    assertThatThrownBy(() -> edge("L1H0.q -> logits"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Expected a node such as");
    Edge far = new Edge(new Node.Embedding(), new Input(Input.Kind.LOGITS, 7, 0));
    assertThatThrownBy(() -> GPT2.number(far))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the logits of this model are number 3");
    assertThatThrownBy(() -> GPT2.full().union(LLAMA.full()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("The circuit is of another model, random, seed 2");
    Batch batch =
        new Batch(
            Tokens.of(new long[] {1, 2}),
            Tokens.of(new long[] {1, 3}),
            Metrics.logitDifference(5, 6));
    CircuitRunner runner = CircuitRunner.of(GPT2, Examples.of(batch), StandIn.RESAMPLE);
    assertThatThrownBy(() -> runner.run(LLAMA.full()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Find it anew on this model");
    assertThatThrownBy(
            () -> new Batch(batch.clean(), Tokens.of(new long[] {1, 2, 3}), batch.metric()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("in pairs of equal length");
    assertThatThrownBy(() -> new Batch(batch.clean(), batch.clean(), batch.metric()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no edge carries a difference");
    assertThatThrownBy(() -> GPT2.empty().plot())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("without edges cannot be drawn");
  }

  @Test
  void modelsWithoutASumOfPartsAreRefused() throws IOException {
    HookedTransformer bert = Checkpoints.load("golden/bert", LoadOptions.DEFAULT);
    assertThatThrownBy(() -> ModelGraph.of(bert))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("normalises the residual stream itself")
        .hasMessageContaining("PathPatching");
    HookedTransformer biased = Checkpoints.load("variants/olmo2-grouped", LoadOptions.DEFAULT);
    assertThatThrownBy(() -> ModelGraph.of(biased))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("output bias");
    HookedTransformer edited = GPT2.model().with(Interventions.zero(Sites.Z.at(0)));
    assertThatThrownBy(() -> ModelGraph.of(edited))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("give a model without");
  }

  @Test
  void aDrawingNamesItsPartsAndKeepsItsBytes() {
    Circuit circuit =
        Circuit.of(
            GPT2,
            List.of(
                edge("embedding -> L0H0.v"),
                edge("L0H0 -> L1H1.k"),
                edge("L1H1 -> L2 mlp"),
                edge("L2 mlp -> logits")));
    assertThat(circuit.plot().svg()).isEqualTo(circuit.plot().svg()).contains("<svg");
    // embedding, two heads, an MLP, logits
    assertThat(circuit.plot().description())
        .isEqualTo("random, seed 1: 4 of 262 edges: Circuit of 5 boxes and 4 lines");
    assertThat(circuit.display().toString()).contains("image/svg+xml");
    assertThat(GPT2.empty().display().toString()).doesNotContain("image/svg+xml");
  }

  private static Edge edge(String name) {
    return GPT2.edge(name);
  }
}
