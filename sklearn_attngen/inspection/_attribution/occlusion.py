"""Occlusion: what the classifier says without each letter in turn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.unwrap import check_reads_unknown
from sklearn_attngen.sequences import NO_SIGNAL

from .changes import normalised_magnitude, score_changes


def occlusion(
    estimator: Any,
    data: LetterInput,
    target: Any = None,
    *,
    signed: bool = False,
    batch_size: int | None = None,
) -> NDArray[np.float64]:
    """Measure by how much the target's probability falls when each letter is unknown: (n, L).

    Signed falls, or magnitudes that sum to 1 in each row.
    """
    if data.sequences.layout == "strings":
        check_reads_unknown(estimator, "Occlusion", remedy="choose another method")
    # Also of networks, whose evidence by mutagenesis is of log-odds.
    scale = "probability" if hasattr(estimator, "predict_proba") else "decision_function"
    changes = score_changes(
        estimator, data, target, scale=scale, unknown=True, batch_size=batch_size
    )
    falls = 0.0 - changes[:, :, 0]
    return falls if signed else normalised_magnitude(falls, data.codes != NO_SIGNAL)
