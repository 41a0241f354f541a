"""Figures of measurements: means over seeds and their spread."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sklearn_attngen._extras import require
from sklearn_attngen.inspection._drawing.plot_style import NEUTRAL, PALETTE

# lines differ by more than their colour
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 2)))
MARKERS = "os^DvPX"
LEAST_SPAN = 0.02  # of an axis of scores


def add_figure_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--figure``."""
    parser.add_argument("--figure", type=Path, metavar="PATH", help=f"file for a figure of {what}")


def check_figure(parser: argparse.ArgumentParser, path: Path | None, possible: bool = True) -> None:
    """Say before anything is measured that a figure cannot be drawn."""
    if path is None:
        return
    if not possible:
        parser.error("--figure draws the mask fractions: it needs --what fractions")
    require("matplotlib.pyplot", extra="plot", purpose="--figure")
    path.parent.mkdir(parents=True, exist_ok=True)


def draw_fractions(
    results: pd.DataFrame, path: Path, panels: Mapping[str, Sequence[str]], title: str
) -> None:
    """Draw figures over the mask fraction: points of single seeds, means, standard deviations.

    Parameters
    ----------
    results : DataFrame
        A row for each classifier, called "mask 0.15" and so on, and seed. Other classifiers become
        horizontal lines.
    path : Path
        File of the figure.
    panels : mapping of str to sequence of str
        Label of each panel, and the columns drawn in it.
    title : str
        What was measured.
    """
    plt = require("matplotlib.pyplot", extra="plot", purpose="--figure")
    masked = results["classifier"].str.startswith("mask ")
    curves, others = results[masked].copy(), results[~masked]
    curves["fraction"] = curves["classifier"].str.removeprefix("mask ").astype(float)
    shape = {"figsize": (4.2 * len(panels), 3.6), "layout": "constrained"}
    figure, row = plt.subplots(1, len(panels), squeeze=False, **shape)
    for ax, (label, columns) in zip(row[0], panels.items(), strict=True):
        for i, column in enumerate(columns):
            name = column.removeprefix(label).strip(" ,") or column
            _draw_curve(ax, curves["fraction"], curves[column], i, name)
            for other, level in others.groupby("classifier", sort=False)[column].mean().items():
                if np.isfinite(level):
                    ax.axhline(level, color=NEUTRAL, ls=":", lw=1)
                    where = {"xy": (1, level), "xycoords": ax.get_yaxis_transform()}
                    where |= {"xytext": (-2, 2), "textcoords": "offset points", "ha": "right"}
                    ax.annotate(str(other), **where, color=NEUTRAL, fontsize="small")
        if len(columns) > 1:  # above the axes, as no place inside is free of data in every figure
            place = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.2}
            ax.legend(**place, ncols=2, frameon=False, fontsize="small")
        low, high = ax.get_ylim()
        if high - low < LEAST_SPAN:  # what hardly differs is to look so
            middle = (low + high) / 2
            ax.set_ylim(middle - LEAST_SPAN / 2, middle + LEAST_SPAN / 2)
        _label(ax, "Masked fraction of the letters", label)
    n_seeds = results["seed"].nunique()
    figure.suptitle(f"{title}; {_seeds(n_seeds)}", fontsize=10)
    _save(plt, figure, path)


