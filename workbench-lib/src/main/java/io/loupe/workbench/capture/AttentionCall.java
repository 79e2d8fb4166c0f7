package io.loupe.workbench.capture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One layer's attention, for a back end to compute.
 *
 * @param layer which
 * @param q queries after the rotary embedding, [batch, query, head, d_head]: the last columns of
 *     the tokens
 * @param k keys, [batch, key, kv_head, d_head], one for each column of the tokens
 * @param v values, as the keys
 * @param rule how scores are made
 * @param tokens ids, padding and spans of all columns
 * @param request what to keep and to change
 */
public record AttentionCall(
    int layer,
    NDArray q,
    NDArray k,
    NDArray v,
    AttentionRule rule,
    Tokens tokens,
    AttentionRequest request) {
  public AttentionCall {
    Shape ofQ = q.getShape();
    Shape ofK = k.getShape();
    if (ofQ.dimension() != 4 || ofK.dimension() != 4 || !ofK.equals(v.getShape())) {
      throw new IllegalArgumentException(
          "Expected queries [batch, query, head, d_head], and keys and values [batch, key, kv_head, d_head]; got %s, %s and %s"
              .formatted(ofQ, ofK, v.getShape()));
    }
    boolean sameBatch = ofQ.get(0) == ofK.get(0) && ofQ.get(0) == tokens.batch();
    if (!sameBatch || ofK.get(1) != tokens.length() || ofQ.get(1) > ofK.get(1)) {
      throw new IllegalArgumentException(
          "Tokens of %d rows and %d columns need as many rows, a key for each column and a query for each or for the last of them; got queries %s and keys %s"
              .formatted(tokens.batch(), tokens.length(), ofQ, ofK));
    }
    if (ofQ.get(3) != ofK.get(3) || ofQ.get(2) % ofK.get(2) != 0) {
      throw new IllegalArgumentException(
          "Queries and keys need one d_head, and each key head the same number of query heads; got queries %s and keys %s"
              .formatted(ofQ, ofK));
    }
    if (ofQ.size() == 0) {
      throw new IllegalArgumentException("There is nothing to attend to: queries are " + ofQ);
    }
    if (!rule.slopes().isEmpty() && rule.slopes().size() != ofQ.get(2)) {
      throw new IllegalArgumentException(
          "ALiBi needs a slope for each of the %d heads; got %d"
              .formatted(ofQ.get(2), rule.slopes().size()));
    }
    request.checkTokens(tokens);
  }

  /** Returns how many prompts there are. */
  public int batch() {
    return tokens.batch();
  }

  /** Returns how many queries a row has: all columns, or the last of them. */
  public int queries() {
    return (int) q.getShape().get(1);
  }

  /** Returns how many keys a row has, one for each column. */
  public int keys() {
    return tokens.length();
  }

  /** Returns the column of the first query. */
  public int firstColumn() {
    return keys() - queries();
  }

  /** Returns how many heads the layer has. */
  public int heads() {
    return (int) q.getShape().get(2);
  }

  /** Returns how many heads share a key. */
  public int group() {
    return heads() / (int) k.getShape().get(2);
  }

  /** Returns the size of a head. */
  public int dHead() {
    return (int) q.getShape().get(3);
  }

  /**
   * Throws {@code IllegalArgumentException} if queries, keys or values are not finite, naming the
   * first that is not.
   */
  public void requireFinite() {
    FiniteCheck.of(this);
  }

  /** Returns the heads of this layer that are reported on. */
  public List<Integer> reported() {
    return IntStream.range(0, heads())
        .filter(head -> request.reports(new Head(layer, head)))
        .boxed()
        .toList();
  }
}
