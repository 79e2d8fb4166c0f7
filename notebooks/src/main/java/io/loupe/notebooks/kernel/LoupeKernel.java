package io.loupe.notebooks.kernel;

import io.loupe.notebooks.eval.Completion;
import java.util.List;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.LanguageInfo;
import org.dflib.jjava.jupyter.kernel.ReplacementOptions;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.messages.MessageType;
import org.jspecify.annotations.Nullable;

/**
 * The kernel "Java (Loupe)": the base kernel's protocol with our evaluator. Cells are answered by
 * {@link CellRequests} in the base kernel's place, which cannot name an error or a line.
 */
final class LoupeKernel extends BaseKernel {
  private final Cells cells = new Cells();
  private final FrontEndInput input;

  LoupeKernel(FrontEndInput input) {
    this.input = input;
  }

  void attachTo(KernelConnection connection) {
    becomeHandlerForConnection(connection);
    connection.setHandler(MessageType.EXECUTE_REQUEST, new CellRequests(cells, connection, input));
  }

  /** Is not called: {@link CellRequests} answers requests to run a cell. */
  @Override
  public DisplayData eval(String source) {
    throw new IllegalStateException("Expected CellRequests to run cells; call attachTo first");
  }

  @Override
  public LanguageInfo getLanguageInfo() {
    return new LanguageInfo.Builder("java")
        .version(Runtime.version().toString())
        .mimetype("text/x-java-source")
        .fileExtension(".java")
        .pygments("java")
        .codemirror("text/x-java")
        .build();
  }

  @Override
  public String getBanner() {
    return "Loupe " + KERNEL_META.get("version") + ", Java " + Runtime.version();
  }

  @Override
  public List<LanguageInfo.Help> getHelpLinks() {
    return List.of();
  }

  @Override
  public @Nullable ReplacementOptions complete(String code, int at) {
    Completion completion = cells.evaluator().complete(code, utf16(code, at));
    return completion.candidates().isEmpty()
        ? null
        : new ReplacementOptions(
            completion.candidates(),
            code.codePointCount(0, completion.start()),
            code.codePointCount(0, completion.end()));
  }

  @Override
  public @Nullable DisplayData inspect(String code, int at, boolean extraDetail) {
    return cells
        .evaluator()
        .documentation(code, utf16(code, at))
        .map(DisplayData::new)
        .orElse(null);
  }

  /** Turns the protocol's offset, in code points, into Java's. */
  private static int utf16(String code, int at) {
    return code.offsetByCodePoints(0, Math.min(at, code.codePointCount(0, code.length())));
  }

  @Override
  public String isComplete(String code) {
    return switch (cells.evaluator().completeness(code)) {
      case COMPLETE -> IS_COMPLETE_YES;
      case INVALID -> IS_COMPLETE_BAD;
      case INCOMPLETE -> "  "; // the indent of the next line
    };
  }

  @Override
  public void interrupt() {
    cells.interrupt();
  }

  @Override
  public void onShutdown(boolean isRestarting) {
    cells.interrupt();
  }
}
