/** Markdown as Jupyter understands it, as HTML: CommonMark, tables, formulas between dollars. */
@NullMarked
package io.loupe.notebooks.markdown;

import org.jspecify.annotations.NullMarked;
