/** What every reader and writer of files needs: hashes of their content. */
@NullMarked
package io.loupe.workbench.files;

import org.jspecify.annotations.NullMarked;
