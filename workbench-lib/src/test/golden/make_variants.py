"""Makes the tiny checkpoints of src/test/resources/variants: settings that the 19 golden folders do not have.

    python3 make_variants.py FOLDER        (torch 2.11, transformers 5.17; CPU, float32, eager attention)

Every parameter is drawn at random (norm weights around 1, biases around 0) and rounded to float16, in which the weights are
stored; the expected numbers are computed in float32 from the rounded weights and laid out as in ../resources/golden/README.md.
To keep them small there is one zero_head, one patch and one gradient, and no corrupt_logits. Where the rotary frequencies depend
on the length, masked_logits are computed row by row: transformers takes the length of the longest row for all rows of a batch.
"""
import json, os, sys, zlib
import torch
from safetensors.torch import save_file
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

VOCAB, LENGTH = 40, 11
COMMON = dict(vocab_size=VOCAB, bos_token_id=None, eos_token_id=None)


def rope(kind="default", theta=10000.0, **more):
    return dict(rope_type=kind, rope_theta=theta, **more)


def small(hidden=32, layers=2, heads=4, kv=2, mlp=40, context=40, **more):
    return dict(hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv,
                intermediate_size=mlp, max_position_embeddings=context, **more)


VARIANTS = {
    "gpt2-inverse-layer": ("gpt2", dict(n_embd=30, n_layer=3, n_head=5, n_positions=20, n_inner=44, activation_function="relu",
                                        scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False)),
    "gpt2-unscaled": ("gpt2", dict(n_embd=24, n_layer=2, n_head=2, n_positions=20, scale_attn_weights=False, activation_function="gelu")),
    "gpt_neox-sequential": ("gpt_neox", dict(hidden_size=40, num_hidden_layers=2, num_attention_heads=5, intermediate_size=52,
                                             max_position_embeddings=30, use_parallel_residual=False, hidden_act="gelu_new",
                                             rope_parameters=rope(partial_rotary_factor=0.5), tie_word_embeddings=True)),
    "gpt_neox-linear-rope": ("gpt_neox", dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=52,
                                              max_position_embeddings=30, attention_bias=False, hidden_act="gelu_fast",
                                              rope_parameters=rope("linear", 5000.0, factor=3.0, partial_rotary_factor=1.0))),
    "gpt_neo-local": ("gpt_neo", dict(hidden_size=36, num_layers=3, num_heads=3, intermediate_size=50, window_size=3,
                                      attention_types=[[["local", "global", "local"], 1]], max_position_embeddings=25)),
    "gptj-wide-rotary": ("gptj", dict(n_embd=36, n_layer=2, n_head=3, n_positions=25, n_inner=50, rotary_dim=12, activation_function="gelu")),
    "gptj-tied": ("gptj", dict(n_embd=32, n_layer=2, n_head=2, n_positions=25, rotary_dim=4, tie_word_embeddings=True)),
    "opt-post-norm": ("opt", dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=44, max_position_embeddings=25,
                                  do_layer_norm_before=False, word_embed_proj_dim=20)),
    "opt-no-bias": ("opt", dict(hidden_size=30, num_hidden_layers=2, num_attention_heads=3, ffn_dim=44, max_position_embeddings=25,
                                enable_bias=False, layer_norm_elementwise_affine=False, activation_function="gelu", tie_word_embeddings=False,
                                word_embed_proj_dim=30)),
    "opt-no-final-norm": ("opt", dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, ffn_dim=44, max_position_embeddings=25,
                                      _remove_final_layer_norm=True, word_embed_proj_dim=24)),
    "bloom-six-heads": ("bloom", dict(hidden_size=36, n_layer=2, n_head=6)),
    "bloom-residual-after-norm": ("bloom", dict(hidden_size=30, n_layer=2, n_head=3, apply_residual_connection_post_layernorm=True,
                                                tie_word_embeddings=False)),
    "llama-linear": ("llama", small(rope_parameters=rope("linear", factor=4.0))),
    "llama-dynamic": ("llama", small(context=9, rope_parameters=rope("dynamic", factor=2.0))),
    "llama-llama3": ("llama", small(context=64, heads=2, kv=1, rope_parameters=rope(
        "llama3", 500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16))),
    "llama-yarn": ("llama", small(context=64, rope_parameters=rope("yarn", 300.0, factor=4.0, original_max_position_embeddings=16))),
    "llama-yarn-mscale": ("llama", small(context=64, rope_parameters=rope(
        "yarn", 300.0, factor=4.0, original_max_position_embeddings=16, beta_fast=16.0, beta_slow=2.0, mscale=0.707, mscale_all_dim=0.5, truncate=False))),
    "llama-yarn-factor": ("llama", small(context=64, rope_parameters=rope(
        "yarn", 1000.0, factor=2.0, original_max_position_embeddings=32, attention_factor=0.8))),
    "llama-biases": ("llama", small(hidden=30, heads=3, kv=3, head_dim=14, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
                                    hidden_act="gelu")),
    "llama-longrope": ("llama", small(context=64, rope_parameters=rope(
        "longrope", factor=4.0, original_max_position_embeddings=16, short_factor=[1.0, 1.1, 1.2, 1.3], long_factor=[1.0, 2.0, 3.0, 4.0]))),
    "mistral-no-window": ("mistral", small(heads=4, kv=1, sliding_window=None, tie_word_embeddings=True)),
    "mistral-window-3": ("mistral", small(heads=6, kv=3, head_dim=10, sliding_window=3, rope_parameters=rope(theta=1e6))),
    "qwen2-windows": ("qwen2", small(layers=3, use_sliding_window=True, sliding_window=4, max_window_layers=1, tie_word_embeddings=False)),
    "qwen2-yarn": ("qwen2", small(layers=2, heads=4, kv=4, rope_parameters=rope("yarn", factor=4.0, original_max_position_embeddings=10), tie_word_embeddings=True)),
    "qwen3-bias-windows": ("qwen3", small(layers=3, heads=3, kv=1, head_dim=12, attention_bias=True, use_sliding_window=True, sliding_window=5,
                                          layer_types=["sliding_attention", "full_attention", "sliding_attention"], tie_word_embeddings=True)),
    "gemma-grouped": ("gemma", small(heads=6, kv=2, head_dim=10, rope_parameters=rope(theta=5000.0))),
    "gemma2-no-caps": ("gemma2", small(hidden=30, layers=3, heads=3, kv=3, head_dim=14, sliding_window=4, query_pre_attn_scalar=9,
                                       attn_logit_softcapping=None, final_logit_softcapping=None)),
    "gemma2-caps": ("gemma2", small(layers=2, heads=4, kv=1, head_dim=8, sliding_window=3, query_pre_attn_scalar=50,
                                    attn_logit_softcapping=2.0, final_logit_softcapping=1.5)),
    "gemma3_text-scaled": ("gemma3_text", small(layers=4, heads=4, kv=2, head_dim=10, sliding_window=3, query_pre_attn_scalar=20,
                                                layer_types=["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
                                                final_logit_softcapping=4.0, attn_logit_softcapping=3.0,
                                                rope_parameters=dict(full_attention=rope("linear", 1e6, factor=8.0),
                                                                     sliding_attention=rope(theta=1000.0)))),
    "gemma3_text-encoder": ("gemma3_text", small(layers=3, heads=4, kv=2, head_dim=10, sliding_window=5, query_pre_attn_scalar=10,
                                                 sliding_window_pattern=2, use_bidirectional_attention=True)),
    "phi-qk-norm": ("phi", small(heads=4, kv=2, qk_layernorm=True, hidden_act="gelu", partial_rotary_factor=0.25,
                                 rope_parameters=rope(partial_rotary_factor=0.25))),
    "phi-tied": ("phi", small(hidden=36, heads=3, kv=3, tie_word_embeddings=True, rope_parameters=rope(theta=100.0, partial_rotary_factor=1.0))),
    "phi3-window": ("phi3", small(heads=4, kv=2, sliding_window=4, pad_token_id=0, rope_parameters=rope(partial_rotary_factor=0.75))),
    "phi3-longrope": ("phi3", small(heads=4, kv=4, context=64, pad_token_id=0, original_max_position_embeddings=8, rope_parameters=rope(
        "longrope", short_factor=[1.0, 1.1, 1.2, 1.3], long_factor=[1.0, 2.0, 3.0, 4.0], original_max_position_embeddings=8))),
    "phi3-longrope-short": ("phi3", small(heads=4, kv=4, context=64, pad_token_id=0, tie_word_embeddings=True, original_max_position_embeddings=32,
                                          rope_parameters=rope("longrope", short_factor=[1.0, 1.1, 1.2, 1.3], long_factor=[1.0, 2.0, 3.0, 4.0],
                                                               original_max_position_embeddings=32))),
    "olmo2-grouped": ("olmo2", small(layers=3, heads=6, hidden=36, kv=2, attention_bias=True, tie_word_embeddings=True)),
    "bert-relu": ("bert", dict(hidden_size=30, num_hidden_layers=2, num_attention_heads=5, intermediate_size=44, max_position_embeddings=20,
                               type_vocab_size=3, hidden_act="relu", layer_norm_eps=1e-6)),
    "bert-untied": ("bert", dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=3, intermediate_size=30, max_position_embeddings=20,
                                 tie_word_embeddings=False)),
    "roberta-pad-0": ("roberta", dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=30, max_position_embeddings=22,
                                      type_vocab_size=1, hidden_act="gelu_new", pad_token_id=0)),
    "distilbert-sinusoidal": ("distilbert", dict(dim=24, n_layers=2, n_heads=3, hidden_dim=30, max_position_embeddings=20,
                                                 sinusoidal_pos_embds=True, activation="relu")),
}
MASKED = {"bert", "roberta", "distilbert"}
HEAD_OUT = ["attn.c_proj", "attention.dense", "attn.attention.out_proj", "attn.out_proj", "self_attn.out_proj", "self_attention.dense",
            "self_attn.o_proj", "self_attn.dense", "attention.output.dense", "attention.out_lin"]


