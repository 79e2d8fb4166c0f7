package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** What holds for the spans of every encoding. */
final class SpanChecks {
  private SpanChecks() {}

  /** Neither beginnings nor ends go back, and none reaches beyond the text. */
  static void assertMonotone(Encoding encoding) {
    int start = 0;
    int end = 0;
    for (CharSpan span : encoding.spans()) {
      assertThat(span.start()).as("%s", encoding).isGreaterThanOrEqualTo(start);
      assertThat(span.end()).as("%s", encoding).isGreaterThanOrEqualTo(end);
      start = span.start();
      end = span.end();
    }
    assertThat(end).isLessThanOrEqualTo(encoding.text().length());
  }

  /** Every character of the text belongs to a token. */
  static void assertCovering(Encoding encoding) {
    int covered = 0;
    for (CharSpan span : encoding.spans()) {
      assertThat(span.start()).as("%s", encoding).isLessThanOrEqualTo(covered);
      covered = Math.max(covered, span.end());
    }
    assertThat(covered).as("%s", encoding).isEqualTo(encoding.text().length());
  }

  /** Both of them, for many texts. */
  static void assertCovering(Tokenizer tokenizer, List<String> texts) {
    for (String text : texts) {
      Encoding encoding = tokenizer.encodeWithOffsets(text);
      assertMonotone(encoding);
      assertCovering(encoding);
    }
  }
}
