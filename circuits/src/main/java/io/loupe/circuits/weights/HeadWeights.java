package io.loupe.circuits.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.circuits.heads.Origin;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.ejml.simple.SimpleMatrix;
import org.jspecify.annotations.Nullable;

/**
 * The circuits of a model's heads, read off its weights without a text (Elhage et al. 2021, A
 * Mathematical Framework for Transformer Circuits). Vectors are rows: an OV circuit takes what a
 * head reads at a key, [d_model], to what it writes; a QK circuit is [d_model of the query, d_model
 * of the key].
 *
 * <pre>{@code
 * var weights = HeadWeights.folded(model);
 * weights.ov(head(9, 6)).effectiveRank();
 * weights.vocabularyOv(head(9, 6)).topOfRow(token, 10);
 * }</pre>
 *
 * <p>Heads that share keys and values (grouped-query attention) each have circuits of their own.
 * What of a model is not bilinear is left out and named in {@link FactoredMatrix#notes}: the scales
 * of norms, biases, soft caps. Queries and keys that are turned by their position (rotary) have no
 * one QK circuit: it is read at a distance, {@link #qk(Head, int)}.
 */
public final class HeadWeights implements Displayable {
  private final HookedTransformer model; // in the gauge that is read
  private final DataType type;
  private final TokenVectors vectors;
  private final HeadMatrices matrices;
  private final LeftOut leftOut;
  private @Nullable Origin origin;
  private @Nullable NDArray embeddings; // [vocab, d_model]
  private @Nullable NDArray tokens; // [vocab, d_model]

  private HeadWeights(HookedTransformer model, DataType type, TokenVectors vectors) {
    this.model = model;
    this.type = type;
    this.vectors = vectors;
    this.matrices = new HeadMatrices(model);
    this.leftOut = new LeftOut(model);
  }

  /**
   * Reads the folded weights, {@link HookedTransformer#folded}: norms' weights, which stand between
   * what one part writes and another reads, are then in the circuits, as far as the model allows
   * it.
   *
   * @throws IllegalArgumentException if the model has interventions, which weights do not show
   */
  public static HeadWeights folded(HookedTransformer model) {
    return asTheyAre(model.folded());
  }

  /**
   * Reads the weights in the gauge that the model has; raw ones leave out the norms' weights.
   *
   * @throws IllegalArgumentException if the model has interventions, which weights do not show
   */
  public static HeadWeights asTheyAre(HookedTransformer model) {
    requireNoInterventions(model);
    DataType type = model.type() == DataType.FLOAT16 ? DataType.FLOAT32 : model.type();
    return new HeadWeights(model, type, TokenVectors.EMBEDDING);
  }

  static void requireNoInterventions(HookedTransformer model) {
    if (!model.interventions().isEmpty()) {
      throw new IllegalArgumentException(
          "Weights do not show what interventions do: %s has %s. Give the model without them, or change its weights: model.withWeights(...)"
              .formatted(model.name(), model.interventions()));
    }
  }

  /**
   * Returns the same with products over the vocabulary in float64; the weights stay as exact as the
   * model has them. Decompositions, scores and everything between heads are in float64 anyway.
   */
  public HeadWeights inFloat64() {
    return new HeadWeights(model, DataType.FLOAT64, vectors);
  }

  /**
   * Returns the same with other vectors for tokens.
   *
   * @throws IllegalArgumentException if the model has no MLPs to go through
   */
  public HeadWeights with(TokenVectors others) {
    if (others == TokenVectors.THROUGH_FIRST_MLP && !config().hasMlps()) {
      throw new IllegalArgumentException(
          "%s has no MLPs: its tokens are their embeddings, TokenVectors.EMBEDDING"
              .formatted(model.name()));
    }
    return new HeadWeights(model, type, others);
  }

  /** Returns the model in the gauge that is read. */
  public HookedTransformer model() {
    return model;
  }

  public ModelConfig config() {
    return model.config();
  }

  public Gauge gauge() {
    return model.gauge();
  }

  /** Returns which model and gauge this is. Hashes the weights at the first call. */
  public synchronized Origin origin() {
    if (origin == null) {
      origin = Origin.of(model);
    }
    return origin;
  }

  /** Returns what stands for tokens where heads of later layers than the first read them. */
  public TokenVectors vectors() {
    return vectors;
  }

  // circuits in the residual stream

