package io.loupe.probes.store;

import java.util.ArrayList;
import java.util.List;

/** Which documents share a forward pass, and which passes share a shard; by their lengths alone. */
final class StorePlan {
  private StorePlan() {}

  /**
   * One forward pass.
   *
   * @param document the first
   * @param documents how many
   * @param rows their tokens, without padding
   */
  record Pass(int document, int documents, int rows) {}

  /**
   * One file.
   *
   * @param index from 0
   * @param firstRow its first row in the whole store
   * @param rows how many it has
   */
  record Shard(int index, long firstRow, int rows, List<Pass> passes) {
    String file() {
      return "shard-%05d.safetensors".formatted(index);
    }
  }

  /**
   * Plans: a pass takes documents in their order while they fit, a shard takes passes until it is
   * large enough.
   *
   * @param passTokens most tokens in a pass, padding included, if it has several documents
   * @param shardRows a shard ends with the pass that reaches them
   */
  static List<Shard> of(int[] lengths, int passTokens, long shardRows) {
    List<Shard> shards = new ArrayList<>();
    List<Pass> passes = new ArrayList<>();
    long first = 0;
    int rows = 0;
    for (int document = 0; document < lengths.length; ) {
      Pass pass = pass(lengths, document, passTokens);
      passes.add(pass);
      rows += pass.rows();
      document += pass.documents();
      if (rows >= shardRows || document == lengths.length) {
        shards.add(new Shard(shards.size(), first, rows, List.copyOf(passes)));
        passes.clear();
        first += rows;
        rows = 0;
      }
    }
    return shards;
  }

  private static Pass pass(int[] lengths, int first, int passTokens) {
    int longest = lengths[first];
    int rows = longest;
    int next = first + 1;
    while (next < lengths.length) {
      int length = Math.max(longest, lengths[next]);
      if ((long) length * (next + 1 - first) > passTokens) {
        break;
      }
      longest = length;
      rows += lengths[next++];
    }
    return new Pass(first, next - first, rows);
  }
}
