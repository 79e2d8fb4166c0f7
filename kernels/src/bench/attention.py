"""Checks and times the CUDA kernels of ../main/cuda beside PyTorch, on a machine with an NVIDIA GPU.

    python3 attention.py check   every statistic and edit against the whole pattern in float64, over awkward shapes
    python3 attention.py bench   time and memory beside fused attention (the floor) and eager statistics (the peer)
    python3 attention.py touch   one launch of every kernel on small shapes, for compute-sanitizer

Needs nothing but PyTorch and libcuda; the kernels come from $KERNELS, the folder that ../../build-kernels.sh fills.
NO_HOPPER=1 takes the kernels for other GPUs on a Hopper too.
"""
import ctypes as C
import math
import os
import sys

import torch

INT_MAX = 2**31 - 1
SLOTS = dict(lse=0, entropy=1, squares=2, largest=3, key=4, distance=5, within=6, duplicate=7, sets=8, targets=12)
POINTERS = "q k v z rows positions tokens sets slopes edits factors queryRules keyRules targets out out2".split()
INTS = "batch heads group queries keys d causal window within setCount targetCount top".split()


class HeadEdit(C.Structure):
    _fields_ = [("gate", C.c_float), ("factors", C.c_int), ("rules", C.c_int), ("windows", C.c_int),
                ("sinks", C.c_int * 4), ("spans", C.c_int * 4), ("weights", C.c_float * 32)]


class Params(C.Structure):
    _fields_ = ([(n, C.c_void_p) for n in POINTERS] + [(n, C.c_int) for n in INTS]
                + [("scale", C.c_float), ("cap", C.c_float)])


assert C.sizeof(HeadEdit) == 176 and C.sizeof(Params) == 184
cuda = C.CDLL("libcuda.so.1")


def ok(code):
    if code:
        text = C.c_char_p()
        cuda.cuGetErrorString(code, C.byref(text))
        raise RuntimeError(f"CUDA {code}: {text.value}")


