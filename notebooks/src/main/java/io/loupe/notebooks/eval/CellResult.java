package io.loupe.notebooks.eval;

import io.loupe.workbench.display.MimeBundle;
import java.util.Optional;

/**
 * What a cell came to.
 *
 * @param value the rendered value of the cell's last expression; empty for a declaration, an
 *     assignment, a statement, a call of a void method, an expression with a semicolon behind it,
 *     and where the cell failed
 * @param error why the cell failed, if it did
 */
public record CellResult(Optional<MimeBundle> value, Optional<CellError> error) {
  static final CellResult NOTHING = new CellResult(Optional.empty(), Optional.empty());

  static CellResult of(MimeBundle value) {
    return new CellResult(Optional.of(value), Optional.empty());
  }

  static CellResult failed(CellError error) {
    return new CellResult(Optional.empty(), Optional.of(error));
  }
}
