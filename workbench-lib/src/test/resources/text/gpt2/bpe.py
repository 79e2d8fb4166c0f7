# Prints the token ids that GPT-2's byte-level BPE gives, by a direct implementation with nothing but Python's
# standard library, and where each token begins and ends in UTF-16 units. Run: python3 bpe.py
import gzip
import json
import os
import re

here = os.path.dirname(os.path.abspath(__file__))
vocab = json.load(gzip.open(os.path.join(here, "vocab.json.gz"), "rt", encoding="utf-8"))
lines = gzip.open(os.path.join(here, "merges.txt.gz"), "rt", encoding="utf-8").read().split("\n")
rank = {tuple(line.split(" ")): i for i, line in enumerate(line for line in lines if line.count(" ") == 1)}
printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
alphabet = {b: chr(b) for b in printable}
for b in range(256):
    alphabet.setdefault(b, chr(256 + len(alphabet) - len(printable)))
# \p{L} is [^\W\d_] here, which is the same for the texts below
words = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def bpe(word):
    parts = list(word)
    while len(parts) > 1:
        best = min(zip(parts, parts[1:]), key=lambda pair: rank.get(pair, 1e9))
        if best not in rank:
            break
        merged, i = [], 0
        while i < len(parts):
            if tuple(parts[i:i + 2]) == best:
                merged.append(parts[i] + parts[i + 1])
                i += 2
            else:
                merged.append(parts[i])
                i += 1
        parts = merged
    return parts


def units(text):
    return len(text.encode("utf-16-le")) // 2


for text in ["Hello world", "When Mary and John went to the store, John gave a drink to",
             "héllo  wörld's 😀 x\n\n1984_a", "中文👩‍👧z"]:
    ids, spans = [], []
    # which character each byte belongs to, so that a token's bytes give its characters
    for match in words.finditer(text):
        owner = [match.start() + i for i, c in enumerate(match.group()) for _ in c.encode()]
        at = 0
        for part in bpe("".join(alphabet[b] for b in match.group().encode())):
            first, last = owner[at], owner[at + len(part) - 1]
            spans.append((units(text[:first]), units(text[:last + 1])))
            ids.append(vocab[part])
            at += len(part)
    print(json.dumps(text), ids, spans)
