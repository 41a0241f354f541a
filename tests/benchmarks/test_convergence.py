"""Courses of a training: measured epoch by epoch, and summed up rightly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import _measure, convergence
from tests.benchmarks.conftest import LABELS, rows_of


@pytest.mark.parametrize("task", convergence.TASKS)
def test_convergence(
    task: str, folder: Path, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    figure = tmp_path / "courses.png"
    arguments = ["--task", task, "--data", str(folder), "--quick", "--seeds", "0", "1"]
    arguments += ["--rows", "320", "--figure", str(figure)]
    convergence.main(arguments)
    first = capsys.readouterr().out
    assert ("whole regions" if task == "human_or_worm" else "by class") in first
    assert "final loss of AttnGen less that of each other" in first
    assert figure.stat().st_size > 5000
    (path,) = results.iterdir()
    rows = rows_of(path)
    assert len(rows) == 6
    for row in rows:
        steps = [epoch["steps"] for epoch in row["epochs"]]
        assert steps == [steps[0], 2 * steps[0]], "two epochs, counted in steps"
        assert row["epochs"][0]["seconds"] <= row["epochs"][1]["seconds"]
        assert all(epoch["loss"] > 0 for epoch in row["epochs"])
    convergence.main([*arguments, "--resume"])
    assert rows_of(path) == rows, "nothing was measured again"


def test_the_last_epoch_is_the_fitted_network(folder: Path) -> None:
    """Loss and accuracy of the course are those of the classifier, on both strands."""
    split = convergence.load("human_or_worm", folder, 200)
    estimator = _measure.smaller(convergence.makers(True, "auto")["AttnGen"](0))
    last = convergence.train(estimator, split)[-1]
    truth = np.searchsorted(LABELS, split.y_test)
    probabilities = estimator.predict_proba(split.X_test)
    loss = -np.log(probabilities[np.arange(len(truth)), truth]).mean()
    assert last["loss"] == pytest.approx(loss, rel=1e-4)
    assert last["accuracy"] == pytest.approx(np.mean(probabilities.argmax(axis=1) == truth))


def test_levels_are_reached_at_the_first_epoch_that_is_near() -> None:
    def row(name: str, *accuracies: float) -> dict[str, Any]:
        epochs = [
            {"steps": 10 * (i + 1), "seconds": i + 1.0, "loss": 1 - a, "accuracy": a}
            for i, a in enumerate(accuracies)
        ]
        return {"classifier": name, "seed": 0, "epochs": epochs}

    found = convergence.summarise([row("a", 0.5, 0.9, 0.904), row("b", 0.95, 0.94, 0.97)])
    found = found.set_index("classifier")
    assert found["steps to near own best"].tolist() == [20, 30]
    assert found["seconds to near best of all"].isna().tolist() == [True, False]
    assert found.loc["b", "steps to near best of all"] == 30
    assert found["final loss"].tolist() == pytest.approx([0.096, 0.03])
