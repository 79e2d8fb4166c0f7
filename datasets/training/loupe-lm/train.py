"""Step 4 of the recipe: trains the model, and evaluates it on prompts that it never saw.

usage: python train.py PREPARED_FOLDER OUT_FOLDER [--steps 13159] [--budget SECONDS] ...

PREPARED_FOLDER holds what prepare.py wrote and the evaluation.jsonl of Corpus.java. Writes
model.safetensors, config.json, curve.json and evaluation.json. One GPU; --device cpu with small
--layers, --width, --batch and --steps tries it out.
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

from evaluate import evaluate, loss_of_text, rounded
from model import Model, config, to_hugging_face


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("prepared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=13159)
    parser.add_argument("--budget", type=float, default=1e9, help="seconds; fewer steps if they would not do")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--width", type=int, default=288)
    parser.add_argument("--heads", type=int, default=9)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--decay", type=float, default=0.1)
    return parser.parse_args()


class Mixture:
    """Windows of 512 tokens and the one behind: 64 % novels, 23 % short and 6 % long task texts, 6 % repeats."""

    LENGTH = 513

    def __init__(self, folder, batch, device, seed):
        self.device = device
        self.random = torch.Generator(device=device).manual_seed(seed)
        self.novels, self.tasks, self.long = (self.read(folder / f"{n}.u16.xz") for n in ("novels", "tasks", "long"))
        tasks, long, repeats = round(batch * 0.234), round(batch * 0.0625), round(batch * 0.0625)
        self.rows = dict(novels=batch - tasks - long - repeats, tasks=tasks, long=long, repeats=repeats)
        self.starts = {n: self.beginnings(getattr(self, n)) for n in ("tasks", "long")}

    def read(self, path):
        ids = np.frombuffer(lzma.decompress(path.read_bytes()), "<u2")
        return torch.from_numpy(ids.astype(np.int16)).to(self.device)  # ids are below 2^15

    def beginnings(self, ids):
        starts = (ids == 0).nonzero().flatten()
        return starts[starts < len(ids) - self.LENGTH]

    def integers(self, high, *shape):
        return torch.randint(high, shape, generator=self.random, device=self.device)

    def windows(self, ids, starts):
        return ids[starts[:, None] + torch.arange(self.LENGTH, device=self.device)].long()

    def repeats(self, rows):
        """Random tokens, and the same again to the end; a period of 8 to 256."""
        tokens = 1 + self.integers(5119, rows, self.LENGTH - 1)
        period = 8 + self.integers(249, rows, 1)
        at = torch.arange(self.LENGTH - 1, device=self.device) % period
        return F.pad(tokens.gather(1, at), (1, 0))

    def next(self):
        parts = []
        novels = self.windows(self.novels, self.integers(len(self.novels) - self.LENGTH, self.rows["novels"]))
        novels[:, 0] = 0
        parts.append(novels)
        for name in ("tasks", "long"):
            starts = self.starts[name]
            parts.append(self.windows(getattr(self, name), starts[self.integers(len(starts), self.rows[name])]))
        parts.append(self.repeats(self.rows["repeats"]))
        return torch.cat(parts)


def optimizer_of(model, decay):
    matrices = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() != 2]
    groups = [dict(params=matrices, weight_decay=decay), dict(params=others, weight_decay=0.0)]
    fused = matrices[0].is_cuda
    return torch.optim.AdamW(groups, lr=2e-3, betas=(0.9, 0.95), fused=fused)


def rate(step, steps, warmup=250):
    if step < warmup:
        return 2e-3 * (step + 1) / warmup
    return 2e-3 * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))))


@torch.no_grad()
def look(model, data, heldout, step):
    """A point of the curve: losses in nats, and the best heads on random tokens repeated once."""
    model.eval()
    generator = torch.Generator(device="cpu").manual_seed(1)
    half = torch.randint(1, 5120, (16, 64), generator=generator).to(data.device)
    ids = F.pad(torch.cat([half, half], 1), (1, 0))
    losses = F.cross_entropy(model(ids)[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")
    losses = losses.view(16, 128)
    patterns = model.patterns(ids).float()
    induction = patterns[..., 65:, :].diagonal(offset=2, dim1=-2, dim2=-1)[..., :63].mean((1, 3))
    previous = patterns.diagonal(offset=-1, dim1=-2, dim2=-1).mean((1, 3))
    point = dict(
        step=step,
        novels=loss_of_text(model, heldout[:131072], 32)[0],
        repeats_first=losses[:, :64].mean().item(),
        repeats_second=losses[:, 65:].mean().item(),
    )
    for name, scores in (("induction", induction), ("previous", previous)):
        best = scores.argmax().item()
        heads = scores.shape[1]
        point[name] = [f"L{best // heads}H{best % heads}", scores.max().item()]
    model.train()
    return point


def write(model, out, curve):
    save_file(to_hugging_face(model), str(out / "model.safetensors"), metadata={"format": "pt"})
    (out / "config.json").write_text(json.dumps(config(model), indent=2) + "\n")
    (out / "curve.json").write_text(json.dumps(curve) + "\n")


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    cuda = args.device == "cuda"
    data = Mixture(args.prepared, args.batch, args.device, args.seed)
    heldout = data.read(args.prepared / "heldout.u16.xz").long()
    model = Model(layers=args.layers, width=args.width, heads=args.heads).to(args.device)
    print(f"{sum(p.numel() for p in model.parameters())} parameters, rows {data.rows}", flush=True)
    optimizer = optimizer_of(model, args.decay)

    def loss_of(ids):
        with torch.autocast(args.device, torch.bfloat16, enabled=cuda):
            logits = model(ids[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")

    compiled = torch.compile(loss_of) if cuda else loss_of
    bounds = np.cumsum([0, *data.rows.values()]) * 512
    curve, steps, began = dict(arguments={k: str(v) for k, v in vars(args).items()}, points=[]), args.steps, time.time()
    step = 0
    while step < steps:
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps)
        losses = compiled(data.next())
        losses.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        if step == 50:
            if cuda:
                torch.cuda.synchronize()
            measured = time.time()
        if step == 150:  # before the rate falls: fewer steps where time would not do
            losses.mean().item()
            pace = (time.time() - measured) / 100
            steps = min(steps, max(step + 1, int((args.budget - (time.time() - began)) / (1.06 * pace))))
            curve.update(seconds_per_step=pace, steps=steps)
            print(f"{pace * 1000:.1f} ms a step, {steps} steps", flush=True)
        if step % (50 if step <= 3000 else 500) == 0 or step == steps:
            point = look(model, data, heldout, step)
            for name, start, end in zip(data.rows, bounds, bounds[1:]):
                point["train_" + name] = losses[start:end].mean().item()
            curve["points"].append(point)
            if not math.isfinite(point["novels"]):
                raise SystemExit(f"step {step}: the loss is {point['novels']}")
            if step % 250 == 0 or step == steps:
                values = " ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in point.items())
                print(f"{time.time() - began:.0f} s {values}", flush=True)
        if step % 3000 == 0:
            write(model, args.out, curve)
    curve.update(steps=steps, tokens=steps * args.batch * 512, seconds=time.time() - began)
    write(model, args.out, curve)
    results = evaluate(rounded(model), args.prepared, args.device)
    (args.out / "evaluation.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
