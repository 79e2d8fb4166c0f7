package io.loupe.circuits.certainty;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.measure.Faithfulness;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.path.Input;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Whether a circuit is better than chance (Shi et al. 2024, sufficiency): its faithfulness beside
 * that of random circuits of the same size. They have as many edges into the queries, keys, values
 * and MLP of each layer, and into the logits, as the circuit, so that they are no easy opponents.
 */
public final class RandomCircuits implements Displayable {
  private final Faithfulness circuit;
  private final double[] random;

  private RandomCircuits(Faithfulness circuit, double[] random) {
    this.circuit = circuit;
    this.random = random;
  }

  /**
   * Runs a circuit and random ones.
   *
   * @param count how many, 1 or more; the smallest p-value is 1 / (count + 1)
   * @throws IllegalArgumentException if the circuit is empty or of another model
   */
  public static RandomCircuits of(CircuitRunner runner, Circuit circuit, int count, long seed) {
    runner.graph().check(circuit);
    if (circuit.size() == 0 || count < 1) {
      throw new IllegalArgumentException(
          "Expected a circuit with edges and at least 1 random one beside it; got %s, %d"
              .formatted(circuit, count));
    }
    Random random = new Random(seed);
    List<Circuit> circuits = new ArrayList<>(List.of(circuit));
    for (int i = 0; i < count; i++) {
      circuits.add(like(circuit, random));
    }
    List<Faithfulness> all = Faithfulness.of(runner, circuits);
    double[] values = all.stream().skip(1).mapToDouble(Faithfulness::value).sorted().toArray();
    return new RandomCircuits(all.get(0), values);
  }

  /** Returns a random circuit with as many edges into each kind of input of each layer. */
  static Circuit like(Circuit circuit, Random random) {
    ModelGraph graph = circuit.graph();
    Map<String, List<Integer>> groups = new TreeMap<>();
    Map<String, Integer> sizes = new TreeMap<>();
    for (int edge = 0; edge < graph.size(); edge++) {
      Input input = graph.inputs().get(graph.inputOf(edge));
      String group = input.layer() + " " + input.kind();
      groups.computeIfAbsent(group, key -> new ArrayList<>()).add(edge);
      sizes.merge(group, circuit.contains(edge) ? 1 : 0, Integer::sum);
    }
    IntStream.Builder drawn = IntStream.builder();
    groups.forEach(
        (group, edges) -> {
          Collections.shuffle(edges, random);
          edges.stream().limit(sizes.getOrDefault(group, 0)).forEach(drawn::add);
        });
    return Circuit.ofNumbers(graph, drawn.build().toArray());
  }

  /** Returns the circuit's faithfulness. */
  public Faithfulness circuit() {
    return circuit;
  }

  /** Returns the random circuits' faithfulness, ascending. */
  public double[] random() {
    return random.clone();
  }

  /** Returns the p-value of being as good by chance. */
  public double p() {
    long asGood = Arrays.stream(random).filter(value -> value >= circuit.value()).count();
    return (1.0 + asGood) / (random.length + 1);
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString());
  }

  @Override
  public String toString() {
    return "RandomCircuits[faithfulness %.3f; of %d random circuits of as many edges: mean %.3f, best %.3f; p = %.4f]"
        .formatted(
            circuit.value(),
            random.length,
            Arrays.stream(random).average().orElseThrow(),
            random[random.length - 1],
            p());
  }
}
