package io.loupe.workbench.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.text.HuggingFaceTokenizers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Damaged tokenizers, which a native library reads: it must not end the JVM. */
@Timeout(3_600)
class TokenizerFuzzTest {
  private static final List<String> TOKENIZERS =
      List.of(
          """
          {'version': '1.0',
           'truncation': {'direction': 'Right', 'max_length': 2, 'strategy': 'LongestFirst', 'stride': 0},
           'padding': {'strategy': {'Fixed': 9}, 'direction': 'Right', 'pad_to_multiple_of': null,
                       'pad_id': 0, 'pad_type_id': 0, 'pad_token': 'a'},
           'added_tokens': [{'id': 3, 'content': '<|end|>', 'single_word': false, 'lstrip': false,
                             'rstrip': false, 'normalized': false, 'special': true}],
           'normalizer': {'type': 'Sequence', 'normalizers': [{'type': 'NFC'}, {'type': 'Lowercase'},
              {'type': 'Replace', 'pattern': {'Regex': '[x-z]+'}, 'content': 'b'}]},
           'pre_tokenizer': {'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true, 'use_regex': true},
           'post_processor': {'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true},
           'decoder': {'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true},
           'model': {'type': 'BPE', 'dropout': null, 'unk_token': 'a', 'continuing_subword_prefix': '',
                     'end_of_word_suffix': '', 'fuse_unk': false, 'byte_fallback': false,
                     'vocab': {'a': 0, 'Ġ': 1, 'Ġa': 2}, 'merges': ['Ġ a']}}
          """,
          """
          {'version': '1.0', 'truncation': null, 'padding': null,
           'added_tokens': [{'id': 0, 'content': '?', 'single_word': true, 'lstrip': true,
                             'rstrip': true, 'normalized': true, 'special': false}],
           'normalizer': {'type': 'BertNormalizer', 'clean_text': true, 'handle_chinese_chars': true,
                          'strip_accents': null, 'lowercase': true},
           'pre_tokenizer': {'type': 'Sequence', 'pretokenizers': [{'type': 'BertPreTokenizer'},
              {'type': 'Split', 'pattern': {'Regex': '\\\\d'}, 'behavior': 'Isolated', 'invert': false},
              {'type': 'Digits', 'individual_digits': true}, {'type': 'Punctuation', 'behavior': 'Contiguous'}]},
           'post_processor': {'type': 'TemplateProcessing',
              'single': [{'SpecialToken': {'id': '?', 'type_id': 0}}, {'Sequence': {'id': 'A', 'type_id': 0}}],
              'pair': [{'Sequence': {'id': 'A', 'type_id': 0}}, {'Sequence': {'id': 'B', 'type_id': 1}}],
              'special_tokens': {'?': {'id': '?', 'ids': [0], 'tokens': ['?']}}},
           'decoder': {'type': 'WordPiece', 'prefix': '##', 'cleanup': true},
           'model': {'type': 'WordPiece', 'unk_token': '?', 'continuing_subword_prefix': '##',
                     'max_input_chars_per_word': 100,
                     'vocab': {'?': 0, 'a': 1, '##b': 2, '.': 3, 'dog': 4}}}
          """,
          """
          {'version': '1.0', 'truncation': null, 'padding': null, 'added_tokens': [],
           'normalizer': {'type': 'Sequence', 'normalizers': [{'type': 'Prepend', 'prepend': '▁'},
              {'type': 'Precompiled', 'precompiled_charsmap': '%s'},
              {'type': 'Strip', 'strip_left': true, 'strip_right': false}, {'type': 'StripAccents'}]},
           'pre_tokenizer': {'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': 'always', 'split': true},
           'post_processor': {'type': 'RobertaProcessing', 'sep': ['b', 2], 'cls': ['<unk>', 0],
                              'trim_offsets': true, 'add_prefix_space': true},
           'decoder': {'type': 'Sequence', 'decoders': [{'type': 'Replace', 'pattern': {'String': '▁'}, 'content': ' '},
              {'type': 'ByteFallback'}, {'type': 'Fuse'}, {'type': 'Strip', 'content': ' ', 'start': 1, 'stop': 0}]},
           'model': {'type': 'Unigram', 'unk_id': 0, 'byte_fallback': false,
                     'vocab': [['<unk>', 0.0], ['▁a', -1.0], ['b', -1.5], ['▁', -2.0]]}}
          """,
          """
          {'version': '1.0', 'truncation': null, 'padding': null, 'added_tokens': [],
           'normalizer': null, 'pre_tokenizer': {'type': 'Whitespace'},
           'post_processor': {'type': 'BertProcessing', 'sep': ['b', 1], 'cls': ['a', 0]},
           'decoder': {'type': 'CTC', 'pad_token': 'a', 'word_delimiter_token': 'b', 'cleanup': true},
           'model': {'type': 'WordLevel', 'vocab': {'a': 0, 'b': 1, '?': 2}, 'unk_token': '?'}}
          """);

