"""Figures of the measurements show what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import _figures, splice_junctions


def test_every_line_has_its_own_look() -> None:
    """As many dashes and markers as colours."""
    assert len(_figures.DASHES) == len(_figures.MARKERS) == len(_figures.PALETTE)


def test_figures_are_of_fractions_only(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        splice_junctions.main(["--figure", "x.png"])
    assert "it needs --what fractions" in capsys.readouterr().err


def test_what_hardly_differs_looks_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An axis that shrank to a thousandth of a point would make mountains of it."""
    import matplotlib.pyplot as plt

    kept: list[Any] = []
    monkeypatch.setattr(_figures, "_save", lambda plt, figure, path: kept.append(figure))
    values = {"mask 0": 0.9991, "mask 0.5": 1.0}
    rows = [{"classifier": name, "seed": 0, "accuracy": value} for name, value in values.items()]
    _figures.draw_fractions(pd.DataFrame(rows), tmp_path / "x", {"Accuracy": ["accuracy"]}, "title")
    low, high = kept[0].axes[0].get_ylim()
    plt.close(kept[0])
    assert low < 0.9991 < 1.0 < high
    assert high - low == pytest.approx(_figures.LEAST_SPAN)


def test_lines_of_the_figure_are_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fractions on the x axis in order, whatever the order of the rows."""
    kept: list[Any] = []
    monkeypatch.setattr(_figures, "_save", lambda plt, figure, path: kept.append(figure))
    rows = [
        {"classifier": f"mask {fraction}", "seed": seed, "accuracy": fraction + seed / 10}
        for seed in (0, 1)
        for fraction in (0.5, 0, 0.15)
    ]
    rows.append({"classifier": "oracle", "seed": 0, "accuracy": 0.9})
    _figures.draw_fractions(pd.DataFrame(rows), tmp_path / "x", {"Accuracy": ["accuracy"]}, "title")
    (ax,) = kept[0].axes
    line = ax.get_lines()[0]
    np.testing.assert_allclose(line.get_xdata(), [0, 0.15, 0.5])
    np.testing.assert_allclose(line.get_ydata(), [0.05, 0.2, 0.55])
    assert [text.get_text() for text in ax.texts] == ["oracle"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Masked fraction of the letters", "Accuracy")
    import matplotlib.pyplot as plt

    plt.close(kept[0])
