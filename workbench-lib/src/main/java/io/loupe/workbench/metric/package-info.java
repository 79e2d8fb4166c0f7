/** What is measured on the logits: one number for each example. */
@NullMarked
package io.loupe.workbench.metric;

import org.jspecify.annotations.NullMarked;
