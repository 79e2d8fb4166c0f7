/** Sentences with parts of speech and dependency trees, in the CoNLL-U format. */
@NullMarked
package io.loupe.datasets.treebank;

import org.jspecify.annotations.NullMarked;