  /**
   * Returns what a head writes of what it reads, W_V W_O, [d_model, d_model]. A norm that stands
   * behind the attention (Gemma 2, OLMo 2) is in it with its weight.
   */
  public FactoredMatrix ov(Head head) {
    return small(
        "OV circuit of " + check(head),
        leftOut.ofOv(),
        matrices.value(head),
        matrices.output(head));
  }

  /**
   * Returns what makes a head's query look at a key, scale W_Q W_K^T, [d_model, d_model].
   *
   * @throws IllegalArgumentException if the head turns queries and keys by their position: ask for
   *     a distance
   */
  public FactoredMatrix qk(Head head) {
    check(head);
    if (matrices.spec(head).positions() instanceof PositionSpec.Rotary) {
      throw new IllegalArgumentException(
          "%s of %s turns queries and keys by their positions (%s): what it looks at depends on how far away it is, and there is no one QK circuit. Ask for a distance in tokens: qk(head, 1)"
              .formatted(head, model.name(), matrices.spec(head).positions()));
    }
    return qk(head, 0);
  }

  /**
   * Returns what makes a head's query look at a key so many tokens before it. Without a rotary
   * embedding it is the same at every distance; ALiBi's term, a number that knows nothing of the
   * tokens, is not in it.
   *
   * @param distance query position minus key position, 0 or more; below 0 for keys behind the query
   *     in a bidirectional model
   */
  public FactoredMatrix qk(Head head, int distance) {
    check(head, distance);
    return small(
        "QK circuit of " + at(head, distance),
        leftOut.ofQk(head),
        matrices.query(head, distance),
        matrices.key(head).transpose());
  }

  // circuits over the vocabulary

  /**
   * Returns which tokens a head raises when it attends to a token, [token attended to, token
   * raised]: embedding, OV circuit, unembedding. Logits up to the scales of norms.
   *
   * @throws IllegalArgumentException if a dense layer stands before the model's unembedding
   */
  public FactoredMatrix vocabularyOv(Head head) {
    return vocabularyOv(head, tokens(check(head)));
  }

