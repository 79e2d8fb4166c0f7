/**
 * What the formats of weight files share: a file of named tensors, the types of their elements, and
 * how a tensor's bytes become an array. A format's own package reads its header.
 */
@NullMarked
package io.loupe.workbench.tensorfile;

import org.jspecify.annotations.NullMarked;
