/** The project's own word lists: what tasks are filled with. */
@NullMarked
package io.loupe.datasets.words;

import org.jspecify.annotations.NullMarked;
