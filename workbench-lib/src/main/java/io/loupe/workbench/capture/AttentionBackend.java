package io.loupe.workbench.capture;

import io.loupe.workbench.nn.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.TreeSet;

/**
 * What computes attention and its statistics without the matrix of all queries and keys. The
 * workbench has {@code cpu} and {@code cpu-float64}; other modules name theirs in {@code
 * META-INF/services}. The same call gives the same bits, however often and in however many threads.
 */
public interface AttentionBackend {
  /** Returns the name that a request calls it by, in lower case. */
  String name();

  /**
   * Throws if this machine cannot do what is asked for, before any layer is computed; the message
   * says what is missing and how to get it.
   *
   * @throws IllegalArgumentException if the back end has not something that the request names, or
   *     not for such a model
   */
  default void check(AttentionRequest request, ModelConfig config) {}

  /**
   * Computes one layer.
   *
   * @throws IllegalArgumentException if queries, keys or values are not finite, or the call asks
   *     for what it has not, naming that
   */
  LayerAttention attend(AttentionCall call);

  /**
   * Finds a back end by its name.
   *
   * @throws IllegalArgumentException naming those that there are, and what to do for one that there
   *     is not
   */
  static AttentionBackend named(String name) {
    List<AttentionBackend> all =
        new ArrayList<>(List.of(CpuAttention.FLOAT32, CpuAttention.FLOAT64));
    ServiceLoader.load(AttentionBackend.class).forEach(all::add);
    return all.stream()
        .filter(backend -> backend.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no attention back end '%s' on the class path, only %s.%s"
                        .formatted(
                            name,
                            new TreeSet<>(all.stream().map(AttentionBackend::name).toList()),
                            name.equals("cuda")
                                ? " Add the module loupe-kernels, or ask for on(\"cpu\")"
                                : "")));
  }
}
