/** Words and the subword tokens that a tokenizer cuts them into. */
@NullMarked
package io.loupe.datasets.align;

import org.jspecify.annotations.NullMarked;
