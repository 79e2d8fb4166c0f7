/** Datasets of facts, entities and small functions, and true and false statements made of them. */
@NullMarked
package io.loupe.datasets.facts;

import org.jspecify.annotations.NullMarked;
