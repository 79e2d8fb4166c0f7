/**
 * How a probe is trained: one small interface, and trainers on plain arrays. Those of Tribuo are in
 * {@code io.loupe.probes.tribuo}.
 */
@NullMarked
package io.loupe.probes.trainer;

import org.jspecify.annotations.NullMarked;
