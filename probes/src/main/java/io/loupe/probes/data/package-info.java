/**
 * What probes are trained on: examples with labels, groups and places in texts; the activations at
 * these places as plain features; and how examples are shared out.
 */
@NullMarked
package io.loupe.probes.data;

import org.jspecify.annotations.NullMarked;