class Kernels:
    def __init__(self, folder):
        torch.zeros(1, device="cuda")  # the primary context
        self.functions = {}
        self.modules = []
        self.hopper = torch.cuda.get_device_capability() == (9, 0) and not os.environ.get("NO_HOPPER")
        for name in ("attend", "revisit", "rows") + (("attend_hopper",) if self.hopper else ()):
            module = C.c_void_p()
            ok(cuda.cuModuleLoad(C.byref(module), os.path.join(folder, name + ".cubin").encode()))
            self.modules.append(module)

    def get(self, name):
        if name not in self.functions:
            f = C.c_void_p()
            for module in self.modules:
                if cuda.cuModuleGetFunction(C.byref(f), module, name.encode()) == 0:
                    break
            else:
                raise RuntimeError("no kernel " + name)
            ok(cuda.cuFuncSetAttribute(f, 8, self.memory(name)))
            self.functions[name] = f
        return self.functions[name]

    @staticmethod
    def shape(name):
        what, kind, d = name.split("_")
        d, tensor = int(d), kind != "f32"
        warps = (4 if d > 128 else 8) if tensor else (2 if d > 128 else 4)
        cols = (32 if d > 128 else 64) if tensor else (16 if d > 128 else 32)
        return what, d, 2 if tensor else 4, warps, cols, 2 if tensor else 1

    def memory(self, name):
        if name.count("_") < 2:
            return 0
        what, d, size, warps, cols, stages = self.shape(name)
        rows = 16 * warps
        if what == "attend":
            return (rows + 2 * stages * cols) * d * size + (rows * cols * 4 if size == 4 else 0) + stages * self.facts(cols)
        if what in ("hopper", "plain", "sums"):
            return (128 + 4 * 128) * d * 2 + 2 * self.facts(128)
        base = (rows + stages * cols) * d * size
        return base + dict(receive=0, materialise=rows * (cols + 16 // size) * size, rank=rows * cols * 5)[what]

    @staticmethod
    def facts(cols):
        """The size of KeyFacts, a multiple of 16."""
        return (cols * 24 + (cols + 31) // 32 * 4 + 15) // 16 * 16

    def launch(self, name, grid, block, params):
        f = self.get(name)
        args = (C.c_void_p * 1)(C.cast(C.byref(params), C.c_void_p))
        ok(cuda.cuLaunchKernel(f, *grid, block, 1, 1, self.memory(name), C.c_void_p(torch.cuda.current_stream().cuda_stream),
                               args, None))

    def tiled(self, what, p, dtype, over):
        d = next(w for w in (32, 64, 128, 256) if w >= p.d)
        if what == "attend" and self.hopper and dtype != torch.float32 and d <= 128:
            further = p.tokens or p.sets or p.within != INT_MAX
            simple = p.causal and not (p.positions or p.edits or p.slopes or p.cap)
            what, d = ("sums" if further else "plain") if simple else "hopper", max(d, 64)
        name = f"{what}_{NAMES[dtype]}_{d}"
        _, _, _, warps, _, _ = self.shape(name)
        rows = 16 * warps
        self.launch(name, ((over + rows - 1) // rows, p.heads, p.batch), 32 * warps, p)


NAMES = {torch.bfloat16: "bf16", torch.float16: "f16", torch.float32: "f32"}


class Case:
    """Random queries, keys and values; `keep` holds what the kernels' pointers point to."""

    def __init__(self, batch, heads, kv, queries, keys, d, dtype, scale=None, causal=True, window=None, cap=0.0, alibi=False,
                 padding=None, edits=False, within=None, sets=0, duplicates=False, targets=(), seed=0):
        g = torch.Generator(device="cuda").manual_seed(seed)
        self.dtype, self.keep = dtype, []
        r = lambda *s: torch.randn(*s, generator=g, device="cuda")
        self.q, self.k, self.v = ((r(batch, n, h, d) * w).to(dtype)
                                  for n, h, w in ((queries, heads, 1.5), (keys, kv, 1.5), (keys, kv, 1)))
        p = self.p = Params(batch=batch, heads=heads, group=heads // kv, queries=queries, keys=keys, d=d, causal=causal,
                            window=window or INT_MAX, within=within or INT_MAX, scale=scale or d**-0.5, cap=cap)
        p.q, p.k, p.v = (x.data_ptr() for x in (self.q, self.k, self.v))
        self.real = torch.ones(batch, keys, dtype=torch.bool, device="cuda")
        if padding:
            for b in range(batch):
                n = padding[b % len(padding)]
                if n > 0:
                    self.real[b, keys - n:] = False
                elif n < 0:
                    self.real[b, :-n] = False
        self.pos = torch.cumsum(self.real, 1) - 1
        self.pos[~self.real] = -1
        if padding:
            p.positions = self.hold(self.pos.int())
        self.tok = torch.randint(0, max(2, keys // 3), (batch, keys), generator=g, device="cuda").int()
        self.tok[~self.real] = -1
        if duplicates:
            p.tokens = self.hold(self.tok)
        self.bits = torch.randint(0, 2**sets, (batch, keys), generator=g, device="cuda").int() if sets else None
        if sets:
            p.sets, p.setCount = self.hold(self.bits), sets
        self.slopes = (torch.rand(heads, generator=g, device="cuda") * 0.3) if alibi else None
        if alibi:
            p.slopes = self.hold(self.slopes)
        self.targets = torch.randint(-1, keys, (max(1, len(targets)), batch, queries), generator=g, device="cuda").int()
        for i, t in enumerate(targets):  # an offset, or None for random keys
            if t is not None:
                at = torch.arange(keys - queries, keys, device="cuda") - t
                self.targets[i] = torch.where(at < 0, -1, at).int()
        p.targets, p.targetCount = self.hold(self.targets), len(targets)
        self.edits = None
        if edits:
            e = self.edits = (HeadEdit * (batch * heads))()
            self.factors = torch.rand(2, keys, generator=g, device="cuda") + 0.3
            self.qr = torch.randint(0, 8, (2, keys), generator=g, device="cuda").int()
            self.kr = torch.randint(0, 8, (2, keys), generator=g, device="cuda").int()
            for i in range(batch * heads):
                e[i].gate = 1 - 0.3 * (i % 3)
                e[i].factors = i % 3 - 1
                e[i].rules = (i + 1) % 3 - 1
                e[i].windows = i % 2
                e[i].sinks[0], e[i].spans[0] = 2, 9
                e[i].weights[0], e[i].weights[1], e[i].weights[2] = math.log(3), -0.7, -math.inf
            raw = torch.frombuffer(bytearray(bytes(e)), dtype=torch.uint8).cuda()
            p.edits, p.factors = self.hold(raw), self.hold(self.factors)
            p.queryRules, p.keyRules = self.hold(self.qr), self.hold(self.kr)
        self.z = torch.full_like(self.q, float("nan"))
        p.z = self.z.data_ptr()
        self.rows = torch.full((SLOTS["targets"] + len(targets), batch, heads, queries), float("nan"), device="cuda")
        p.rows = self.rows.data_ptr()

    def hold(self, x):
        x = x.contiguous()
        self.keep.append(x)
        return x.data_ptr()

    def attend(self, kernels):
        kernels.tiled("attend", self.p, self.dtype, self.p.queries)
        if self.p.targetCount:
            kernels.launch("pick_" + NAMES[self.dtype],
                           ((self.p.queries + 15) // 16, self.p.heads, self.p.batch * self.p.targetCount), 256, self.p)

    def second(self, kernels, what, out, out2=None, top=0):
        p = Params.from_buffer_copy(self.p)
        p.out, p.out2, p.top = out.data_ptr(), out2.data_ptr() if out2 is not None else None, top
        kernels.tiled(what, p, self.dtype, p.keys if what == "receive" else p.queries)

    def scores(self, dtype=torch.float64):
        """[batch, head, query, key], hidden ones -inf: by the definitions. In a narrow dtype: as a plain implementation has them."""
        p = self.p
        q, k = (x.to(dtype).transpose(1, 2) for x in (self.q, self.k))
        k = k.repeat_interleave(p.group, 1)
        s = (q @ k.transpose(-1, -2)) * p.scale
        if p.cap:
            s = p.cap * torch.tanh(s / p.cap)
        shift = p.keys - p.queries
        qi = torch.arange(shift, p.keys, device="cuda")
        kj = torch.arange(p.keys, device="cuda")
        pi, pj = self.pos[:, shift:, None], self.pos[:, None, :]
        if self.slopes is not None:
            s = s + (self.slopes.to(dtype)[None, :, None, None] * (pj - pi)[:, None])
        apart = (pi - pj).abs()
        seen = (pi >= 0) & (pj >= 0) & (apart < p.window)
        if p.causal:
            seen &= pj <= pi
        seen = torch.where((pi >= 0) & (pj >= 0), seen, (qi[:, None] == kj)[None])[:, None].expand(s.shape).clone()
        if self.edits:
            for b in range(p.batch):
                for h in range(p.heads):
                    e = self.edits[b * p.heads + h]
                    if e.factors >= 0:
                        s[b, h] *= self.factors[e.factors, shift:, None].to(dtype)
                    if e.rules >= 0:
                        both = self.qr[e.rules, shift:, None] & self.kr[e.rules][None]
                        for r in range(3):
                            hit = (both >> r & 1).bool()
                            if math.isinf(e.weights[r]):
                                seen[b, h] &= ~hit
                            else:
                                s[b, h] += e.weights[r] * hit
                    for w in range(e.windows):
                        seen[b, h] &= (pi[b] < 0) | (pj[b] < e.sinks[w]) | (apart[b] < e.spans[w])
        return s.masked_fill(~seen, -math.inf)

    def reference(self, dtype=torch.float64):
        """Statistics from the whole pattern; with a narrow dtype, what a plain implementation gets."""
        p, shift = self.p, self.p.keys - self.p.queries
        s = self.scores(dtype)
        empty = torch.isinf(s).all(-1)
        lse = torch.logsumexp(s, -1)
        pattern = torch.softmax(s, -1).masked_fill(empty[..., None], 0)
        v = self.v.to(dtype).transpose(1, 2).repeat_interleave(p.group, 1)
        gate = torch.tensor([e.gate for e in self.edits] if self.edits else [1.0] * (p.batch * p.heads), device="cuda")
        z = (pattern @ v) * gate.view(p.batch, p.heads, 1, 1).to(dtype)
        w = pattern.double()
        pos = self.pos.clone()
        pos[~self.real] = torch.arange(p.keys, device="cuda").expand_as(pos)[~self.real]
        apart = (pos[:, shift:, None] - pos[:, None, :]).abs()[:, None]
        out = dict(lse=lse.double(), entropy=-(w * torch.log(w.clamp_min(1e-300))).sum(-1), squares=(w * w).sum(-1),
                   largest=w.max(-1).values, distance=(w * apart).sum(-1).masked_fill(empty, math.nan),
                   within=(w * apart.clamp(max=p.within)).sum(-1).masked_fill(empty, math.nan))
        same = (self.tok[:, shift:, None] == self.tok[:, None, :])
        before = torch.arange(shift, p.keys, device="cuda")[:, None] > torch.arange(p.keys, device="cuda")
        if p.tokens:
            out["duplicate"] = (w * (same & before)[:, None]).sum(-1)
        for i in range(p.setCount):
            out[f"set{i}"] = (w * (self.bits >> i & 1)[:, None, None]).sum(-1)
        for i in range(p.targetCount):
            t = self.targets[i].long()
            got = w.gather(-1, t.clamp_min(0)[:, None, :, None].expand(-1, p.heads, -1, 1))[..., 0]
            out[f"target{i}"] = got.masked_fill((t < 0)[:, None], math.nan)
        real = self.real[:, shift:]
        out["received"] = (w * real[:, None, :, None]).sum(2)
        return z.transpose(1, 2), out, pattern

    def results(self):
        at = {n: SLOTS[n] for n in ("lse", "entropy", "squares", "largest", "distance", "within", "duplicate")}
        at |= {f"set{i}": SLOTS["sets"] + i for i in range(4)}
        at |= {f"target{i}": SLOTS["targets"] + i for i in range(self.p.targetCount)}
        return {n: self.rows[i] for n, i in at.items()}


def error(got, want):
    """Largest difference, relative above 1; NaN and infinities must be where they are expected."""
    got, want = got.double(), want.double()
    odd = ~torch.isfinite(want)
    if not torch.equal(torch.nan_to_num(got[odd]), torch.nan_to_num(want[odd])) or not torch.isfinite(got[~odd]).all():
        return math.inf
    return ((got - want).abs() / want.abs().clamp_min(1))[~odd].max().item() if (~odd).any() else 0.0


def cases():
    base = dict(batch=1, heads=2, kv=2, queries=300, keys=300, d=64)
    yield "one token", dict(base, queries=1, keys=1, d=7, heads=2, kv=1)
    yield "odd", dict(base, batch=2, heads=3, kv=3, queries=37, keys=37, d=5)
    yield "many tiles", dict(base, queries=601, keys=601, d=17, kv=1)
    yield "whole tiles", dict(base, queries=512, keys=512, d=128, causal=False)
    yield "d 80", dict(base, d=80, queries=257, keys=257)
    yield "d 96, half precision's odd length", dict(base, d=96, queries=129, keys=129, batch=3)
    yield "d 256", dict(base, d=256, queries=200, keys=200)
    yield "d 200", dict(base, d=200, queries=77, keys=77)
    yield "d 32 long", dict(base, d=32, queries=1111, keys=1111)
    yield "grouped", dict(base, heads=8, kv=2, d=64)
    yield "window", dict(base, window=70, queries=800, keys=800, d=16)
    yield "narrow", dict(base, window=1, d=16)
    yield "both ways, near", dict(base, window=9, causal=False, queries=700, keys=700, d=16)
    yield "last queries", dict(base, queries=33, keys=421)
    yield "one query", dict(base, queries=1, keys=515, window=100)
    yield "right padding", dict(base, batch=3, padding=[0, 120, 299])
    yield "left padding", dict(base, batch=3, padding=[0, -120, -299], window=50)
    yield "both ways, padded", dict(base, batch=2, padding=[-37, 55], causal=False)
    yield "capped", dict(base, cap=3.0)
    yield "alibi", dict(base, alibi=True, batch=2, padding=[0, -44])
    yield "edited", dict(base, heads=6, kv=3, edits=True, batch=2)
    yield "edited, padded", dict(base, heads=6, kv=3, edits=True, batch=2, padding=[-33, 40], window=200, cap=5.0, alibi=True)
    yield "peaked", dict(base, scale=0.5)


def check(kernels):
    worst = {}
    rows = []
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        for name, settings in cases():
            c = Case(dtype=dtype, sets=3, duplicates=True, within=7, targets=(0, 1, None), **settings)
            p = c.p
            c.attend(kernels)
            received = torch.full((p.batch, p.heads, p.keys), math.nan, device="cuda")
            c.second(kernels, "receive", received)
            pattern = torch.full((p.batch, p.heads, p.queries, p.keys), math.nan, device="cuda", dtype=dtype)
            c.second(kernels, "materialise", pattern)
            top = torch.full((p.batch, p.heads, p.queries, 5), math.nan, device="cuda")
            keys = torch.full(top.shape, -7, device="cuda", dtype=torch.int32)
            c.second(kernels, "rank", top, keys, 5)
            torch.cuda.synchronize()
            z, want, exact = c.reference()
            plainZ, plain, _ = c.reference(dtype) if dtype != torch.float32 else (z, want, exact)
            shift = p.keys - p.queries
            real = c.real[:, shift:]
            at = real[:, None].expand(-1, p.heads, -1)
            errors = {n: (error(x[at], want[n][at]), error(plain[n][at], want[n][at]))
                      for n, x in c.results().items() if n in want}
            inside = c.real[:, None].expand(-1, p.heads, -1)
            errors["received"] = error(received[inside], want["received"][inside]), error(plain["received"][inside],
                                                                                          want["received"][inside])
            errors["z"] = error(c.z[real], z[real]), error(plainZ[real], z[real])
            rounding = {torch.float32: 0, torch.bfloat16: 2**-8, torch.float16: 2**-11}[dtype]
            errors["pattern"] = error(pattern[at], exact[at]), rounding
            ranked = exact.sort(-1, descending=True).values[..., :5]
            ranked = torch.nn.functional.pad(ranked, (0, 5 - ranked.shape[-1]))
            errors["top"] = error(top[at], ranked[at]), errors["largest"][1]
            named = exact.gather(-1, keys.long().clamp_min(0)).masked_fill(keys < 0, 0)
            errors["topKeys"] = error(named[at], ranked[at]), errors["largest"][1]
            key = c.rows[SLOTS["key"]].contiguous().view(torch.int32)
            most = exact.gather(-1, key.long().clamp_min(0)[..., None])[..., 0].masked_fill(key < 0, 0)
            errors["key"] = error(most[at], want["largest"][at]), errors["largest"][1]
            for n, (ours, theirs) in errors.items():
                bound = 1e-5 if dtype == torch.float32 else max(2 * theirs, 1e-5)
                if ours > bound:
                    rows.append((NAMES[dtype], name, n, ours, theirs))
                o, t = worst.get((NAMES[dtype], n), (0, 0))
                worst[NAMES[dtype], n] = max(o, ours), max(t, theirs)
    print("largest errors over", len(list(cases())), "shapes: ours | a plain implementation in the same dtype")
    names = sorted({n for _, n in worst})
    for n in names:
        print(f"{n:10}", "  ".join(f"{k}: {worst[k, n][0]:.1e} | {worst[k, n][1]:.1e}" for k in ("f32", "bf16", "f16")))
    for r in rows:
        print("OVER", *r)
    c = Case(dtype=torch.bfloat16, batch=1, heads=8, kv=8, queries=2048, keys=2048, d=128, duplicates=True, sets=2, within=9)
    received = torch.zeros(1, 8, 2048, device="cuda")
    first = None
    for _ in range(20):
        c.attend(kernels)
        c.second(kernels, "receive", received)
        torch.cuda.synchronize()
        now = c.z.clone(), c.rows.clone().view(torch.int32), received.clone()
        first = first or now
        assert all(torch.equal(a, b) for a, b in zip(first, now)), "not the same bits"
    print("20 runs: the same bits")
    return not rows


def median(f, repeats=15):
    f()
    torch.cuda.synchronize()
    times = []
    for _ in range(repeats):
        a, b = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        a.record()
        f()
        b.record()
        torch.cuda.synchronize()
        times.append(a.elapsed_time(b))
    return sorted(times)[len(times) // 2]


def memory(f):
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    keep = f()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - before) / 1e9


def eager(q, k, v, mask, distances):
    """Scores, pattern, z, and statistics from the pattern, as a capture of the pattern makes them."""
    s = (q @ k.transpose(-1, -2)) * q.shape[-1]**-0.5 + mask
    pattern = torch.softmax(s, -1)
    z = pattern @ v
    entropy = torch.special.entr(pattern).sum(-1)
    largest, key = pattern.max(-1)
    return z, entropy, largest, key, pattern.square().sum(-1), (pattern * distances).sum(-1), pattern[..., 0]


def bench(kernels, only=None):
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    heads, d = 32, 128
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    product = 2 * 8192**3 / median(lambda: a @ a) / 1e9
    del a
    print(f"a plain bf16 product of 8192: {product:.0f} TFLOP/s")
    for t in only or (8192, 16384, 65536, 131072):
        c = Case(dtype=torch.bfloat16, batch=1, heads=heads, kv=heads, queries=t, keys=t, d=d, targets=(1, t), seed=1)
        c.targets[1] = 0  # the first key
        q, k, v = (x.transpose(1, 2).contiguous() for x in (c.q, c.k, c.v))
        flop = 2.0 * t * t * d * heads
        repeats = 15 if t <= 16384 else 3
        floors = {}
        from torch.nn.attention import SDPBackend, sdpa_kernel
        for name, backend in (("flash", SDPBackend.FLASH_ATTENTION), ("cudnn", SDPBackend.CUDNN_ATTENTION)):
            try:
                with sdpa_kernel(backend):
                    floors[name] = median(lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True), repeats)
            except RuntimeError as e:
                print("no", name, str(e)[:100])
        floor = min(floors.values())
        share = lambda ms, x=flop: f"{x / ms / 1e9:4.0f} TFLOP/s, {x / ms / 1e9 / product:.0%} of a product"
        print(f"T = {t:,}: floor " + ", ".join(f"{n} {ms:.3f} ms" for n, ms in floors.items()) + f" ({share(floor)})")

        def line(what, ms, x=flop):
            print(f"  {what:44} {ms:8.3f} ms  {ms / floor:5.2f}x the floor  {share(ms, x)}")

        line("all row statistics", median(lambda: c.attend(kernels), repeats))
        extra = Case(dtype=torch.bfloat16, batch=1, heads=heads, kv=heads, queries=t, keys=t, d=d, targets=(1, t), seed=1,
                     sets=4, duplicates=True, within=64)
        runs = torch.zeros(1, t, dtype=torch.int32, device="cuda")
        for i in range(4):
            runs[:, t * i // 4:t * i // 4 + t // 16] = 1 << i
        extra.p.sets = extra.hold(runs)
        line("  + 4 spans, duplicates, windowed distance", median(lambda: extra.attend(kernels), repeats))
        received = torch.empty(1, heads, t, device="cuda")
        line("received by each key (second pass)", median(lambda: c.second(kernels, "receive", received), repeats), flop / 2)
        means = torch.empty(14, heads, device="cuda", dtype=torch.float64)
        p = Params.from_buffer_copy(c.p)
        p.out = means.data_ptr()

        def averaged():
            c.attend(kernels)
            kernels.launch("average", (heads, 14, 1), 256, p)

        line("averaged over rows", median(averaged, repeats))
        if t <= 16384:
            top, keys = torch.empty(1, heads, t, 16, device="cuda"), torch.empty(1, heads, t, 16, device="cuda", dtype=torch.int32)
            line("top 16 keys (second pass)", median(lambda: c.second(kernels, "rank", top, keys, 16), repeats), flop / 2)
        print(f"  memory: rows {c.rows.numel() * 4 / 1e6:.0f} MB, z {c.z.numel() * 2 / 1e6:.0f} MB")
        del extra
        if t <= 8192:
            pattern = torch.empty(1, heads, t, t, device="cuda", dtype=torch.bfloat16)

            def whole():
                z, c.p.z = c.p.z, None
                c.attend(kernels)
                c.p.z = z
                c.second(kernels, "materialise", pattern)

            line("pattern of all heads to memory, both passes", median(whole, repeats), flop)
            line("  of which the second", median(lambda: c.second(kernels, "materialise", pattern), repeats), flop / 2)
            del pattern
            mask = torch.full((t, t), -math.inf, device="cuda", dtype=torch.bfloat16).triu(1)
            n = torch.arange(t, device="cuda")
            distances = (n[:, None] - n).abs().to(torch.bfloat16)
            peak = memory(lambda: eager(q, k, v, mask, distances))
            ms = median(lambda: eager(q, k, v, mask, distances), 3)
            line(f"eager statistics, {peak:.1f} GB", ms)
        elif t == 16384:
            try:
                mask = torch.full((t, t), -math.inf, device="cuda", dtype=torch.bfloat16).triu(1)
                eager(q, k, v, mask, mask)
                print("  eager statistics fitted")
            except torch.cuda.OutOfMemoryError as e:
                print("  eager statistics:", str(e).split(". GPU")[0])
            mask = None
        torch.cuda.empty_cache()


def touch(kernels):
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        for d in (24, 64, 128, 256):
            for n in (1, 61, 150):
                for padding, edits in (None, False), ([-1, 7], True):
                    if padding and n < 10:
                        continue
                    c = Case(dtype=dtype, batch=2, heads=2, kv=1, queries=n, keys=n, d=d, sets=2, duplicates=True, within=5,
                             targets=(1,), padding=padding, edits=edits, alibi=edits)
                    c.attend(kernels)
                    c.second(kernels, "receive", torch.empty(2, 2, n, device="cuda"))
                    c.second(kernels, "materialise", torch.empty(2, 2, n, n, device="cuda", dtype=dtype))
                    c.second(kernels, "rank", torch.empty(2, 2, n, 3, device="cuda"),
                             torch.empty(2, 2, n, 3, device="cuda", dtype=torch.int32), 3)
                    torch.cuda.synchronize()
    print("touched every kernel")


if __name__ == "__main__":
    loaded = Kernels(os.environ.get("KERNELS", "."))
    command = sys.argv[1] if len(sys.argv) > 1 else "check"
    if command == "check":
        sys.exit(0 if check(loaded) else 1)
    elif command == "bench":
        bench(loaded, [int(x) for x in sys.argv[2:]] or None)
    else:
        touch(loaded)
