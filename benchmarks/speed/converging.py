"""Row 5: seconds until a classifier is nearly as good as the best one gets."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from skorch.callbacks import Callback
from torch import Tensor, nn

from benchmarks._data import Split, load_human_or_worm, sample
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import channels_first
from benchmarks.speed._table import Result
from sklearn_attngen import AttnGenClassifier, CNNClassifier, make_kmer_classifier
from sklearn_attngen.networks import evaluation_mode
from sklearn_attngen.sequences import read_sequences

ROWS, SEEDS, WITHIN = 20_000, 3, 0.005
# trainings of these lengths: a one-cycle schedule is only good at its end
BUDGETS = (1, 2, 4, 8, 16)
PUBLISHED_EPOCHS, PUBLISHED_BATCH = 10, 64
BATCH = 512


@dataclass
class _Course:
    """Seconds of training, and the validation accuracy after them."""

    seconds: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)

    def reaches(self, level: float) -> float:
        """Return the seconds until a level of accuracy; infinity if it is never reached."""
        return min(
            (s for s, a in zip(self.seconds, self.accuracy, strict=True) if a >= level),
            default=float("inf"),
        )


class _Watch(Callback):
    """Takes the validation accuracy after each epoch, on both strands, with the clock stopped."""

    def __init__(self, x: Tensor, y: Tensor, course: _Course) -> None:
        self.x, self.y, self.course = x, y, course
        self.start, self.stopped = time.perf_counter(), 0.0

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Stop the clock and predict."""
        now = time.perf_counter()
        with evaluation_mode(net.module_), torch.no_grad():
            logits = [net.module_(x) + net.module_(x.flip(1, 2)) for x in self.x.split(BATCH)]
        self.course.seconds.append(now - self.start - self.stopped)
        self.course.accuracy.append(float((torch.cat(logits).argmax(1) == self.y).float().mean()))
        self.stopped += time.perf_counter() - now


def _network_course(kind: Callable[..., Any], split: Split, seed: int) -> _Course:
    """Train once for each budget of epochs; all of them are points of one course."""
    course = _Course()
    x, y = torch.from_numpy(channels_first(split.X_test)), torch.from_numpy(_index(split.y_test))
    for epochs in BUDGETS:
        watch = _Watch(x, y, course)
        kind(
            reverse_complement="average",
            max_epochs=epochs,
            random_state=seed,
            net_params={"callbacks": [watch]},
        ).fit(split.X_train, _index(split.y_train))
    return course


def _kmer_course(split: Split, seed: int) -> _Course:
    start = time.perf_counter()
    fitted = make_kmer_classifier().fit(split.X_train, split.y_train)
    seconds = time.perf_counter() - start
    return _Course([seconds], [float(fitted.score(split.X_test, split.y_test))])


def _published_course(split: Split, seed: int) -> _Course:
    """Train the small CNN of Genomic Benchmarks: embedding, three pooled convolutions, Adam.

    Its loss is taken on the logits, which the published loop squashes twice.
    """
    torch.manual_seed(seed)
    start, stopped = time.perf_counter(), 0.0
    x, valid = _codes(split.X_train), _codes(split.X_test)
    y = torch.from_numpy(_index(split.y_train)).float()
    y_valid = torch.from_numpy(_index(split.y_test))
    module, course = _published_network(x.shape[1]), _Course()
    optimizer = torch.optim.Adam(module.parameters())
    for _ in range(PUBLISHED_EPOCHS):
        module.train()
        for rows in torch.randperm(len(x)).split(PUBLISHED_BATCH):
            optimizer.zero_grad()
            logits = module(x[rows].long())[:, 0]
            nn.functional.binary_cross_entropy_with_logits(logits, y[rows]).backward()
            optimizer.step()
        now = time.perf_counter()
        module.eval()
        with torch.inference_mode():
            predicted = torch.cat([module(part.long())[:, 0] for part in valid.split(BATCH)]) > 0
        course.seconds.append(now - start - stopped)
        course.accuracy.append(float((predicted == y_valid).float().mean()))
        stopped += time.perf_counter() - now
    return course


