/**
 * Figures: heat maps, attention patterns, lines, bars, scatter plots and grids of them, as SVG and
 * PNG with the same bytes for the same data. {@link io.loupe.workbench.plot.Plots} makes them.
 *
 * <p>XChart draws lines, bars, points and their axes; what it cannot draw well (cells with text,
 * missing values, colour bars, small multiples, token labels) is drawn here. Text is always set in
 * the bundled fonts and written as outlines, so a figure looks the same on every machine.
 */
@NullMarked
package io.loupe.workbench.plot;

import org.jspecify.annotations.NullMarked;
