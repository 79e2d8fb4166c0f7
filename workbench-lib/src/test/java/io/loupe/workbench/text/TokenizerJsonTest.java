package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tokenizer.json may ask for that would make us read another text than the one given. */
class TokenizerJsonTest {
  @TempDir Path folder;

  private Tokenizer load(String json) throws Exception {
    Files.writeString(folder.resolve("tokenizer.json"), json.replace('\'', '"'));
    return HuggingFaceTokenizers.load(folder);
  }

  @Test
  void truncationPaddingAndTrimmedOffsetsAreOverruled() throws Exception {
    Tokenizer tokenizer =
        load(
            """
            {'version': '1.0',
             'truncation': {'direction': 'Right', 'max_length': 2, 'strategy': 'LongestFirst', 'stride': 0},
             'padding': {'strategy': {'Fixed': 9}, 'direction': 'Right', 'pad_to_multiple_of': null,
                         'pad_id': 0, 'pad_type_id': 0, 'pad_token': 'a'},
             'added_tokens': [], 'normalizer': null,
             'pre_tokenizer': {'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true},
             'post_processor': {'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true},
             'decoder': {'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true},
             'model': {'type': 'BPE', 'vocab': {'a': 0, 'Ġ': 1, 'Ġa': 2}, 'merges': ['Ġ a']}}
            """);
    Encoding encoding = tokenizer.encodeWithOffsets("a a a");

    assertThat(encoding.ids()).containsExactly(0, 2, 2);
    assertThat(encoding.spans())
        .containsExactly(new CharSpan(0, 1), new CharSpan(1, 3), new CharSpan(3, 5));
  }

  @Test
  void decodingDoesNotTidyUpSpaces() throws Exception {
    Tokenizer tokenizer =
        load(
            """
            {'version': '1.0', 'truncation': null, 'padding': null, 'added_tokens': [],
             'normalizer': null, 'pre_tokenizer': {'type': 'Whitespace'}, 'post_processor': null,
             'decoder': {'type': 'WordPiece', 'prefix': '##', 'cleanup': true},
             'model': {'type': 'WordPiece', 'unk_token': '?', 'continuing_subword_prefix': '##',
                       'max_input_chars_per_word': 100,
                       'vocab': {'?': 0, 'a': 1, '##b': 2, '.': 3, 'dog': 4}}}
            """);

    assertThat(tokenizer.decode(tokenizer.encode("ab ."))).isEqualTo("ab .");
    assertThat(tokenizer.tokens(new long[] {1, 2, 4})).containsExactly(" a", "b", " dog");
    assertThat(tokenizer.idOf("b")).hasValue(2);
  }

  @Test
  void vocabularyWithScores() throws Exception {
    Tokenizer tokenizer =
        load(
            """
            {'version': '1.0', 'truncation': null, 'padding': null, 'added_tokens': [],
             'normalizer': null, 'pre_tokenizer': {'type': 'Metaspace', 'replacement': '▁',
             'prepend_scheme': 'always', 'split': true}, 'post_processor': null,
             'decoder': {'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': 'always', 'split': true},
             'model': {'type': 'Unigram', 'unk_id': 0, 'byte_fallback': false,
                       'vocab': [['<unk>', 0.0], ['▁a', -1.0], ['b', -1.5], ['▁', -2.0]]}}
            """);

    assertThat(tokenizer.encode("ab a")).containsExactly(1, 2, 1);
    assertThat(tokenizer.decode(new long[] {1, 2, 1})).isEqualTo("ab a");
    assertThat(tokenizer.tokens(new long[] {1, 2})).containsExactly(" a", "b");
    assertThat(tokenizer.vocabSize()).isEqualTo(4);
  }
}
