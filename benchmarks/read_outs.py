"""Where between equal shares of letters and a sequence its gradient is taken, on planted motifs.

``python -m benchmarks.read_outs``: one network for each task and seed, and the average precision of
|gradient at a point, times the way to it| times a weight from the attention at that point: none,
its root, the root of its sum with equal shares (the default), or itself. "fitted" is the point that
the classifier found (the default). Seeds are apart from those of ``benchmarks.planted_motifs``,
because the rules for point and weight are chosen by tables like this one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor

from benchmarks._data import Different
from sklearn_attngen import AttnGenClassifier, SequenceOneHotEncoder
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.networks import attend, integrated_gradients, interior_gradient

TASKS: dict[str, dict[str, Any]] = {
    "pairs": {"task": "pairs"},
    "pairs, 10 % mutated": {"task": "pairs", "mutation_rate": 0.1},
    "spacing, 10 % mutated": {"task": "spacing", "mutation_rate": 0.1},
    "presence, 15-mers, 20 % mutated": {
        "task": "presence",
        "motif_width": 15,
        "mutation_rate": 0.2,
    },
}
POINTS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
WEIGHTS: dict[str, Callable[[Tensor], Tensor | float]] = {
    "none": lambda attention: 1.0,
    "root": lambda attention: attention.sqrt(),
    "root with equal shares": lambda attention: (attention + attention.mean(1, True)).sqrt(),
    "attention": lambda attention: attention,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], action=Different)
    parser.add_argument("--rows", type=int, default=3000, help="training rows")
    parser.add_argument("--explained-rows", type=int, default=250)
    arguments = parser.parse_args()
    results = []
    for seed in arguments.seeds:
        for task, parameters in TASKS.items():
            n, n_explained = arguments.rows, arguments.explained_rows
            data = make_motif_sequences(n + n_explained, random_state=seed, **parameters)
            classifier = AttnGenClassifier(n_estimators=1, random_state=seed)
            classifier.fit(data.data[:n], data.target[:n])
            one_hot = SequenceOneHotEncoder().fit_transform(data.data[n:])
            x = torch.tensor(one_hot, dtype=torch.float32).view(n_explained, -1, 4).transpose(1, 2)
            module = classifier.module_
            target = module(x).argmax(dim=1)
            shares = torch.full_like(x, 0.25)
            evidence, attention = {}, {}
            fitted = classifier.interior_point_
            for point, name in [(fitted, "fitted"), *((p, f"{p:g}") for p in POINTS)]:
                evidence[name] = interior_gradient(module, x, target, point)
                attention[name] = attend(module, shares + (x - shares) * point)[1]
            evidence["integrated"] = integrated_gradients(module, x, target)
            attention["integrated"] = attend(module, x)[1]
            for weight, weigh in WEIGHTS.items():
                row: dict[str, object] = {"task": task, "seed": seed, "weight": weight}
                row["point"] = fitted
                for name, values in evidence.items():
                    scores = (values.abs() * weigh(attention[name])).double().numpy()
                    rows = zip(data.positions[n:], ~data.mutated[n:], scores, strict=True)
                    each = [average_precision_score(p[use], s[use]) for p, use, s in rows]
                    row[name] = float(np.mean(each))
                results.append(row)
                print(row, flush=True)
    table = pd.DataFrame(results).drop(columns="seed").groupby(["task", "weight"], sort=False)
    print(f"\nmean over seeds {arguments.seeds}\n{table.mean().round(3).to_string()}")
    if len(arguments.seeds) > 1:
        print(f"\nstandard deviation\n{table.std().round(3).to_string()}")


if __name__ == "__main__":
    main()
