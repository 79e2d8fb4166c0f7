/** Probes on other data than they were trained on: other tasks, layers, models, languages. */
@NullMarked
package io.loupe.probes.transfer;

import org.jspecify.annotations.NullMarked;
