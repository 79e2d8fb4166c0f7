/**
 * A thin layer over the CUDA driver: devices, memory, modules and launches, with every code that is
 * not success turned into a {@link io.loupe.kernels.KernelException}.
 */
@NullMarked
package io.loupe.kernels.driver;

import org.jspecify.annotations.NullMarked;
