"""What the model can do, on the prompts of evaluation.jsonl and on novels that it never saw.

usage: python evaluate.py PREPARED_FOLDER MODEL_FOLDER
"""
import json
import lzma
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

from model import NAMES, Model


def load(folder):
    settings = json.loads((Path(folder) / "config.json").read_text())
    model = Model(
        settings["vocab_size"], settings["n_positions"], settings["n_layer"], settings["n_embd"], settings["n_head"]
    )
    ours = {theirs: name for name, theirs in NAMES.items()}
    state = {}
    for name, value in load_file(str(Path(folder) / "model.safetensors")).items():
        name = name.removeprefix("transformer.")
        if name.startswith("h."):
            _, layer, part = name.split(".", 2)
            part, kind = part.rsplit(".", 1)
            value = value.T if kind == "weight" and value.dim() == 2 else value
            name = f"blocks.{layer}.{ours[part]}.{kind}"
        state[name] = value.float()
    model.load_state_dict(state)
    return model.eval()


def rounded(model):
    """The same model with its weights as float16 keeps them."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return model.eval()


@torch.no_grad()
def loss_of_text(model, ids, batch):
    """Nats a token and the number of tokens: windows of 511 tokens, each behind token 0."""
    rows = ids[: len(ids) // 511 * 511].view(-1, 511)
    rows = F.pad(rows, (1, 0))
    total = 0.0
    for part in rows.split(batch):
        logits = model(part[:, :-1])
        total += F.cross_entropy(logits.flatten(0, 1).float(), part[:, 1:].flatten(), reduction="sum").item()
    return total / (rows.numel() - len(rows)), rows.numel() - len(rows)


@torch.no_grad()
def last_logits(model, rows, device, batch=64):
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    logits = [None] * len(rows)
    for start in range(0, len(order), batch):
        some = order[start : start + batch]
        longest = max(len(rows[i]) for i in some)
        padded = torch.zeros(len(some), longest, dtype=torch.long)
        for j, i in enumerate(some):
            padded[j, : len(rows[i])] = torch.tensor(rows[i])
        ends = torch.tensor([len(rows[i]) - 1 for i in some])
        out = model(padded.to(device))[torch.arange(len(some)), ends.to(device)].float().cpu()
        for j, i in enumerate(some):
            logits[i] = out[j]
    return logits


def evaluate(model, prepared, device):
    prepared = Path(prepared)
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    tasks, results, skipped = {}, {}, 0
    with open(prepared / "evaluation.jsonl", encoding="utf-8") as lines:
        for example in map(json.loads, lines):
            tasks.setdefault(example["task"], []).append(example)
    for task, examples in tasks.items():
        rows, answers, wrongs = [], [], []
        for example in examples:
            prompt = tokenizer.encode(example["prompt"]).ids
            ids = {}
            for kind in ("answers", "wrongs"):
                both = [tokenizer.encode(example["prompt"] + answer).ids for answer in example[kind]]
                ids[kind] = [b[-1] for b in both if len(b) == len(prompt) + 1 and b[:-1] == prompt]
            if len(prompt) > 512 or not ids["answers"] or not ids["wrongs"]:
                skipped += 1
                continue
            rows.append(prompt)
            answers.append(ids["answers"])
            wrongs.append(ids["wrongs"])
        if not rows:
            continue
        logits = last_logits(model, rows, device)
        difference = [(l[a].max() - l[w].max()).item() for l, a, w in zip(logits, answers, wrongs)]
        top = [l.argmax().item() in a for l, a in zip(logits, answers)]
        results[task] = dict(
            prompts=len(rows),
            top1=float(np.mean(top)),
            ahead=float(np.mean(np.array(difference) > 0)),
            difference=float(np.mean(difference)),
            longest=max(map(len, rows)),
        )
        r = results[task]
        print(f"{task:32} {r['prompts']:5} top1 {r['top1']:.3f} ahead {r['ahead']:.3f} difference {r['difference']:.2f}")
    heldout = np.frombuffer(lzma.decompress((prepared / "heldout.u16.xz").read_bytes()), "<u2").astype(np.int64)
    loss, count = loss_of_text(model, torch.from_numpy(heldout).to(device), 64)
    results["novels"] = dict(nats=loss, tokens=count)
    print(f"held-out novels: {loss:.4f} nats a token over {count} tokens; {skipped} prompts skipped", flush=True)
    return results


if __name__ == "__main__":
    evaluate(load(sys.argv[2]), sys.argv[1], "cpu")
