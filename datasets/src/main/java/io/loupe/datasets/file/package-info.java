/** Folders and archives of data files, and their lines, rows and JSON values with line numbers. */
@NullMarked
package io.loupe.datasets.file;

import org.jspecify.annotations.NullMarked;
