/** Model families as data: how a checkpoint's configuration and tensor names become ours. */
@NullMarked
package io.loupe.workbench.family;

import org.jspecify.annotations.NullMarked;