def draw_learning(
    curves: Mapping[str, pd.DataFrame], path: Path, metrics: Mapping[str, str]
) -> None:
    """Draw figures over the number of training rows: a row of panels for each set.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        Of each set a row for each classifier, seed and number of "rows".
    path : Path
        File of the figure.
    metrics : mapping of str to str
        Columns to draw, and the label of each.
    """
    plt = require("matplotlib.pyplot", extra="plot", purpose="--figure")
    size = 4.2 * len(metrics), 3.4 * len(curves)
    figure, axes = plt.subplots(
        len(curves), len(metrics), figsize=size, squeeze=False, layout="constrained"
    )
    for row, (name, results) in zip(axes, curves.items(), strict=True):
        for ax, (metric, label) in zip(row, metrics.items(), strict=True):
            for i, (classifier, part) in enumerate(results.groupby("classifier", sort=False)):
                _draw_curve(ax, part["rows"], part[metric], i, str(classifier))
            ax.set_xscale("log")
            ticks = sorted(results["rows"].unique())
            ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
            ax.minorticks_off()
            _label(ax, f"Training rows, {name}", label)
    lines = axes[0, 0].get_legend_handles_labels()
    figure.legend(*lines, loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    n_seeds = next(iter(curves.values()))["seed"].nunique()
    figure.suptitle(f"Rows held out of the training split; {_seeds(n_seeds)}", fontsize=10)
    _save(plt, figure, path)


def draw_courses(
    courses: Mapping[str, Sequence[Sequence[Mapping[str, float]]]], path: Path, title: str
) -> None:
    """Draw validation loss and accuracy over the steps of the optimiser.

    Parameters
    ----------
    courses : mapping of str to sequence of courses
        Of each classifier the epochs of each seed, with their "steps", "loss" and "accuracy".
    path : Path
        File of the figure.
    title : str
        What was measured.
    """
    plt = require("matplotlib.pyplot", extra="plot", purpose="--figure")
    figure, axes = plt.subplots(1, 2, figsize=(8.8, 3.8), layout="constrained")
    n_seeds = 0
    for i, (name, runs) in enumerate(courses.items()):
        n_epochs, n_seeds = min(map(len, runs)), max(n_seeds, len(runs))
        steps = [epoch["steps"] for epoch in runs[0][:n_epochs]]
        for ax, what in zip(axes, ("loss", "accuracy"), strict=True):
            values = np.array([[epoch[what] for epoch in run[:n_epochs]] for run in runs])
            mean = values.mean(axis=0)
            spread = values.std(axis=0, ddof=1) if len(runs) > 1 else np.zeros(n_epochs)
            band = np.maximum(mean - spread, values.min() / 2), mean + spread
            ax.fill_between(steps, *band, color=PALETTE[i], alpha=0.2, lw=0)
            ax.plot(steps, mean, DASHES[i], color=PALETTE[i], label=name)
    axes[0].set_yscale("log")
    from matplotlib.ticker import MaxNLocator, NullFormatter, ScalarFormatter

    low, high = axes[0].get_ylim()
    ticks = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 5)
    axes[0].set_yticks([tick for tick in ticks if low <= tick <= high])
    axes[0].yaxis.set_major_formatter(ScalarFormatter())
    axes[0].yaxis.set_minor_formatter(NullFormatter())
    axes[1].yaxis.set_major_locator(MaxNLocator(6))
    best = max(epoch["accuracy"] for runs in courses.values() for run in runs for epoch in run)
    worst = min(run[-1]["accuracy"] for runs in courses.values() for run in runs)
    low, high = axes[1].get_ylim()
    # how it ends is the question
    axes[1].set_ylim(max(low, min(best - 0.15, worst - 0.01)), min(high, best + 0.01))
    _label(axes[0], "Steps of the optimiser", "Validation loss (cross-entropy)")
    _label(axes[1], "Steps of the optimiser", "Validation accuracy")
    axes[0].legend(frameon=False, fontsize="small")
    figure.suptitle(f"{title}; {_seeds(n_seeds)}", fontsize=10)
    _save(plt, figure, path)


def _draw_curve(ax: Any, x: pd.Series, y: pd.Series, i: int, name: str) -> None:
    """Draw single seeds as points, their mean as a line, and a standard deviation as a band."""
    grouped = y.groupby(x)
    mean, spread = grouped.mean(), grouped.std().fillna(0.0)
    color, marks = PALETTE[i], {"marker": MARKERS[i], "ms": 4}
    ax.fill_between(mean.index, mean - spread, mean + spread, color=color, alpha=0.2, lw=0)
    ax.plot(mean.index, mean, linestyle=DASHES[i], color=color, label=name, **marks)
    ax.plot(x, y, ".", color=color, alpha=0.5, ms=5, mew=0)


def _label(ax: Any, x: str, y: str) -> None:
    ax.set(xlabel=x, ylabel=y)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25, lw=0.6)


def _seeds(n: int) -> str:
    return "1 seed" if n == 1 else f"mean and standard deviation over {n} seeds"


def _save(plt: Any, figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=150)
    plt.close(figure)
    print(f"\nfigure: {path}")