class _Turned(nn.Module):
    """Puts the channels of an embedding first."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, L, C) to (n, C, L)."""
        return x.transpose(1, 2)


def _published_network(length: int) -> nn.Module:
    layers: list[nn.Module] = [nn.Embedding(5, 100), _Turned()]
    channels = 100
    for filters in (16, 8, 4):
        layers += [nn.Conv1d(channels, filters, 8), nn.BatchNorm1d(filters)]
        layers += [nn.ReLU(), nn.MaxPool1d(2)]
        channels, length = filters, (length - 7) // 2
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(channels * length, 512), nn.Linear(512, 1)
    )


def _codes(X: NDArray[np.object_]) -> Tensor:
    codes = read_sequences(X).codes
    assert codes is not None
    return torch.from_numpy(np.minimum(codes, 4))


def _index(y: NDArray[Any]) -> NDArray[np.int64]:
    return np.unique(y, return_inverse=True)[1].astype(np.int64)


COURSES: dict[str, Callable[[Split, int], _Course]] = {
    "AttnGen": lambda split, seed: _network_course(AttnGenClassifier, split, seed),
    "CNNClassifier": lambda split, seed: _network_course(CNNClassifier, split, seed),
    "the CNN of Genomic Benchmarks": _published_course,
    "the k-mer classifier": _kmer_course,
}


def convergence_rows(settings: Settings) -> list[Result]:
    what = f"seconds to within {100 * WITHIN:g} points of the best validation accuracy"
    if settings.quick:
        return [Result("5", what, skipped="nothing to be equal, only times")]
    whole = load_human_or_worm(None if settings.data is None else Path(settings.data))
    whole = sample(whole, settings.rows(ROWS, ROWS), settings.seed)
    seconds: dict[str, list[float]] = {name: [] for name in COURSES}
    best: dict[str, list[float]] = {name: [] for name in COURSES}
    for seed in range(settings.seed, settings.seed + min(SEEDS, settings.repeats)):
        # rows of the training split decide; the test split is not read
        parts = train_test_split(
            whole.X_train, whole.y_train, test_size=0.2, stratify=whole.y_train, random_state=seed
        )
        split = whole._replace(X_train=parts[0], X_test=parts[1], y_train=parts[2], y_test=parts[3])
        courses = {name: run(split, seed) for name, run in COURSES.items()}
        level = max(max(course.accuracy) for course in courses.values()) - WITHIN
        for name, course in courses.items():
            seconds[name].append(course.reaches(level))
            best[name].append(max(course.accuracy))
            print(f"5: seed {seed}, {name}: {best[name][-1]:.4f}, {seconds[name][-1]:.1f} s")
    ours, results = np.array(seconds["AttnGen"]), []
    for name in list(COURSES)[1:]:
        rival = np.array(seconds[name])
        with np.errstate(invalid="ignore"):
            ratio = float(np.median(ours / rival))
        known = np.isfinite(np.median(rival)) and np.isfinite(np.median(ours))
        results.append(
            Result(
                "5",
                what,
                name,
                ours_seconds=_finite(ours),
                rival_seconds=_finite(rival),
                ratio=ratio if known else None,
                factor="times the cost",
                pairs=len(ours),
                target="" if "k-mer" in name else "<= 1x cost",
                met=None
                if "k-mer" in name
                else bool(np.isfinite(np.median(ours)) and np.median(ours) <= np.median(rival)),
                note=f"{whole.source}, {len(parts[0]):,} rows, the best of {BUDGETS} epochs for "
                f"ours and CNNClassifier; best accuracy of AttnGen {np.median(best['AttnGen']):.4f}"
                f", of {name} {np.median(best[name]):.4f}; no time is a level never reached.",
            )
        )
    return results


def _finite(values: NDArray[np.float64]) -> float | None:
    middle = float(np.median(values))
    return middle if np.isfinite(middle) else None
