"""The sections of a report: what is shown, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklearn_attngen._extras import require
from sklearn_attngen.inspection._inputs.letter_input import LetterInput

from .facts import composition_rows, data_warnings, model_facts, parameter_facts
from .html import bullets, page, paragraph, table
from .letters import (
    examples_section,
    faithfulness_section,
    interval_text,
    motifs_section,
    percent,
    saliency_section,
)

# What accuracy has to fall by before the letters that do it are told apart.
_CLEAR = 0.02


def report_page(
    estimator: Any,
    data: LetterInput,
    sample: LetterInput,
    y: NDArray[Any],
    results: Bunch,
    *,
    predicted: NDArray[Any],
    title: str,
    description: str | None,
    method: str,
    n_examples: int,
    numbers: NDArray[Any],
    with_database: bool,
    rng: np.random.Generator,
) -> str:
    """Return the page."""
    numbers = numbers[: sample.codes.shape[1]]  # the sample may lack the longest sequence
    true = y[results.rows]
    with _without_windows():
        sections = [
            ("Model card", _model(estimator, description)),
            ("Data card", _data(estimator, data, y, results)),
            ("Predictions", _predictions(estimator, y, results)),
            ("Is the explanation faithful?", faithfulness_section(results)),
            ("Where the saliency lies", saliency_section(results, true, numbers, method)),
        ]
        if n_examples:
            drawn = examples_section(
                estimator, sample, results, true, predicted, numbers, n_examples, rng
            )
            sections.append(("Letters of single sequences", drawn))
        if results.motifs is not None:
            sections.append(("Motifs", motifs_section(results.motifs, with_database)))
    sections.append(("What these numbers do not say", _limits()))
    written = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    footer = f"Written by sklearn_attngen on {written}. This file needs no network."
    return page(title, [_headline(results), _verdict(results)], sections, footer)


@contextmanager
def _without_windows() -> Iterator[None]:
    """Draw without showing, and close what was drawn, also on an error."""
    plt = require("matplotlib.pyplot", extra="plot", purpose="report")
    before = set(plt.get_fignums())
    # A style of the user's own (dark, large) is not one that the page was made for.
    keys = ("axes", "figure", "font", "grid", "legend", "lines", "text", "xtick", "ytick")
    plain = {k: v for k, v in plt.rcParamsDefault.items() if k.partition(".")[0] in keys}
    try:
        with plt.ioff(), plt.rc_context(plain):
            yield
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def _headline(results: Bunch) -> str:
    accuracy = results.metrics["accuracy"]
    n = int(results.confusion_matrix.sum())
    text = f"Of {n:,} sequences, {accuracy['value']:.1%} are predicted rightly"
    if accuracy["interval"] is not None:
        low, high = accuracy["interval"]
        level = results.removal.confidence_level
        text += f" ({percent(level)} interval {low:.1%} to {high:.1%})"
    return text + "."


def _verdict(results: Bunch) -> str:
    """Say in words whether the salient letters matter more than random ones."""
    curve, lost = results.removal, results.comprehensiveness
    i = int(np.argmin(np.where(curve.fractions > 0, np.abs(curve.fractions - 0.2), np.inf)))
    drawn = [curve.scores[order][i] for order in ("top", "random", "matched")]
    top, random, matched = (scores.mean() for scores in drawn)
    text = (
        f"With the {percent(curve.fractions[i])} most salient letters replaced, accuracy goes from "
        f"{curve.baseline:.1%} to {top:.1%}; with as many random ones replaced, to {random:.1%}, "
        f"and with as many random ones of the same kinds, to {matched:.1%}. "
    )
    if min(curve.baseline, np.min(drawn)) <= curve.chance:
        text += f"Of these, what is below chance counts as chance, {curve.chance:.1%}. "
    fall = random - top
    if fall > _CLEAR and top < curve.baseline - _CLEAR and matched - top < fall / 4:
        text += (
            "Letters of the same kinds elsewhere cost nearly as much: which letters they are may "
            "explain it, rather than where they stand. "
        )
    text += (
        "The score of the predicted class, in the mean over all fractions, falls by "
        f"{lost.score:.3f} with the salient letters and by {lost.control:.3f} with random ones: "
    )
    if lost.advantage_interval is None:
        return text + "no intervals were asked for, so nothing is said about chance."
    low, high = lost.advantage_interval
    if low > 0:
        return text + (
            "it rests on the salient letters more than on random ones, beyond what the choice of "
            "sequences explains."
        )
    if high < 0:
        return text + (
            "it rests on the salient letters less than on random ones. Do not read this saliency "
            "as an explanation."
        )
    return text + (
        "that it rests on the salient letters more than on random ones is not shown. Do not read "
        "this saliency as an explanation."
    )


def _model(estimator: Any, description: str | None) -> str:
    given = description or (
        "No description was given. Say with description=... what the classifier is for, where its "
        "sequences come from and what it must not be used for."
    )
    return "\n".join(
        [
            paragraph(given, None if description else "note"),
            table(["What", "Value"], model_facts(estimator), caption="The fitted classifier"),
            "<details><summary>All parameters</summary>",
            table(
                ["Parameter", "Value"],
                parameter_facts(estimator),
                caption="Parameters of the classifier",
                code=(1,),
            ),
            "</details>",
        ]
    )


def _data(estimator: Any, data: LetterInput, y: NDArray[Any], results: Bunch) -> str:
    header, rows = composition_rows(data, y)
    n, length = data.codes.shape
    lengths = np.unique(data.lengths)
    letters = f"{length}" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
    remarks = data_warnings(data, y, estimator.classes_)
    explained = "all" if len(results.rows) == n else f"{len(results.rows):,}"
    return "\n".join(
        [
            paragraph(
                f"{n:,} sequences of {letters} letters ({data.sequences.alphabet.name}). "
                f"Everything about saliency is from {explained} of them."
            ),
            table(
                header,
                rows,
                caption="Classes and their letters (share of all letters)",
                numbers=range(1, len(header)),
            ),
            bullets(remarks) if remarks else "",
            paragraph(
                "If the classifier was fitted on any of these sequences, or on close relatives, "
                "all numbers here are too good. Classes whose letters differ in the table can be "
                "told apart in part by composition alone.",
                "note",
            ),
        ]
    )


def _predictions(estimator: Any, y: NDArray[Any], results: Bunch) -> str:
    rows = [
        (fact["label"], f"{fact['value']:.3f}", interval_text(fact["interval"]))
        for fact in results.metrics.values()
    ]
    largest = np.unique(y, return_counts=True)[1].max() / len(y)
    rows.append(("Accuracy of always naming the largest class", f"{largest:.3f}", ""))
    level = results.removal.confidence_level
    names = [str(label) for label in estimator.classes_]
    confusion = [
        (f"true {name}", *(f"{count:,}" for count in counts))
        for name, counts in zip(names, results.confusion_matrix, strict=True)
    ]
    return "\n".join(
        [
            table(
                ["Metric", "Value", f"{percent(level)} interval"],
                rows,
                caption="Agreement with the labels",
                numbers=(1, 2),
            ),
            paragraph(
                "Intervals hold the choice of these sequences, not that of the training data or of "
                "the seed of the fit."
            ),
            table(
                ["Class", *(f"predicted {name}" for name in names)],
                confusion,
                caption="Confusion matrix",
                numbers=range(1, len(names) + 1),
            ),
        ]
    )


def _limits() -> str:
    return bullets(
        [
            "They are about this fitted classifier. Another seed or other training rows can rest "
            "on other letters with the same accuracy.",
            "A letter that the classifier uses need not do anything in a cell: it may go along "
            "with what does, or with how the data were made.",
            "What is held twice in a sequence is lost only when both copies are replaced; "
            "measures of single letters or small fractions miss it.",
            "Replaced sequences are not natural ones. The fill is "
            "chosen to keep them close, and the random controls suffer the same change.",
            "Labels are taken as true.",
        ]
    )
