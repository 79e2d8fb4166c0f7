/** CUDA kernels and their launchers: the back end named "cuda". Nothing imports this module. */
@NullMarked
package io.loupe.kernels;

import org.jspecify.annotations.NullMarked;
