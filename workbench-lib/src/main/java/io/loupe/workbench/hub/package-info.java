/**
 * Models of the Hugging Face hub: they are downloaded once, checked, and kept in the cache that
 * Python's {@code huggingface_hub} uses, in its layout, so that either finds what the other
 * fetched.
 */
@NullMarked
package io.loupe.workbench.hub;

import org.jspecify.annotations.NullMarked;
