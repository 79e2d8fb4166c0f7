"""Steps 2 and 3 of the recipe: the tokenizer, and all texts as token ids.

usage: python prepare.py NOVELS.txt CORPUS_FOLDER OUT_FOLDER

NOVELS.txt holds the novels, each behind a line "=== title". CORPUS_FOLDER is what Corpus.java wrote.
Writes tokenizer.json, tokenizer_config.json, and *.u16.xz: little-endian uint16 token ids.
"""
import json
import lzma
import sys
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

VOCABULARY = 5120
EOT = "<|endoftext|>"  # id 0; starts every text
HELD_OUT = (15, 52, 80)  # novels that are never trained on, counted from 0
WHOLE = 4000  # how often a word that must be one token is shown to the tokenizer's trainer
TASK_LINES = 150_000  # task sentences shown to it


def novels(path):
    books = []
    for line in Path(path).read_text(encoding="utf-8").split("\n"):
        if line.startswith("=== "):
            books.append([])
        elif line.strip():
            books[-1].append(line.strip() + "\n")
    return books


def task_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [line.rstrip("\n").replace("\\n", "\n") for line in lines]


def train_tokenizer(books, lines, words):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r" ?\d{2}| ?\d"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[EOT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )

    def texts():
        for book in books:
            yield from book
        yield from lines
        for word in words:
            yield (" " + word) * WHOLE
            if word.isdigit():
                for _ in range(WHOLE):
                    yield word

    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{EOT} $A", pair=f"{EOT} $A $B", special_tokens=[(EOT, 0)]
    )
    return tokenizer


def encode(tokenizer, documents):
    """Documents, each a list of texts that can be cut apart, as one array; each begins with token 0."""
    ids = []
    for pieces in documents:
        ids.append(np.zeros(1, np.uint16))
        for encoding in tokenizer.encode_batch_fast(pieces, add_special_tokens=False):
            ids.append(np.array(encoding.ids, np.uint16))
    return np.concatenate(ids)


def encode_lines(tokenizer, lines):
    ids = []
    for start in range(0, len(lines), 20_000):
        for encoding in tokenizer.encode_batch_fast(lines[start : start + 20_000]):  # with token 0
            ids.append(np.array(encoding.ids, np.uint16))
    return np.concatenate(ids)


def main(novels_file, corpus, out):
    corpus, out = Path(corpus), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    books = novels(novels_file)
    train = [book for i, book in enumerate(books) if i not in HELD_OUT]
    held_out = [books[i] for i in HELD_OUT]
    tasks, long = task_lines(corpus / "tasks.txt"), task_lines(corpus / "long.txt")
    words = (corpus / "whole-words.txt").read_text(encoding="utf-8").split()
    tokenizer = train_tokenizer(train, tasks[:TASK_LINES], words)
    tokenizer.save(str(out / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": EOT,
        "eos_token": EOT,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 512,
    }
    (out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    split = [w for w in words if len(tokenizer.encode(" " + w, add_special_tokens=False).ids) > 1]
    print(f"{tokenizer.get_vocab_size()} tokens; words that are split: {split}")
    for name, ids in {
        "novels": encode(tokenizer, train),
        "heldout": encode(tokenizer, held_out),
        "tasks": encode_lines(tokenizer, tasks),
        "long": encode_lines(tokenizer, long),
    }.items():
        packed = lzma.compress(ids.astype("<u2").tobytes(), preset=6)
        (out / f"{name}.u16.xz").write_bytes(packed)
        print(f"{name}: {len(ids)} tokens, {len(packed)} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
