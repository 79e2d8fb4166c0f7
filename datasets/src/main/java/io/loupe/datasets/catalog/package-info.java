/** All datasets that are shipped, by name. */
@NullMarked
package io.loupe.datasets.catalog;

import org.jspecify.annotations.NullMarked;
