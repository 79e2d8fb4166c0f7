/**
 * How a value shows itself in a notebook or a report: a bundle of representations by MIME type;
 * tables, Markdown and HTML; and a way to teach the workbench another library's types. And what a
 * step that takes long says to the person who waits for it.
 */
@NullMarked
package io.loupe.workbench.display;

import org.jspecify.annotations.NullMarked;
