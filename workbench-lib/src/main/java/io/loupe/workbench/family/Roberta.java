package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.ModelConfig;

/** RoBERTa (Liu et al. 2019), with its masked-language-model head. */
final class Roberta implements Family {
  @Override
  public String name() {
    return "roberta";
  }

  @Override
  public String summary() {
    return "BERT with positions that start behind the padding id";
  }

  @Override
  public String example() {
    return "FacebookAI/roberta-base";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int context = file.size("max_position_embeddings") - firstPosition(file);
    if (context < 1) {
      throw new ModelFormatException(
          file.file(),
          "'max_position_embeddings' leaves no position behind the padding id " + padding(file));
    }
    return Bert.config(file, name(), context, Activation.GELU);
  }

  /** Positions are counted from the row behind the padding id. */
  private static int firstPosition(ConfigFile file) throws ModelFormatException {
    return padding(file) + 1;
  }

  private static int padding(ConfigFile file) throws ModelFormatException {
    return (int) file.number("pad_token_id", 1);
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    long dModel = config.dModel();
    int first = firstPosition(file);
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("embeddings.word_embeddings.weight", config.vocab(), dModel);
    Source positions =
        Source.of("embeddings.position_embeddings.weight", config.context() + first, dModel)
            .part(0, first, config.context() + first);
    Bert.body(map, config, file, embedding, positions);
    map.linear("head.%s", "/lm_head.dense", dModel, dModel, true);
    map.layerNorm("ln_final", "/lm_head.layer_norm", dModel);
    map.unembedding(embedding, "/lm_head.decoder.weight", file.flag("tie_word_embeddings", true));
    map.put("unembed.b_U", Source.of("/lm_head.decoder.bias", config.vocab()).or("/lm_head.bias"));
    return map.under("roberta.", "");
  }
}
