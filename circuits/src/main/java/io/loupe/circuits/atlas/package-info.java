/** Which head is of which kind: detectors of the literature's head types, and their maps. */
@NullMarked
package io.loupe.circuits.atlas;

import org.jspecify.annotations.NullMarked;
