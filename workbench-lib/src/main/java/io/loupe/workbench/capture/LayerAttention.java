package io.loupe.workbench.capture;

import ai.djl.ndarray.NDArray;

/**
 * What a back end gives back.
 *
 * @param z [batch, query, head, d_head], in the manager and the number format of the queries
 * @param statistics what the request asked for
 */
public record LayerAttention(NDArray z, LayerStatistics statistics) {}
