"""GPT-2's architecture, small, in plain PyTorch, and its weights in Hugging Face's layout."""
import math

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.c_attn, self.attn_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.c_fc, self.mlp_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def qkv(self, x):
        batch, length, width = x.shape
        parts = self.c_attn(self.ln_1(x)).split(width, dim=2)
        return [p.view(batch, length, self.heads, -1).transpose(1, 2) for p in parts]

    def forward(self, x):
        z = F.scaled_dot_product_attention(*self.qkv(x), is_causal=True)
        x = x + self.dropout(self.attn_proj(z.transpose(1, 2).flatten(2)))
        hidden = F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh")
        return x + self.dropout(self.mlp_proj(hidden))

    def pattern(self, x):
        q, k, _ = self.qkv(x)
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
        future = torch.ones_like(scores, dtype=torch.bool).triu(1)
        return scores.masked_fill(future, -math.inf).softmax(-1)


class Model(nn.Module):
    def __init__(self, vocabulary=5120, context=512, layers=6, width=288, heads=9, dropout=0.05):
        super().__init__()
        self.sizes = dict(vocabulary=vocabulary, context=context, layers=layers, width=width, heads=heads)
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList([Block(width, heads, dropout) for _ in range(layers)])
        self.ln_f = nn.LayerNorm(width)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                std = 0.02 / math.sqrt(2 * layers) if "_proj" in name else 0.02
                nn.init.normal_(parameter, std=std)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def embed(self, ids):
        return self.dropout(self.wte(ids) + self.wpe.weight[: ids.shape[1]])

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T

    def patterns(self, ids):
        """Attention patterns, [layer, batch, head, query, key]."""
        x, patterns = self.embed(ids), []
        for block in self.blocks:
            patterns.append(block.pattern(x))
            x = block(x)
        return torch.stack(patterns)


NAMES = {
    "c_attn": "attn.c_attn",
    "attn_proj": "attn.c_proj",
    "c_fc": "mlp.c_fc",
    "mlp_proj": "mlp.c_proj",
    "ln_1": "ln_1",
    "ln_2": "ln_2",
}


def to_hugging_face(model):
    """float16 tensors by the names of GPT2LMHeadModel, whose matrices are [in, out]."""
    tensors = {}
    for name, parameter in model.state_dict().items():
        value = parameter.detach().to("cpu", torch.float16)
        if name.startswith("blocks."):
            _, layer, part, kind = name.split(".")
            matrix = kind == "weight" and value.dim() == 2
            tensors[f"transformer.h.{layer}.{NAMES[part]}.{kind}"] = (value.T if matrix else value).contiguous()
        else:
            tensors["transformer." + name] = value.contiguous()
    return tensors


def config(model):
    sizes = model.sizes
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "vocab_size": sizes["vocabulary"],
        "n_positions": sizes["context"],
        "n_embd": sizes["width"],
        "n_layer": sizes["layers"],
        "n_head": sizes["heads"],
        "n_inner": None,
        "layer_norm_epsilon": 1e-05,
        "initializer_range": 0.02,
        "attn_pdrop": 0.0,
        "embd_pdrop": 0.05,
        "resid_pdrop": 0.05,
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
        "reorder_and_upcast_attn": False,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "dtype": "float16",
    }
