/** Runs a notebook headless and writes it, with what it showed, as one HTML file. */
@NullMarked
package io.loupe.notebooks.report;

import org.jspecify.annotations.NullMarked;
