package io.loupe.workbench.path;

import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input.Kind;
import io.loupe.workbench.site.Head;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Where a path ends: inputs of parts of the model that see the sender's change, one or several
 * together. Keys and values belong to key/value heads, of which there are fewer than heads where
 * heads share them (Ainslie et al. 2023).
 *
 * @param name how tables and figures call it
 * @param inputs the inputs; at least one
 */
public record Receiver(String name, SortedSet<Input> inputs) {
  public Receiver {
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException(
          "A receiver is at least one input: Receiver.query(head(3, 1)), Receiver.mlp(2), Receiver.logits(config)");
    }
    inputs = Collections.unmodifiableSortedSet(new TreeSet<>(inputs));
  }

  private Receiver(Input input) {
    this(input.toString(), new TreeSet<>(List.of(input)));
  }

  /** A head's queries. */
  public static Receiver query(Head head) {
    return new Receiver(new Input(Kind.QUERY, head.layer(), head.index()));
  }

  /**
   * A key/value head's keys.
   *
   * @param head layer and number of the key/value head
   */
  public static Receiver key(Head head) {
    return new Receiver(new Input(Kind.KEY, head.layer(), head.index()));
  }

  /** A key/value head's values; see {@link #key}. */
  public static Receiver value(Head head) {
    return new Receiver(new Input(Kind.VALUE, head.layer(), head.index()));
  }

  /** An MLP. */
  public static Receiver mlp(int layer) {
    return new Receiver(new Input(Kind.MLP, layer, 0));
  }

  /** What stands behind the last layer: the final norm and the unembedding. */
  public static Receiver logits(ModelConfig config) {
    return new Receiver(new Input(Kind.LOGITS, config.layers(), 0));
  }

  /** Several receivers as one. */
  public static Receiver together(Receiver... receivers) {
    SortedSet<Input> inputs = new TreeSet<>();
    Arrays.stream(receivers).forEach(receiver -> inputs.addAll(receiver.inputs()));
    return new Receiver(
        String.join(" + ", Arrays.stream(receivers).map(Receiver::name).toList()), inputs);
  }

  /** Returns every input of the model by itself: queries, keys, values, MLPs, logits. */
  public static List<Receiver> each(ModelConfig config) {
    List<Receiver> all = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (int head = 0; head < config.heads(); head++) {
        all.add(query(new Head(layer, head)));
      }
      for (int head = 0; head < config.kvHeads(); head++) {
        all.add(key(new Head(layer, head)));
      }
      for (int head = 0; head < config.kvHeads(); head++) {
        all.add(value(new Head(layer, head)));
      }
      if (config.hasMlps()) {
        all.add(mlp(layer));
      }
    }
    all.add(logits(config));
    return all;
  }

  /** Returns every input that a sender's outputs reach, as one receiver: all of its paths. */
  public static Receiver everythingBehind(Sender sender, ModelConfig config) {
    SortedSet<Input> inputs = new TreeSet<>();
    for (Receiver receiver : each(config)) {
      receiver.inputs().stream()
          .filter(input -> sender.nodes().stream().anyMatch(node -> input.reads(node, config)))
          .forEach(inputs::add);
    }
    return new Receiver("everything behind " + sender, inputs);
  }

  /** Returns this receiver under a name of your own. */
  public Receiver named(String name) {
    return new Receiver(name, inputs);
  }

  @Override
  public String toString() {
    return name;
  }
}
