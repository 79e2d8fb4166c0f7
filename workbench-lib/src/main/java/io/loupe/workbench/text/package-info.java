/** Text to tokens and back, with the place of every token in the text. */
@NullMarked
package io.loupe.workbench.text;

import org.jspecify.annotations.NullMarked;
