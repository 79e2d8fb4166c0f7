/** From reading to using: whether the model uses what a probe reads. */
@NullMarked
package io.loupe.probes.causal;

import org.jspecify.annotations.NullMarked;
