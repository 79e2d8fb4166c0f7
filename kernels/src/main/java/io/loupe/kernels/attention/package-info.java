/**
 * Attention with its statistics on a GPU: what a launch is told, which kernel is taken, and the
 * back end "cuda". How the kernels work is in docs/kernels.md.
 */
@NullMarked
package io.loupe.kernels.attention;

import org.jspecify.annotations.NullMarked;
