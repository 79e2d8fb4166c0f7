package io.loupe.workbench.display;

import java.util.Optional;

/**
 * Teaches {@link Renderers} a type that is not a {@link Displayable} and not ours to change, such
 * as another library's chart. Implementations are found by {@link java.util.ServiceLoader}.
 */
@FunctionalInterface
public interface Renderer {
  /**
   * Returns the representations of a value, richest first; empty if the value is of no known type.
   */
  Optional<MimeBundle> render(Object value);
}
