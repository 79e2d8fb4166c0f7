package io.loupe.notebooks.markdown;

import org.commonmark.node.Block;
import org.commonmark.node.CustomBlock;
import org.commonmark.parser.SourceLine;
import org.commonmark.parser.block.AbstractBlockParser;
import org.commonmark.parser.block.BlockContinue;
import org.commonmark.parser.block.BlockParserFactory;
import org.commonmark.parser.block.BlockStart;
import org.commonmark.parser.block.MatchedBlockParser;
import org.commonmark.parser.block.ParserState;

/** A formula on lines of its own, between {@code $$} and {@code $$}. */
final class MathBlock extends CustomBlock {
  private static final String FENCE = "$$";
  private static final int CODE_INDENT = 4;
  private String tex = "";

  String tex() {
    return tex;
  }

  /** Starts at a line that begins with two dollars, unless text follows the closing ones. */
  static final class Factory implements BlockParserFactory {
    @Override
    public BlockStart tryStart(ParserState state, MatchedBlockParser matched) {
      String line = state.getLine().getContent().toString().strip();
      int close = line.indexOf(FENCE, FENCE.length());
      boolean textBehind = close >= 0 && close + FENCE.length() < line.length();
      if (state.getIndent() >= CODE_INDENT || !line.startsWith(FENCE) || textBehind) {
        return BlockStart.none();
      }
      return BlockStart.of(new Reader()).atIndex(state.getNextNonSpaceIndex());
    }
  }

  private static final class Reader extends AbstractBlockParser {
    private final MathBlock block = new MathBlock();
    private final StringBuilder tex = new StringBuilder();
    private boolean open;
    private boolean closed;

    @Override
    public Block getBlock() {
      return block;
    }

    @Override
    public BlockContinue tryContinue(ParserState state) {
      return closed ? BlockContinue.none() : BlockContinue.atIndex(state.getIndex());
    }

    @Override
    public void addLine(SourceLine sourceLine) {
      String line = sourceLine.getContent().toString().strip();
      if (!open) {
        line = line.substring(FENCE.length());
        open = true;
      }
      if (line.endsWith(FENCE)) {
        line = line.substring(0, line.length() - FENCE.length());
        closed = true;
      }
      tex.append(line).append('\n');
    }

    @Override
    public void closeBlock() {
      block.tex = tex.toString().strip();
    }
  }
}
