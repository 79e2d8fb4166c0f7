/** From text to tokens and back. */
@NullMarked
package io.loupe.workbench.text;

import org.jspecify.annotations.NullMarked;
