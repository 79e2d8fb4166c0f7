package io.loupe.workbench.text;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tokenizer classes of Hugging Face whose vocabulary files can be read without a {@code
 * tokenizer.json}: their names, the types of models that have them, and the special tokens that
 * they have when no file says otherwise.
 */
enum TokenizerClass {
  GPT2(
      Set.of("GPT2Tokenizer", "CodeGenTokenizer"),
      Set.of("gpt2", "gpt_neo", "gptj", "codegen", "phi"),
      Map.of("bos", Names.END, "eos", Names.END, "unk", Names.END)),
  /** GPT-2's class with another token that begins a text: only the model's type tells it. */
  OPT(Set.of(), Set.of("opt"), Map.of("bos", "</s>", "eos", "</s>", "unk", "</s>", "pad", "<pad>")),
  ROBERTA(
      Set.of("RobertaTokenizer"),
      Set.of("roberta"),
      Map.of(
          "bos", "<s>", "eos", "</s>", "unk", "<unk>", "sep", "</s>", "cls", "<s>", "pad", "<pad>",
          "mask", "<mask>")),
  QWEN2(
      Set.of("Qwen2Tokenizer"),
      Set.of("qwen2", "qwen2_moe", "qwen3", "qwen3_moe"),
      Map.of("eos", Names.END, "unk", Names.END, "pad", Names.END)),
  BERT(
      Set.of("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"),
      Set.of("bert", "distilbert", "electra"),
      Map.of("unk", "[UNK]", "sep", "[SEP]", "cls", "[CLS]", "pad", "[PAD]", "mask", "[MASK]"));

  /** Roles of special tokens, as {@code tokenizer_config.json} names them. */
  static final List<String> ROLES = List.of("bos", "eos", "unk", "sep", "pad", "cls", "mask");

  /** Names that any tokenizer may be saved under, so that they tell nothing. */
  private static final Set<String> GENERIC = Set.of("", "PreTrainedTokenizer", "TokenizersBackend");

  private final Set<String> names;
  private final Set<String> modelTypes;
  private final Map<String, String> defaults;

  TokenizerClass(Set<String> names, Set<String> modelTypes, Map<String, String> defaults) {
    this.names = names;
    this.modelTypes = modelTypes;
    this.defaults = defaults;
  }

  /** Returns the text of the special token of that role; empty if the class has none. */
  String defaultToken(String role) {
    return defaults.getOrDefault(role, "");
  }

  /**
   * Finds the class by its name in {@code tokenizer_config.json} or {@code config.json}, and where
   * none is named, or the name is not enough, by the model's type. Empty if it is none of these, or
   * if no file says anything; see {@link #isNamed}.
   */
  static Optional<TokenizerClass> of(ObjectNode tokenizerConfig, ObjectNode config) {
    String name = name(tokenizerConfig, config);
    String type = config.path("model_type").asString("");
    Optional<TokenizerClass> byType =
        Arrays.stream(values()).filter(kind -> kind.modelTypes.contains(type)).findFirst();
    if (GENERIC.contains(name)) {
      return byType;
    }
    Optional<TokenizerClass> byName =
        Arrays.stream(values()).filter(kind -> kind.names.contains(name)).findFirst();
    if (type.isEmpty() || byName.filter(TokenizerClass::nameIsShared).isEmpty()) {
      return byName;
    }
    return byType.filter(kind -> kind == byName.get() || byName.get() == GPT2 && kind == OPT);
  }

  /**
   * Tells whether the class's name also stands over tokenizers that split in another way: GPT-2's
   * over OLMo 2 and models that split digits, Qwen2's over Qwen 3.5.
   */
  private boolean nameIsShared() {
    return this == GPT2 || this == QWEN2;
  }

  /** Tells whether the files name a class or a type of model at all. */
  static boolean isNamed(ObjectNode tokenizerConfig, ObjectNode config) {
    return !GENERIC.contains(name(tokenizerConfig, config))
        || !config.path("model_type").asString("").isEmpty();
  }

  /** Says in words what the files name, for messages: {@code a Qwen2Tokenizer of model type x}. */
  static String describe(ObjectNode tokenizerConfig, ObjectNode config) {
    String name = name(tokenizerConfig, config);
    String type = config.path("model_type").asString("");
    return "a "
        + (GENERIC.contains(name) ? "tokenizer" : name)
        + (type.isEmpty() ? "" : " of model type " + type);
  }

  private static String name(ObjectNode tokenizerConfig, ObjectNode config) {
    String name = tokenizerConfig.path("tokenizer_class").asString("");
    if (name.isEmpty()) {
      name = config.path("tokenizer_class").asString("");
    }
    return name.endsWith("Fast") ? name.substring(0, name.length() - "Fast".length()) : name;
  }

  /** Constants that the enum's own constants use. */
  private static final class Names {
    static final String END = "<|endoftext|>";

    private Names() {}
  }
}
