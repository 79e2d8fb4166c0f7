"""Trains loupe-mlm, a small masked language model of BERT's architecture, on the texts of loupe-lm.

usage: python train.py PREPARED_FOLDER OUT_FOLDER [--steps 24000] [--budget SECONDS]

PREPARED_FOLDER is that of loupe-lm's recipe. Writes model.safetensors, config.json, tokenizer.json,
tokenizer_config.json, curve.json and evaluation.json.
"""
import argparse
import json
import lzma
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, processors
from torch import nn

EOT, MASK, PAD = 0, 5120, 5121
VOCABULARY = 5122
LENGTH = 256
MASKED = 38  # 15 % of 254
ENDS = {"pronoun": "?", "agreement": " there.", "agreement-2": " there."}


class Layer(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.dense, self.norm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm_2 = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (
            part(x).view(batch, length, self.heads, -1).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        z = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = self.norm(x + self.dropout(self.dense(z)))
        return self.norm_2(x + self.dropout(self.down(F.gelu(self.up(x)))))


class Model(nn.Module):
    def __init__(self, layers=4, width=128, heads=4, dropout=0.05):
        super().__init__()
        self.sizes = dict(layers=layers, width=width, heads=heads)
        self.words, self.positions = nn.Embedding(VOCABULARY, width), nn.Embedding(LENGTH, width)
        self.types = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList([Layer(width, heads, dropout) for _ in range(layers)])
        self.transform, self.transform_norm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(VOCABULARY))
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, ids, at):
        """Logits at the places at, [batch, k]: [batch, k, vocabulary]."""
        x = self.words(ids) + self.positions.weight[: ids.shape[1]] + self.types.weight[0]
        x = self.dropout(self.norm(x))
        for layer in self.layers:
            x = layer(x)
        x = x.gather(1, at[:, :, None].expand(-1, -1, x.shape[2]))
        return self.transform_norm(F.gelu(self.transform(x))) @ self.words.weight.T + self.bias


def to_hugging_face(model):
    names = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "dense": "attention.output.dense",
        "norm": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm_2": "output.LayerNorm",
    }
    top = {
        "words": "bert.embeddings.word_embeddings",
        "positions": "bert.embeddings.position_embeddings",
        "types": "bert.embeddings.token_type_embeddings",
        "norm": "bert.embeddings.LayerNorm",
        "transform": "cls.predictions.transform.dense",
        "transform_norm": "cls.predictions.transform.LayerNorm",
    }
    tensors = {}
    for name, value in model.state_dict().items():
        if name == "bias":
            name = "cls.predictions.bias"
        elif name.startswith("layers."):
            _, layer, part, kind = name.split(".")
            name = f"bert.encoder.layer.{layer}.{names[part]}.{kind}"
        else:
            part, kind = name.split(".")
            name = f"{top[part]}.{kind}"
        tensors[name] = value.detach().to("cpu", torch.float16).contiguous()
    return tensors


def config(model):
    return {
        "architectures": ["BertForMaskedLM"],
        "model_type": "bert",
        "vocab_size": VOCABULARY,
        "hidden_size": model.sizes["width"],
        "num_hidden_layers": model.sizes["layers"],
        "num_attention_heads": model.sizes["heads"],
        "intermediate_size": 4 * model.sizes["width"],
        "hidden_act": "gelu",
        "max_position_embeddings": LENGTH,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "initializer_range": 0.02,
        "attention_probs_dropout_prob": 0.0,
        "hidden_dropout_prob": 0.05,
        "position_embedding_type": "absolute",
        "tie_word_embeddings": True,
        "bos_token_id": EOT,
        "eos_token_id": EOT,
        "pad_token_id": PAD,
        "dtype": "float16",
    }