  private static void read(java.nio.file.Path folder) throws IOException {
    HuggingFaceTokenizers.load(folder);
  }

  /** A map from x to b, as SentencePiece stores it: a trie in 256 units, and the normal forms. */
  private static byte[] characterMap() {
    ByteBuffer map = ByteBuffer.allocate(4 + 4 * 256 + 2).order(ByteOrder.LITTLE_ENDIAN);
    map.putInt(0, 4 * 256);
    map.putInt(4 + 4 * 'x', 'x' | 1 << 8 | ('x' ^ 0xf0) << 10);
    map.putInt(4 + 4 * 0xf0, 1 << 31);
    map.put(4 + 4 * 256, (byte) 'b');
    return map.array();
  }

  private static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(UTF_8);
  }

  @Test
  void tokenizerJson() throws Exception {
    List<String> sound = TOKENIZERS;
    int files = Fuzz.share(10);
    int refused =
        new Fuzz("tokenizer", 300)
            .run(
                files,
                random -> {
                  byte[] map = characterMap();
                  if (random.nextInt(8) == 0) {
                    map = Damage.bytes(map, map.length, random);
                  }
                  String text = sound.get(random.nextInt(sound.size()));
                  byte[] bytes = json(text.replace("%s", Base64.getEncoder().encodeToString(map)));
                  return Map.of(
                      "tokenizer.json",
                      random.nextInt(8) == 0 ? bytes : JsonDamage.damaged(bytes, random));
                },
                TokenizerFuzzTest::read);
    assertThat(refused).as("damage that was noticed").isGreaterThan(files / 10);
  }

  @Test
  void vocabularyAndMerges() throws Exception {
    StringBuilder vocab = new StringBuilder("{");
    for (int b = 0, next = 256; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      char c = (char) (printable ? b : next++);
      vocab
          .append(c == '"' || c == '\\' ? "\"\\" : "\"")
          .append(c)
          .append("\": ")
          .append(b)
          .append(", ");
    }
    Map<String, byte[]> sound =
        Map.of(
            "vocab.json", vocab.append("\"ab\": 256, \"<|end|>\": 257}").toString().getBytes(UTF_8),
            "merges.txt", "#version: 0.2\na b\n".getBytes(UTF_8),
            "added_tokens.json", json("{'<|pad|>': 258}"),
            "tokenizer_config.json",
                json(
                    "{'tokenizer_class': 'GPT2Tokenizer', 'add_prefix_space': false, 'add_bos_token': true,"
                        + " 'bos_token': '<|end|>', 'eos_token': {'content': '<|end|>'},"
                        + " 'added_tokens_decoder': {'257': {'content': '<|end|>', 'special': true}}}"),
            "special_tokens_map.json",
                json("{'pad_token': '<|pad|>', 'additional_special_tokens': ['<|end|>']}"),
            "config.json", json("{'bos_token_id': 257, 'eos_token_id': [257]}"));
    List<String> names = sound.keySet().stream().sorted().toList();
    int files = Fuzz.share(8);
    int refused =
        new Fuzz("vocab", 300)
            .run(
                files,
                random -> {
                  Map<String, byte[]> damaged = new HashMap<>(sound);
                  String name = names.get(random.nextInt(names.size()));
                  byte[] bytes = sound.get(name);
                  damaged.put(
                      name,
                      name.endsWith(".json")
                          ? JsonDamage.damaged(bytes, random)
                          : Damage.bytes(bytes, bytes.length, random));
                  return damaged;
                },
                TokenizerFuzzTest::read);
    assertThat(refused).as("damage that was noticed").isGreaterThan(files / 10);
  }
}
