/**
 * Reads the tensors of files that PyTorch's {@code torch.save} wrote: a zip archive with a pickle
 * that says which tensors there are, and their data beside it. The pickle is read as data by a
 * reader that knows tensors and containers; nothing in a file is ever run.
 */
@NullMarked
package io.loupe.workbench.torchfile;

import org.jspecify.annotations.NullMarked;