def write_tokenizer(prepared, out):
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    tokenizer.add_special_tokens(
        [AddedToken("[MASK]", lstrip=True, normalized=False), AddedToken("[PAD]", normalized=False)]
    )
    text = "<|endoftext|>"
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{text} $A {text}", pair=f"{text} $A {text} $B {text}", special_tokens=[(text, EOT)]
    )
    tokenizer.save(str(out / "tokenizer.json"))
    settings = dict(
        tokenizer_class="PreTrainedTokenizerFast",
        bos_token=text,
        eos_token=text,
        cls_token=text,
        sep_token=text,
        mask_token="[MASK]",
        pad_token="[PAD]",
        clean_up_tokenization_spaces=False,
        model_max_length=LENGTH,
    )
    (out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    return tokenizer


class Texts:
    """Windows of 256 tokens, three quarters of novels, one of task texts; token 0 at both ends."""

    def __init__(self, folder, batch, device, seed):
        self.device, self.batch = device, batch
        self.random = torch.Generator(device=device).manual_seed(seed)
        self.novels, self.tasks, self.held_out = (self.read(folder / f"{n}.u16.xz") for n in ("novels", "tasks", "heldout"))
        starts = (self.tasks == 0).nonzero().flatten()
        self.starts = starts[starts < len(self.tasks) - LENGTH]

    def read(self, path):
        ids = np.frombuffer(lzma.decompress(path.read_bytes()), "<u2")
        return torch.from_numpy(ids.astype(np.int16)).to(self.device)

    def windows(self, ids, starts):
        rows = ids[starts[:, None] + torch.arange(LENGTH, device=self.device)].long()
        rows[:, 0] = rows[:, -1] = EOT
        return rows

    def integers(self, high, *shape):
        return torch.randint(high, shape, generator=self.random, device=self.device)

    def mask(self, ids, replace=True):
        """Ids with 38 tokens a row masked (of ten: eight by [MASK], one by any token), where, and what."""
        chance = torch.rand(ids.shape, generator=self.random, device=self.device)
        at = chance.masked_fill(ids == EOT, -1).topk(MASKED, dim=1).indices
        right = ids.gather(1, at)
        kind = torch.rand(at.shape, generator=self.random, device=self.device)
        shown = torch.full_like(right, MASK)
        if replace:
            shown = torch.where(kind < 0.8, shown, torch.where(kind < 0.9, 1 + self.integers(5119, *at.shape), right))
        return ids.scatter(1, at, shown), at, right

    def next(self):
        tasks = self.batch // 4
        novels = self.windows(self.novels, self.integers(len(self.novels) - LENGTH, self.batch - tasks))
        short = self.windows(self.tasks, self.starts[self.integers(len(self.starts), tasks)])
        return self.mask(torch.cat([novels, short]))


@torch.no_grad()
def held_out(model, texts, rows):
    """Loss in nats and accuracy at masked tokens of novels that were never trained on."""
    model.eval()
    texts.random.manual_seed(7)
    starts = torch.arange(0, len(texts.held_out) - LENGTH, LENGTH, device=texts.device)
    starts = starts[:: max(1, len(starts) // rows)]
    loss = right = count = 0
    for some in starts.split(128):
        ids, at, answers = texts.mask(texts.windows(texts.held_out, some), replace=False)
        logits = model(ids, at).float()
        loss += F.cross_entropy(logits.flatten(0, 1), answers.flatten(), reduction="sum").item()
        right += (logits.argmax(-1) == answers).sum().item()
        count += answers.numel()
    model.train()
    return dict(nats=loss / count, accuracy=right / count, tokens=count)


@torch.no_grad()
def cloze(model, tokenizer, prepared, device):
    """Sentences of the tasks' test split with the answer masked."""
    model.eval()
    tasks = {}
    with open(prepared / "evaluation.jsonl", encoding="utf-8") as lines:
        for example in map(json.loads, lines):
            if example["task"] in ("ioi", "successor", "pronoun", "agreement", "agreement-2", "world-facts", "key-value-8"):
                tasks.setdefault(example["task"], []).append(example)
    results = {}
    for task, examples in tasks.items():
        first, ahead = [], []
        for example in examples:
            row = tokenizer.encode(example["prompt"] + " [MASK]" + ENDS.get(task, ".")).ids
            at = row.index(MASK)
            logits = model(torch.tensor([row], device=device), torch.tensor([[at]], device=device))[0, 0].float()
            ids = [
                [tokenizer.encode(answer, add_special_tokens=False).ids for answer in example[kind]]
                for kind in ("answers", "wrongs")
            ]
            right, wrong = ([i[0] for i in kind if len(i) == 1] for kind in ids)
            first.append(logits.argmax().item() in right)
            ahead.append((logits[right].max() > logits[wrong].max()).item())
        results[task] = dict(prompts=len(first), top1=float(np.mean(first)), ahead=float(np.mean(ahead)))
        print(task, results[task], flush=True)
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("prepared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=24000)
    parser.add_argument("--budget", type=float, default=1e9)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seed", type=int, default=20261125)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    cuda = args.device == "cuda"
    texts = Texts(args.prepared, args.batch, args.device, args.seed)
    tokenizer = write_tokenizer(args.prepared, args.out)
    model = Model().to(args.device)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    groups = [
        dict(params=[p for p in model.parameters() if p.dim() == 2], weight_decay=0.05),
        dict(params=[p for p in model.parameters() if p.dim() != 2], weight_decay=0.0),
    ]
    optimizer = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98), fused=cuda)

    def loss_of(ids, at, right):
        with torch.autocast(args.device, torch.bfloat16, enabled=cuda):
            logits = model(ids, at)
        return F.cross_entropy(logits.flatten(0, 1).float(), right.flatten())

    compiled = torch.compile(loss_of) if cuda else loss_of
    steps, points, began, step = args.steps, [], time.time(), 0
    while step < steps:
        warm = min(1.0, (step + 1) / 1000)
        rate = args.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = compiled(*texts.next())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        if step == 50:
            loss.item()
            measured = time.time()
        if step == 150:
            loss.item()
            pace = (time.time() - measured) / 100
            steps = min(steps, max(step + 1, int((args.budget - (time.time() - began)) / (1.06 * pace))))
            print(f"{pace * 1000:.1f} ms a step, {steps} steps", flush=True)
        if step % 1000 == 0 or step == steps:
            generator = texts.random.get_state()
            points.append(dict(step=step, train=loss.item(), **held_out(model, texts, 256)))
            texts.random.set_state(generator)
            print(f"{time.time() - began:.0f} s {points[-1]}", flush=True)
            if not math.isfinite(points[-1]["nats"]):
                raise SystemExit("the loss is not finite")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    save_file(to_hugging_face(model), str(args.out / "model.safetensors"), metadata={"format": "pt"})
    (args.out / "config.json").write_text(json.dumps(config(model), indent=2) + "\n")
    curve = dict(steps=steps, tokens=steps * args.batch * LENGTH, seconds=time.time() - began, points=points)
    (args.out / "curve.json").write_text(json.dumps(curve) + "\n")
    results = dict(novels=held_out(model, texts, 10**9), **cloze(model, tokenizer, args.prepared, args.device))
    print(results["novels"])
    (args.out / "evaluation.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