def build(kind, settings):
    config = AutoConfig.for_model(kind, **{**COMMON, **settings})
    config._attn_implementation = "eager"
    auto = AutoModelForMaskedLM if kind in MASKED else AutoModelForCausalLM
    return auto.from_config(config, attn_implementation="eager").eval()


def randomise(model, generator):
    with torch.no_grad():
        for name, p in model.named_parameters():
            values = torch.randn(p.shape, generator=generator)
            norm = p.dim() == 1 and "norm" in name.lower() or "ln_" in name or "LayerNorm" in name
            if norm and name.endswith("weight"):
                values = values * 0.2 + (0.0 if "emma" in type(model).__name__ else 1.0)
            elif p.dim() == 1:
                values = values * 0.1
            elif "sinusoidal" in name:
                continue
            else:
                values = values * (0.4 if "embed" in name or "wte" in name or "wpe" in name else 0.7 / p.shape[-1] ** 0.5)
            p.copy_(values.half().float())


def blocks(model):
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) and name.split(".")[-1] in ("h", "layers", "layer"):
            return list(module)
    raise SystemExit("no blocks in " + type(model).__name__)


def out_projection(block):
    for path in HEAD_OUT:
        try:
            return block.get_submodule(path)
        except AttributeError:
            pass
    raise SystemExit("no output projection in " + type(block).__name__)


