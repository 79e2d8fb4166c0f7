package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import java.util.Collections;

/** OLMo 2 (Walsh et al. 2025). */
final class Olmo2 implements Family {
  @Override
  public String name() {
    return "olmo2";
  }

  @Override
  public String summary() {
    return "norms behind attention and MLP, none before; queries and keys normed over all heads";
  }

  @Override
  public String example() {
    return "allenai/OLMo-2-0425-1B";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dHead = LlamaLike.dHead(file);
    AttentionSpec attention =
        AttentionSpec.causal(RotaryConfig.of(dHead).read(file), dHead)
            .with(AttentionSpec.QueryKeyNorm.ALL_HEADS);
    return new ModelConfig(
        name(),
        LlamaLike.sizes(file, file.size("num_attention_heads"), dHead),
        LlamaLike.rmsNorm(file, 1e-5),
        EmbeddingSpec.TOKENS,
        Collections.nCopies(file.layers("num_hidden_layers"), attention),
        new BlockSpec(BlockSpec.Norms.BEHIND, false),
        new MlpSpec(Activation.named(file.text("hidden_act", "silu")), true),
        HeadSpec.NORMED);
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    boolean bias = file.flag("attention_bias", false);
    return LlamaLike.weights(config, file, new LlamaLike.Tensors(bias, bias, false, 0, false));
  }
}
