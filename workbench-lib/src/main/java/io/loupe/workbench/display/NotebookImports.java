package io.loupe.workbench.display;

import java.util.List;

/**
 * What a module makes available in every notebook without an import in the cell. Providers are
 * found by {@link java.util.ServiceLoader}.
 */
@FunctionalInterface
public interface NotebookImports {
  /**
   * Returns what stands between {@code import} and the semicolon, for example {@code
   * "io.loupe.workbench.model.*"} or {@code "static io.loupe.workbench.site.Sites.*"}.
   */
  List<String> imports();
}
