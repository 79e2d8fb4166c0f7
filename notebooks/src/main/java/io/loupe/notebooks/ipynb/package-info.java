/** Notebook files: Jupyter's nbformat 4 as records, its reader and its writer. */
@NullMarked
package io.loupe.notebooks.ipynb;

import org.jspecify.annotations.NullMarked;
