"""scikit-learn's side of `bench probes`: reads a line for each fit, answers with a line of numbers."""
import sys
import time

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def fit(features, labels, columns, train, c):
    x = np.fromfile(features, dtype=np.float32).reshape(-1, columns)
    y = np.fromfile(labels, dtype=np.int32)
    begin = time.perf_counter()
    scaler = StandardScaler().fit(x[:train])
    model = LogisticRegression(C=c, max_iter=1000).fit(scaler.transform(x[:train]), y[:train])
    accuracy = model.score(scaler.transform(x[train:]), y[train:])
    seconds = time.perf_counter() - begin
    # weights and biases of features as they are, for the other side to compute the same loss of
    weights = model.coef_ / scaler.scale_
    bias = model.intercept_ - weights @ scaler.mean_
    logits = x[:train].astype(np.float64) @ weights.T + bias
    logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    loss = -logs[np.arange(train), y[:train]].mean() + (model.coef_**2).sum() / (2 * c * train)
    return seconds, accuracy, loss, int(model.n_iter_[0])


print(sklearn.__version__, flush=True)
for line in sys.stdin:
    features, labels, columns, train, c = line.rstrip("\n").split("\t")
    print(*fit(features, labels, int(columns), int(train), float(c)), flush=True)