def first(output):
    return output[0] if isinstance(output, tuple) else output


def replaced(output, value):
    return (value,) + output[1:] if isinstance(output, tuple) else value


def expected(model, kind, config, generator):
    low = 3  # ids 0-2 are padding in some families
    ids = torch.randint(low, VOCAB, (3, LENGTH), generator=generator)
    corrupt = torch.randint(low, VOCAB, (3, LENGTH), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, -4:] = 0
    if kind not in MASKED:
        mask[2, :3] = 0
    layers = blocks(model)
    run = lambda x, **more: model(input_ids=x, use_cache=False, **more) if kind not in MASKED else model(input_ids=x, **more)
    out = {"input_ids": ids, "corrupt_ids": corrupt, "attention_mask": mask}
    with torch.no_grad():
        full = run(ids, output_hidden_states=True, output_attentions=True)
        out["logits"] = full.logits
        for l, h in enumerate(full.hidden_states):
            if h.shape[-1] == config.hidden_size:  # OPT projects the last one to the width of its embeddings
                out[f"hidden_states.{l}"] = h
        for l, a in enumerate(full.attentions):
            out[f"attentions.{l}"] = a
        more = {}
        if kind not in MASKED | {"bloom", "opt"}:
            more["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)
        if "dynamic" in str(config.to_dict()) or "longrope" in str(config.to_dict()):
            rows = []
            for row in range(3):
                logits = torch.zeros(1, LENGTH, VOCAB)
                logits[:, mask[row] == 1] = run(ids[row:row + 1, mask[row] == 1]).logits
                rows.append(logits)
            out["masked_logits"] = torch.cat(rows)
        else:
            out["masked_logits"] = run(ids, attention_mask=mask, **more).logits
        heads = config.num_attention_heads
        for l, block in enumerate(layers[-1:], len(layers) - 1):
            h = (l + 1) % heads
            projection = out_projection(block)

            def zero(module, args, h=h):
                z = args[0].clone()
                width = z.shape[-1] // heads
                z[..., h * width:(h + 1) * width] = 0
                return (z,) + args[1:]
            handle = projection.register_forward_pre_hook(zero)
            out[f"zero_head.{l}.{h}.logits"] = run(ids).logits
            handle.remove()
        for l, block in enumerate(layers[:1]):
            kept = {}
            handle = block.register_forward_hook(lambda m, a, o: kept.update(x=first(o).clone()))
            run(corrupt)
            handle.remove()

            def patch(module, args, output):
                x = first(output).clone()
                x[:, 5] = kept["x"][:, 5]
                return replaced(output, x)
            handle = block.register_forward_hook(patch)
            out[f"patch_resid_post.{l}.pos5.logits"] = run(ids).logits
            handle.remove()
    kept, handles = [], []
    for block in layers[:1]:
        def keep(module, args, output):
            first(output).retain_grad()
            kept.append(first(output))
        handles.append(block.register_forward_hook(keep))
    logits = run(ids).logits[:, -1]
    (logits[:, 7] - logits[:, 9]).sum().backward()
    for l, x in enumerate(kept):
        out[f"grad_logit7_minus_9.resid_post.{l}"] = x.grad
    for handle in handles:
        handle.remove()
    if kind not in MASKED and not getattr(config, "use_bidirectional_attention", False):
        x = ids[:1, :6]
        with torch.no_grad():
            for _ in range(8):
                x = torch.cat([x, run(x).logits[:, -1:].argmax(-1)], 1)
        out["generate_greedy"] = x
    return {k: v.detach().contiguous().clone() for k, v in out.items()}


def main(target):
    for name, (kind, settings) in VARIANTS.items():
        torch.manual_seed(0)
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        try:
            model = build(kind, settings)
            randomise(model, generator)
            numbers = expected(model, kind, model.config, generator)
        except Exception as e:
            print(f"{name}: {type(e).__name__}: {e}")
            continue
        folder = os.path.join(target, name)
        os.makedirs(folder, exist_ok=True)
        state, seen = {}, {}
        for key, value in model.state_dict().items():
            if value.data_ptr() in seen:
                continue  # a tied tensor is stored once, as save_pretrained does
            seen[value.data_ptr()] = key
            state[key] = value.detach().clone().half() if value.is_floating_point() else value.clone()
        save_file(state, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
        save_file(numbers, os.path.join(folder, "expected.safetensors"))
        config = json.loads(model.config.to_json_string(use_diff=False))
        for key in [k for k, v in config.items() if v is None or k.startswith("_name") or k in ("return_dict", "problem_type", "chunk_size_feed_forward",
                    "id2label", "label2id", "output_hidden_states", "output_attentions")]:
            if key not in ("sliding_window", "n_inner", "intermediate_size", "attn_logit_softcapping", "final_logit_softcapping"):
                del config[key]
        with open(os.path.join(folder, "config.json"), "w") as f:
            json.dump(config, f, indent=1)
        print(f"{name}: max |logit| {numbers['logits'].abs().max():.2f}, {sum(v.numel() for v in state.values())} numbers, tensors {list(state)[:3]}")
    with open(os.path.join(target, "VERSIONS.json"), "w") as f:
        json.dump({"torch": torch.__version__, "transformers": transformers.__version__}, f)


if __name__ == "__main__":
    main(sys.argv[1])
