"""The sections of a report about letters: curves, saliency, sequences, motifs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklearn_attngen.inspection._drawing.motif_display import MotifDisplay
from sklearn_attngen.inspection._drawing.perturbation_display import (
    ORDER_NAMES,
    PerturbationCurveDisplay,
)
from sklearn_attngen.inspection._drawing.saliency_display import SaliencyDisplay
from sklearn_attngen.inspection._inputs.answers import class_scores
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.sequences import decode_codes, one_hot

from .html import paragraph, picture, table

# Of a longer sequence, the letters about its highest saliency are drawn.
_LONGEST_DRAWN = 240
_MOST_MOTIFS = 8


def interval_text(interval: Any) -> str:
    """Return an interval in words, nothing for none."""
    return "" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def percent(share: float) -> str:
    """Return a share that was asked for as it is: 99.5 % rounded would be certainty."""
    return f"{100 * share:.6g}%"


def faithfulness_section(results: Bunch) -> str:
    """Show curves and measures with their controls."""
    removal, insertion = results.removal, results.insertion
    areas = []
    for order, words in ORDER_NAMES.items():
        areas.append(
            (
                words,
                f"{removal.area[order]:.3f}",
                interval_text(removal.area_intervals.get(order)),
                f"{insertion.area[order]:.3f}",
                interval_text(insertion.area_intervals.get(order)),
            )
        )
    measures = []
    for name, result, better in (
        ("Comprehensiveness", results.comprehensiveness, "larger"),
        ("Sufficiency", results.sufficiency, "smaller"),
    ):
        measures.append(
            (
                f"{name} ({better} is better)",
                f"{result.score:.3f}",
                f"{result.control:.3f}",
                f"{result.advantage:+z.3f}",
                interval_text(result.advantage_interval),
            )
        )
    told = results.infidelity
    own, control, better = "undefined: no score falls", "", ""
    if not np.isnan(told.relative):
        own, control = f"{told.relative:.3f}", f"{told.control_relative:.3f}"
        better = f"{told.control_relative - told.relative:+z.3f}"
    measures.append(("Infidelity, relative (smaller is better)", own, control, better, ""))
    level = f"{percent(removal.confidence_level)} interval"
    pictures = []
    for curve, what in ((removal, "are replaced"), (insertion, "are kept and all others replaced")):
        display = PerturbationCurveDisplay.from_curve(curve)
        top, random = (curve.scores[order].mean(axis=1)[-1] for order in ("top", "random"))
        pictures.append(
            picture(
                display.figure_,
                alt=f"Accuracy as growing fractions of the letters {what}",
                caption=f"Accuracy when letters {what}. At {percent(curve.fractions[-1])}: "
                f"{top:.3f} by saliency, {random:.3f} at random. Below chance counts as chance.",
            )
        )
    return "\n".join(
        [
            paragraph(
                "If the decision rests on the salient letters, replacing them must hurt more than "
                "replacing as many random ones, and keeping only them must hurt less. The control "
                "with the same letters takes as many of each letter as the most salient ones hold: "
                "what it shares with them is composition, not place."
            ),
            *pictures,
            table(
                ["Order", "Replaced", level, "Kept", level],
                areas,
                caption="Mean height of the curves",
                numbers=(1, 2, 3, 4),
            ),
            table(
                ["Measure", "Score", "Control", "Better than control by", level],
                measures,
                caption="Measures on the score of the predicted class",
                numbers=(1, 2, 3, 4),
            ),
            paragraph(
                "The score is the probability, or the decision function of a classifier that gives "
                "none. Comprehensiveness is what it loses without the salient letters, sufficiency "
                "what it loses with them alone, both with random letters as control. "
                "Infidelity is how badly signed evidence foretells the effect of random "
                "replacements: 0 says wholly, 1 not at all; its control is the same evidence in "
                "permuted places."
            ),
        ]
    )


def saliency_section(results: Bunch, y: NDArray[Any], numbers: NDArray[Any], method: str) -> str:
    """Show where saliency lies in all sequences."""
    names = np.array([str(label) for label in y])
    profile, heat = (
        SaliencyDisplay.from_saliency(
            results.saliency, y=names, group_name="True class", kind=kind, positions=numbers
        )
        for kind in ("profile", "heatmap")
    )
    return "\n".join(
        [
            paragraph(
                f"Saliency (method {method}) is how much a prediction rests on a letter, as a "
                "share of 1 over the sequence. It has no sign: letters that speak against the "
                "class count too."
            ),
            picture(
                profile.figure_,
                alt="Mean share of saliency at each position, by true class",
                caption="Mean and standard deviation over the sequences of each class. Motifs that "
                "move about leave no peak here.",
            ),
            picture(
                heat.figure_,
                alt="Share of saliency of every sequence at each position",
                caption="One line for each sequence, class by class.",
            ),
        ]
    )


def examples_section(
    estimator: Any,
    sample: LetterInput,
    results: Bunch,
    y: NDArray[Any],
    predicted: NDArray[Any],
    numbers: NDArray[Any],
    n_examples: int,
    rng: np.random.Generator,
) -> str:
    """Show the letters of some sequences."""
    rows = _chosen(y, predicted, n_examples, rng)
    length = sample.codes.shape[1]
    width = min(length, _LONGEST_DRAWN)
    scores = class_scores(estimator, sample.with_codes(sample.codes[rows], rows))
    has_probabilities = hasattr(estimator, "predict_proba")
    parts = []
    alphabet = sample.sequences.alphabet
    for i, row in enumerate(rows):
        peak = int(results.saliency[row].argmax())
        start = min(max(0, peak - width // 2), length - width)
        part = slice(start, start + width)
        column = int(np.flatnonzero(estimator.classes_ == predicted[row])[0])
        kind = "probability" if has_probabilities else "score"
        words = (
            f"Row {results.rows[row]} (0-based): true {y[row]}, predicted {predicted[row]}, "
            f"{kind} {scores[i, column]:.2f}"
        )
        if width < length:
            words += f"; the {width} letters about the peak, of {length}"
        letters = one_hot(sample.codes[[row], part], alphabet.n_letters).reshape(1, -1)
        display = SaliencyDisplay.from_saliency(
            results.saliency[[row], part],
            letters,
            kind="sequences",
            labels=[""],
            positions=numbers[part],
            alphabet=alphabet,
            letter_colors="colorblind",
        )
        parts.append(
            picture(
                display.figure_,
                alt=f"Letters as high as their saliency. {words}",
                caption=words,
                letters=True,
            )
        )
        first = length - sample.lengths[row] if sample.pad == "left" else 0
        own = slice(max(start, first), min(start + width, first + sample.lengths[row]))
        parts.append(paragraph(decode_codes(sample.codes[[row], own], alphabet)[0], "code"))
    return "\n".join(
        [
            paragraph(
                "Chosen by chance, among right predictions of each class and wrong ones where "
                "there are any. Each letter is as high as its share of saliency; every picture has "
                "its own scale, written at its axis. N and padding are grey. Below each picture "
                "the letters, without padding, are text that can be copied."
            ),
            *parts,
        ]
    )


def _chosen(
    y: NDArray[Any], predicted: NDArray[Any], n: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Choose rows: wrong ones for up to half, the others right, of each class in turn."""
    order = rng.permutation(len(y))
    right = y[order] == predicted[order]
    wrong = order[~right][: n // 2]
    by_class = [order[right & (y[order] == label)] for label in np.unique(y)]
    turns = max((len(rows) for rows in by_class), default=0)
    in_turn = [rows[i] for i in range(min(turns, n)) for rows in by_class if i < len(rows)]
    chosen = [*in_turn[: n - len(wrong)], *wrong]
    chosen += list(order[~right][len(wrong) :][: n - len(chosen)])
    return np.array(chosen, dtype=np.intp)


def motifs_section(found: Any, with_database: bool) -> str:
    """Show the motifs that were found."""
    if found.empty:
        return paragraph(
            "No motifs were found: too few regions of high saliency look alike. More sequences may "
            "change that."
        )
    columns = {
        "name": "Motif",
        "class": "Predicted class",
        "consensus": "Consensus",
        "n_seqlets": "Sites",
        "share": "Sequences with it",
        "effect": "Effect",
        "effect_control": "Effect of control",
    }
    shown = found
    if len(found) > _MOST_MOTIFS:
        most = found["n_seqlets"].nlargest(_MOST_MOTIFS).index
        shown = found.loc[most.sort_values()]
    rows = []
    for _, motif in shown.iterrows():
        row = [
            motif["name"],
            motif["class"],
            motif["consensus"],
            f"{motif['n_seqlets']:,}",
            f"{motif['share']:.1%}",
            f"{motif['effect']:+z.3f}",
            f"{motif['effect_control']:+z.3f}",
        ]
        if with_database:
            row += [motif["match_1"], f"{motif['q_value_1']:.1g}"]
        rows.append(row)
    header = [*columns.values(), *(["Best match", "q-value"] if with_database else [])]
    display = MotifDisplay.from_report(shown, letter_colors="colorblind")
    left = "" if len(shown) == len(found) else f" The {len(shown)} with most sites of {len(found)}."
    return "\n".join(
        [
            paragraph(
                "Regions of high saliency, aligned. The effect is how much the score of the class "
                "falls when the sites are replaced; the control is as many letters elsewhere. A "
                "motif whose effect is no larger than its control's does nothing that "
                f"other letters do not.{left}"
            ),
            table(
                header,
                rows,
                caption="Motifs by predicted class",
                numbers=(3, 4, 5, 6, 8),
                code=(2,),
            ),
            picture(
                display.figure_,
                alt="Sequence logos of the motifs",
                caption="Information at each position: how well the sites agree, not how much they "
                "matter.",
            ),
        ]
    )
