"""The loss of n-gram models on the held-out novels: interpolated Kneser-Ney, discount 0.75 (Kneser and Ney 1995).

usage: python baselines.py PREPARED_FOLDER

The same tokens as the model's: counted on the same novels, read on the same held-out ones.
"""
import json
import lzma
import sys
from pathlib import Path

import numpy as np

VOCABULARY = 5120
DISCOUNT = 0.75


def read(path):
    return np.frombuffer(lzma.decompress(path.read_bytes()), "<u2").astype(np.int64)


def find(sorted_keys, keys):
    """Positions of keys in a sorted array, and whether they are there."""
    at = np.searchsorted(sorted_keys, keys).clip(0, len(sorted_keys) - 1)
    return at, sorted_keys[at] == keys


def losses(train, test, orders):
    """Mean nats a token of the models of these orders; the first max(orders) - 1 test tokens are left out."""
    highest = max(orders)
    # an n-gram is a number: the number of its first n - 1 tokens among those seen, then its last token
    number_train, number_test = np.zeros(len(train), np.int64), np.zeros(len(test), np.int64)
    known_test = np.ones(len(test), bool)
    keys, contexts, in_test = [], [], []
    for n in range(1, highest + 1):
        # number_*[i]: the (n-1)-gram that ends before token i
        gram_train = number_train * VOCABULARY + train
        gram_test = np.where(known_test, number_test * VOCABULARY + test, -1)
        unique, inverse, counts = np.unique(gram_train[n - 1 :], return_inverse=True, return_counts=True)
        keys.append((unique, counts))
        contexts.append((number_test.copy(), known_test.copy()))
        at, there = find(unique, gram_test)
        in_test.append((at, there))
        number_train[n:] = inverse[:-1]
        number_test[1:], known_test[1:] = at[:-1], there[:-1]
        known_test[:n] = False
    results = {}
    for order in orders:
        probability = np.full(len(test), 1.0 / VOCABULARY)
        for n in range(1, order + 1):
            unique, counts = keys[n - 1]
            if n < order:  # a lower order counts in how many contexts an n-gram stood
                counts = continuation_counts(train, n, unique, keys)
            at, there = in_test[n - 1]
            context, known = contexts[n - 1]
            context_of = unique // VOCABULARY
            size = int(context_of.max()) + 1
            totals = np.bincount(context_of, weights=counts, minlength=size)
            kinds = np.bincount(context_of, weights=counts > 0, minlength=size)
            context = context.clip(0, size - 1)
            usable = known & (totals[context] > 0)
            count = np.where(there, counts[at], 0)
            total = np.maximum(totals[context], 1)
            mixed = np.maximum(count - DISCOUNT, 0) / total + DISCOUNT * kinds[context] / total * probability
            probability = np.where(usable, mixed, probability)
        results[order] = float(-np.log(probability[highest - 1 :]).mean())
    return results


def continuation_counts(train, n, unique, keys):
    """For each n-gram seen, in front of how many (n+1)-grams' first tokens it stood."""
    first = np.zeros(len(train), np.int64)
    number = np.zeros(len(train), np.int64)
    for i in range(1, n + 1):  # number of the n-gram that ends at each place
        number = np.concatenate([np.zeros(i - 1, np.int64), np.searchsorted(keys[i - 1][0], (number * VOCABULARY + train)[i - 1 :])])
        if i < n:
            number = np.concatenate([[0], number[:-1]])
    first[n:] = train[: len(train) - n]
    pairs = np.unique(number[n:] * VOCABULARY + first[n:])
    return np.bincount(pairs // VOCABULARY, minlength=len(unique)).astype(np.float64)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = losses(read(folder / "novels.u16.xz"), read(folder / "heldout.u16.xz"), (1, 2, 5))
    print(json.dumps({f"{n}-gram": round(nats, 4) for n, nats in found.items()}))