  /** Returns the rows of some tokens alone, [asked token, token raised]. */
  FactoredMatrix vocabularyOv(Head head, int[] asked) {
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray some = tokens(check(head)).get(scope.create(asked).toType(DataType.INT64, false));
      some.attach(scope);
      return vocabularyOv(head, some);
    }
  }

  private FactoredMatrix vocabularyOv(Head head, NDArray attended) {
    check(head);
    requirePlainHead();
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray left = attended.matMul(tensor(matrices.value(head), scope));
      NDArray right = tensor(matrices.output(head), scope).matMul(unembedding(scope).transpose());
      List<String> notes = new ArrayList<>(leftOut.ofOv());
      leftOut.ofFinalNorm().ifPresent(notes::add);
      return new FactoredMatrix(
          "OV circuit of %s over %s".formatted(head, vectors(head)), gauge(), notes, left, right);
    }
  }

  /**
   * Returns which tokens a token looks for, [token of the query, token of the key].
   *
   * @throws IllegalArgumentException as for {@link #qk(Head)}
   */
  public FactoredMatrix vocabularyQk(Head head) {
    qk(head); // refuses what has none
    return vocabularyQk(head, 0);
  }

  /**
   * Returns which tokens a token looks for so many tokens before it; see {@link #qk(Head, int)}.
   */
  public FactoredMatrix vocabularyQk(Head head, int distance) {
    check(head, distance);
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray left = tokens(head).matMul(tensor(matrices.query(head, distance), scope));
      NDArray right = tokens(head).matMul(tensor(matrices.key(head), scope)).transpose();
      String name = "QK circuit of %s over %s".formatted(at(head, distance), vectors(head));
      return new FactoredMatrix(name, gauge(), leftOut.ofQk(head), left, right);
    }
  }

  // what a head's mixed values do

  /**
   * Returns by how much a unit of each of a head's mixed values (site Z) raises each token's logit,
   * up to the final norm's scale, [d_head][token].
   *
   * @param ids of tokens
   * @throws IllegalArgumentException if a dense layer stands before the model's unembedding
   */
  public double[][] writtenLogits(Head head, long... ids) {
    check(head);
    requirePlainHead();
    for (long id : ids) {
      VocabularyMap.token(model, id);
    }
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray rows = model.weights().get("unembed.W_U").get(scope.create(ids));
      rows.attach(scope);
      return Matrices.rows(matrices.output(head).mult(Matrices.of(rows).transpose()));
    }
  }

  /**
   * Returns W_O W_O^T, [d_head][d_head]: of mixed values z, z G z^T is the squared length of what
   * the head writes.
   */
  public double[][] outputGram(Head head) {
    SimpleMatrix output = matrices.output(check(head));
    return Matrices.rows(output.mult(output.transpose()));
  }

  // for the scores of all heads

  HeadMatrices matrices() {
    return matrices;
  }

  /** Returns what stands for tokens where a head reads them; nothing was added before layer 0. */
  private TokenVectors vectors(Head head) {
    return head.layer() == 0 ? TokenVectors.EMBEDDING : vectors;
  }

  /** Returns the vectors of all tokens as a head reads them, [vocab, d_model]. */
  synchronized NDArray tokens(Head head) {
    if (vectors(head) == TokenVectors.EMBEDDING) {
      if (embeddings == null) {
        embeddings = TokenTable.of(model, TokenVectors.EMBEDDING, type);
      }
      return embeddings;
    }
    if (tokens == null) {
      tokens = TokenTable.of(model, vectors, type);
    }
    return tokens;
  }

  /**
   * Returns sum over tokens of unembedding times vector as a head reads it, [d_model, d_model], in
   * the format of products over the vocabulary.
   */
  SimpleMatrix unembeddingTimesTokens(Head head) {
    requirePlainHead();
    try (NDManager scope = Engines.newManager(model.device())) {
      return product(unembedding(scope), tokens(head));
    }
  }

  /**
   * Returns sum over tokens of vector times vector, each as a head reads it, [d_model, d_model], in
   * the format of products over the vocabulary.
   */
  SimpleMatrix tokensTimesTokens(Head one, Head other) {
    return product(tokens(one), tokens(other));
  }

  private static SimpleMatrix product(NDArray a, NDArray b) {
    try (NDArray turned = a.transpose();
        NDArray product = turned.matMul(b)) {
      return Matrices.of(product);
    }
  }

  /** Returns the unembedding's rows, [vocab, d_model], in a scope. */
  NDArray unembedding(NDManager scope) {
    NDArray unembedding = model.weights().get("unembed.W_U").toType(type, true);
    unembedding.attach(scope);
    return unembedding;
  }

  NDArray tensor(SimpleMatrix matrix, NDManager scope) {
    Shape shape = new Shape(matrix.getNumRows(), matrix.getNumCols());
    return Tensors.as(type, scope.create(matrix.getDDRM().getData(), shape));
  }

  private FactoredMatrix small(
      String name, List<String> notes, SimpleMatrix left, SimpleMatrix right) {
    NDManager manager = NativeMemory.reachable(model.device());
    return new FactoredMatrix(
        name,
        gauge(),
        notes,
        manager.create(left.getDDRM().getData(), new Shape(left.getNumRows(), left.getNumCols())),
        manager.create(
            right.getDDRM().getData(), new Shape(right.getNumRows(), right.getNumCols())));
  }

  void requirePlainHead() {
    if (config().head().transform().isPresent()) {
      throw new IllegalArgumentException(
          "What a head of %s writes is not read by its unembedding: a dense layer with %s stands before it, so there is no map from token to token. ov(head) is there, in the residual stream"
              .formatted(model.name(), config().head().transform().get()));
    }
  }

  Head check(Head head) {
    if (head.layer() >= config().layers() || head.index() >= config().heads()) {
      throw new IllegalArgumentException(
          "There is no head %s: %s has %d layers of %d heads"
              .formatted(head, model.name(), config().layers(), config().heads()));
    }
    return head;
  }

  private void check(Head head, int distance) {
    check(head);
    if (distance < 0 && config().causal()) {
      throw new IllegalArgumentException(
          "A causal model looks back: the distance is 0 or more; got " + distance);
    }
  }

  private String at(Head head, int distance) {
    return matrices.spec(head).positions() instanceof PositionSpec.Rotary
        ? "%s at distance %d".formatted(head, distance)
        : head.toString();
  }

  /** Shows what is read, and in which gauge. */
  @Override
  public MimeBundle display() {
    return Table.of("head weights", model.name())
        .row("layers x heads", config().layers() + " x " + config().heads())
        .row("key/value heads", config().kvHeads())
        .row("d_model, d_head", config().dModel() + ", " + config().dHead())
        .row("gauge", gauge())
        .row("tokens", vectors)
        .row("products over the vocabulary", type)
        .display();
  }

  @Override
  public String toString() {
    return "HeadWeights[%s, %s, %s, %s]".formatted(model.name(), gauge().label(), vectors, type);
  }
}
