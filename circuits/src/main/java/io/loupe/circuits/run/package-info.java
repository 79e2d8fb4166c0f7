/** Running a circuit: its edges as they are, all others replaced. */
@NullMarked
package io.loupe.circuits.run;

import org.jspecify.annotations.NullMarked;
