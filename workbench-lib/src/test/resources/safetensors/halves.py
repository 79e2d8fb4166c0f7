# Writes halves.safetensors beside itself, with nothing but Python's standard library: 16-bit floats
# and what struct, an independent implementation, makes of them. Run: python3 halves.py
import json
import os
import random
import struct

random.seed(1)
f16 = sorted({*range(0, 65536, 13), 0, 1, 2, 0x3FE, 0x3FF, 0x400, 0x401, 0x7BFF, 0x7C00, 0x8000, 0x8001, 0x83FF,
              0x8400, 0xFBFF, 0xFC00})
f16 = [h for h in f16 if h & 0x7C00 != 0x7C00 or h & 0x3FF == 0]  # infinities stay, NaNs have a test of their own
bf16 = list(range(0, 65536, 17))
bf16 = [h for h in bf16 if h & 0x7F80 != 0x7F80 or h & 0x7F == 0]
# numbers to narrow: random ones of every size, halfway cases between two neighbours, and their float32 neighbours
narrow = [random.choice([-1, 1]) * random.random() * 2.0 ** random.randint(-27, 15) for _ in range(2000)]
for h in random.sample(range(0, 0x7BFF), 1000):
    a, b = struct.unpack("<ee", struct.pack("<HH", h, h + 1))
    tie = struct.unpack("<I", struct.pack("<f", (a + b) / 2))[0]
    narrow += [struct.unpack("<f", struct.pack("<I", bits))[0] for bits in (tie - 1, tie, tie + 1)]
narrow = [struct.unpack("<f", struct.pack("<f", x))[0] for x in narrow]

tensors = [
    ("f16.expected", "F32", b"".join(struct.pack("<f", struct.unpack("<e", struct.pack("<H", h))[0]) for h in f16)),
    ("bf16.expected", "F32", b"".join(struct.pack("<I", h << 16) for h in bf16)),
    ("narrow", "F32", b"".join(struct.pack("<f", x) for x in narrow)),
    ("narrow.expected", "F16", b"".join(struct.pack("<e", x) for x in narrow)),
    ("f16", "F16", b"".join(struct.pack("<H", h) for h in f16)),
    ("bf16", "BF16", b"".join(struct.pack("<H", h) for h in bf16)),
]
header, data = {}, b""
for name, dtype, content in tensors:
    header[name] = {"dtype": dtype, "shape": [len(content) // (4 if dtype == "F32" else 2)],
                    "data_offsets": [len(data), len(data) + len(content)]}
    data += content
text = json.dumps(header).encode()
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "halves.safetensors"), "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + data)
