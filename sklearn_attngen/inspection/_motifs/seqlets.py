"""Seqlets: short regions that hold more saliency than chance would gather there."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval

from sklearn_attngen._validation import validate_params
from sklearn_attngen.inspection._inputs.draws import draw_seed
from sklearn_attngen.inspection._inputs.permuted import permuted
from sklearn_attngen.inspection._inputs.values import check_saliency

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Rows of more windows are gone through one by one: rounds over all take the square of the length.
_LONG = 10_000
# Sums that differ by a smaller share are equal: the order of adding up makes such differences.
_ROUNDING = 1e-9


@validate_params(
    {
        "saliency": ["array-like"],
        "width": [Interval(Integral, 2, None, closed="left")],
        "false_discovery_rate": [Interval(Real, 0, 1, closed="right")],
        "null": ["array-like", None],
        "where": ["array-like", None],
        "n_permutations": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def extract_seqlets(
    saliency: ArrayLike,
    *,
    width: int = 15,
    false_discovery_rate: float = 0.05,
    null: ArrayLike | None = None,
    where: ArrayLike | None = None,
    n_permutations: int = 20,
    random_state: int | np.random.RandomState | None = 0,
) -> Bunch:
    """Find the regions of sequences that hold more saliency than chance would gather there.

    Windows are ranked by their sum of saliency, the best first, and none overlaps a better one of
    the same sequence. A sum is kept if at most the given rate of sums as high is to be expected by
    chance.

    Parameters
    ----------
    saliency : array-like of shape (n, L)
        Saliency of n sequences. Of signed evidence the regions with a positive sum are found; pass
        ``-saliency`` for the others.
    width : int, default=15
        Number of letters of a region, at most L.
    false_discovery_rate : float, default=0.05
        Expected share of chance regions among those returned.
    null : array-like of shape (m, L) or None, default=None
        Saliency without motifs to compare with: that of the same classifier on shuffled sequences,
        for instance. None compares with `saliency` itself, its values permuted within each row.
    where : array-like of bool of shape (n, L) or None, default=None
        Which positions hold a letter: values are permuted among these only. None is all. Needed
        where rows hold padding or runs of N, whose saliency is 0: permuted into them, values would
        gather less by chance than they do among letters. Ignored with `null`.
    n_permutations : int, default=20
        How often each row is permuted.
    random_state : int, RandomState instance or None, default=0
        Seed of the permutations.

    Returns
    -------
    seqlets : Bunch
        With these arrays, one value for each region, the highest score first:

        row : ndarray of shape (n_seqlets,)
            Row of the sequence.
        start, end : ndarray of shape (n_seqlets,)
            First position, 0-based, and the one after the last.
        score : ndarray of shape (n_seqlets,)
            Sum of the saliency.
        q_value : ndarray of shape (n_seqlets,)
            The lowest false discovery rate at which the region would be returned.
        length : ndarray of shape (n_seqlets,)
            Number of positions of the saliency, L, which :func:`to_bed` compares with the regions.

    Raises
    ------
    ValueError
        If the saliency is not finite or shorter than the width, or `where` has another shape.

    See Also
    --------
    saliency : Compute saliency.
    cluster_seqlets : Align regions to motifs.

    Notes
    -----
    The score says that saliency is concentrated in a region, not that the region is needed:
    :func:`perturbation_curve` is the control for that. The permuted null takes the values of
    neighbouring letters for independent. A saliency that is smooth by construction (attention
    spread over the width of a filter) gathers in regions also without a motif, and more than
    the given rate of chance regions passes. The control for this is ``null``, and also that a few
    chance regions seldom align; many do, see :func:`cluster_seqlets`.

    As in any permutation test, chance counts as having one region more than it has shown. The fewer
    rows it was looked for in, the more regions have to be above all of it before any is returned:
    at a rate of 0.05 a single one does where each row is permuted 20 times, and 20 of them with a
    ``null`` of no more rows than the saliency has.

    This is the idea of TF-MoDISco's seqlets [1]_ with a permuted null in place of a fitted one.

    References
    ----------
    .. [1] A. Shrikumar et al., "Technical note on transcription factor motif discovery from
       importance scores (TF-MoDISco)", arXiv:1811.00416 (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_attngen.inspection import extract_seqlets
    >>> saliency = np.random.default_rng(0).random((20, 100))
    >>> saliency[:, 40:46] += 3
    >>> seqlets = extract_seqlets(saliency, width=6)
    >>> seqlets.start
    array([40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40,
           40, 40, 40])
    """
    values, width = check_saliency(saliency), int(width)  # NumPy's small numbers overflow
    if width > values.shape[1]:
        raise ValueError(
            f"width={width} is more than the {values.shape[1]} positions of the sequences. Choose "
            "a smaller width."
        )
    row, start, score = _peaks(values, width)
    if null is None:
        rng = np.random.default_rng(draw_seed(random_state))
        letters = None if where is None else _check_where(where, values.shape)

        def shuffled() -> Floats:
            if letters is None or letters.all():
                return rng.permuted(values, axis=1)
            return permuted(values, letters, rng)

        sums = [_peaks(shuffled(), width)[2] for _ in range(n_permutations)]
        chance, n_chance = np.concatenate(sums), n_permutations * len(values)
    else:
        without = check_saliency(null, "null")
        if without.shape[1] != values.shape[1]:
            raise ValueError(
                f"null has {without.shape[1]} positions, saliency {values.shape[1]}: the chance of "
                "a high sum depends on the length, so both must have the same."
            )
        chance, n_chance = _peaks(without, width)[2], len(without)
    order = np.lexsort((start, row, -score))
    row, start, score = row[order], start[order], score[order]
    chance = np.sort(chance)
    # one more than chance has shown, or the highest region of noise would often be found
    as_high = 1 + len(chance) - np.searchsorted(chance, score * (1 - _ROUNDING), "left")
    # whole numbers are divided last, and once: a rate of 3 / 60 is not above 0.05
    shown = np.arange(1, len(score) + 1)
    rate = np.minimum(as_high * len(values) / (n_chance * shown), 1.0)
    q_value = np.minimum.accumulate(rate[::-1])[::-1]
    kept = q_value <= false_discovery_rate
    return Bunch(
        row=row[kept],
        start=start[kept],
        end=start[kept] + width,
        score=score[kept],
        q_value=q_value[kept],
        length=np.full(np.count_nonzero(kept), values.shape[1]),
    )


def _check_where(where: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    letters = np.asarray(where)
    if letters.shape != shape or letters.dtype.kind != "b":
        raise ValueError(
            f"where must be an array of bool of the shape of the saliency, {shape}, got one of "
            f"{letters.dtype} and shape {letters.shape}."
        )
    return letters


def _peaks(values: Floats, width: int) -> tuple[Indices, Indices, Floats]:
    """Take the best windows of each row that do not overlap a better one: rows, starts, sums.

    Each round takes one window of every row that still has one with a positive sum.
    """
    total = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=total[:, 1:])
    sums = total[:, width:] - total[:, :-width]
    if sums.shape[1] > _LONG:
        taken = [_best_first(row, width) for row in sums]
        row = np.repeat(np.arange(len(sums)), [len(starts) for starts in taken])
        start = np.concatenate(taken)
        return row, start, sums[row, start]
    overlapping = np.arange(1 - width, width)
    found = []
    row = np.arange(len(values))
    while True:
        best = sums.argmax(axis=1)
        score = sums[np.arange(len(sums)), best]
        positive = score > 0
        if not positive.any():
            break
        if not positive.all():
            row, sums, best, score = row[positive], sums[positive], best[positive], score[positive]
        found.append((row, best, score))
        taken = np.clip(best[:, None] + overlapping, 0, sums.shape[1] - 1)
        sums[np.arange(len(sums))[:, None], taken] = -np.inf
    if not found:
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
    rows, starts, scores = (np.concatenate(part) for part in zip(*found, strict=True))
    return rows, starts, scores


def _best_first(sums: Floats, width: int) -> Indices:
    """Go through the windows of a row with a positive sum, the best first; return what is taken."""
    order = np.argsort(-sums, kind="stable")[: np.count_nonzero(sums > 0)]
    free = bytearray(b"\1") * (len(sums) + width)
    taken = []
    for start in order.tolist():
        if free[start]:
            taken.append(start)
            begin = max(0, start - width + 1)
            free[begin : start + width] = bytes(start + width - begin)
    return np.array(taken, dtype=np.intp)
