"""Grow templates from the densest seqlets, and share the seqlets out among them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .alignment import Alignment, Integers, Weights, align, aligned_windows, mean_window

# Seeds are looked for among so many seqlets, the best that no template has gathered: their
# similarities are held as a matrix.
_MOST_SEEDS = 1000
# Chance similarities are measured on so many permuted windows or a few more ...
_N_CHANCE = 2000
# ... and a seqlet belongs to a template if less than this share of them is as similar.
_CHANCE_RATE = 0.02
_ROUNDS = 10
# So many neighbours tell how dense it is around a seed, and make its first template. More could be
# more than its motif has.
_NEAR = 20
# Seeds in succession that may come to nothing before the search ends.
_PATIENCE = 5
# Templates that are this similar are one, and the halves of one are two below the other limit.
_SAME, _DIFFERENT = 0.85, 0.8


class Group(NamedTuple):
    """Seqlets of one template: their indices, and how each is aligned with it."""

    members: Integers
    shift: Integers
    strand: Integers
    similarity: Weights


def group_windows(
    windows: Weights,
    width: int,
    complement: NDArray[np.uint8] | None,
    least: int,
    rng: np.random.Generator,
) -> list[Group]:
    """Group windows that look alike.

    Parameters
    ----------
    windows : ndarray of shape (n, width + 2 * most, n_letters)
        Weighted letters of the seqlets and ``most`` positions to either side, the best
        seqlets first.
    width : int
        Width of the templates.
    complement : ndarray of shape (n_letters,) or None
        Codes of the complements; None reads one strand only.
    least : int
        Smallest size of a group.
    rng : numpy.random.Generator
        Permutes the windows for chance similarities.

    Returns
    -------
    groups : list of Group
        The largest first; no window is in two.
    """
    chance = _permuted(windows, rng)
    templates, limits = _grow(windows, chance, width, complement, least)
    while templates:
        groups = _share_out(align(np.stack(templates), windows, complement), np.array(limits))
        sizes = np.array([len(group.members) for group in groups])
        smallest = int(sizes.argmin())
        twin = _twin_of(templates, sizes, complement)
        drop = smallest if sizes[smallest] < least else twin
        if drop is None:
            return [groups[i] for i in np.argsort(-sizes, kind="stable")]
        # Its windows can go to another template, so all are shared out anew.
        del templates[drop], limits[drop]
    return []


def _permuted(windows: Weights, rng: np.random.Generator) -> Weights:
    """Return windows with their positions permuted: the same letters and weights, no order."""
    picked = np.linspace(0, len(windows) - 1, min(len(windows), _N_CHANCE)).astype(np.intp)
    copies = np.tile(windows[picked], (-(-_N_CHANCE // len(picked)), 1, 1))
    order = np.argsort(rng.random(copies.shape[:2]), axis=1)
    return np.take_along_axis(copies, order[:, :, None], axis=1)


def _grow(
    windows: Weights,
    chance: Weights,
    width: int,
    complement: NDArray[np.uint8] | None,
    least: int,
) -> tuple[list[Weights], list[float]]:
    """Find templates, one after the other, among the windows that no earlier one has gathered."""
    most = (windows.shape[1] - width) // 2
    cores = windows[:, most : most + width]
    seeds = np.arange(min(len(windows), _MOST_SEEDS))
    pairs = align(cores[seeds], windows[seeds], complement).similarity
    pairs = np.maximum(pairs, pairs.T)
    np.fill_diagonal(pairs, 0.0)
    free = np.ones(len(windows), dtype=bool)
    untried = np.ones(len(windows), dtype=bool)
    templates: list[Weights] = []
    limits: list[float] = []
    failures = 0
    while free.sum() >= least and untried[seeds].any() and failures < _PATIENCE:
        candidates = np.flatnonzero(untried[seeds])
        others = np.flatnonzero(free[seeds])
        n_near = min(least, _NEAR, len(others))
        near = np.partition(pairs[np.ix_(candidates, others)], len(others) - n_near, axis=1)
        seed = int(seeds[candidates[near[:, -n_near:].mean(axis=1).argmax()]])
        untried[seed] = False
        grown = _refine(cores[seed], windows, chance, free, complement, least)
        if grown is None:
            failures += 1
            continue
        failures = 0
        template, limit, members = grown
        # Parts can be too small for a motif: a large part is not made of two small motifs either.
        parts = _split(template, windows[members], complement, min(least, _NEAR))
        templates += parts
        limits += [limit] * len(parts)
        free[members] = False
        untried &= free
        # Others take their places, or a motif of many windows would hide one of less salient ones.
        places = np.flatnonzero(~free[seeds])
        new = np.setdiff1d(np.flatnonzero(free), seeds)[: len(places)]
        if new.size:
            places = places[: len(new)]
            seeds[places] = new
            rows = align(cores[new], windows[seeds], complement).similarity
            columns = align(cores[seeds], windows[new], complement).similarity
            pairs[places] = np.maximum(rows, columns.T)
            pairs[:, places] = pairs[places].T
            np.fill_diagonal(pairs, 0.0)
    return templates, limits


def _refine(
    template: Weights,
    windows: Weights,
    chance: Weights,
    free: NDArray[np.bool_],
    complement: NDArray[np.uint8] | None,
    least: int,
) -> tuple[Weights, float, NDArray[np.bool_]] | None:
    """Gather what is like a template and make it anew, until its members stay the same."""
    width = len(template)
    members: NDArray[np.bool_] | None = None
    for step in range(_ROUNDS):
        found = align(template[None], windows, complement)
        similarity = found.similarity[0]
        if step == 0:  # a single window says little: its nearest neighbours make the template
            limit = float(np.sort(similarity[free])[-min(least, _NEAR)])
        else:
            by_chance = align(template[None], chance, complement).similarity[0]
            limit = float(np.quantile(by_chance, 1 - _CHANCE_RATE))
        gathered = free & (similarity >= limit)
        if gathered.sum() < (least if step else min(least, _NEAR)):
            return None
        if members is not None and np.array_equal(gathered, members):
            break
        members = gathered
        template = mean_window(
            windows[members], found.shift[0][members], found.strand[0][members], width, complement
        )
    assert members is not None
    return template, limit, members


def _split(
    template: Weights, windows: Weights, complement: NDArray[np.uint8] | None, least: int
) -> list[Weights]:
    """Divide the windows of a template as long as the parts are large and unlike each other.

    What is similar enough to gather can still be two motifs that have some letters in common.
    """
    width = len(template)
    found = align(template[None], windows, complement)
    shift, strand = found.shift[0], found.strand[0]
    aligned = aligned_windows(windows, shift, strand, width, complement)
    centred = aligned - aligned.mean(axis=0)
    # The sign of the first principal component is where two groups part.
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    second = centred @ axis > 0
    for _ in range(_ROUNDS):
        if min(second.sum(), (~second).sum()) < least:
            return [template]
        halves = np.stack(
            [
                mean_window(windows[part], shift[part], strand[part], width, complement)
                for part in (~second, second)
            ]
        )
        found = align(halves, windows, complement)
        before, second = second, found.similarity[1] > found.similarity[0]
        row = second.astype(int), np.arange(len(windows))
        shift, strand = found.shift[row], found.strand[row]
        if np.array_equal(before, second):
            break
    if template_similarity(halves, complement)[0, 1] >= _DIFFERENT:
        return [template]
    return [
        part
        for half, chosen in zip(halves, (~second, second), strict=True)
        for part in _split(half, windows[chosen], complement, least)
    ]


def template_similarity(templates: Weights, complement: NDArray[np.uint8] | None) -> Weights:
    """Return how similar templates are at their best alignment, (m, m)."""
    most = templates.shape[1] // 2
    padded = np.pad(templates, ((0, 0), (most, most), (0, 0)))
    similarity = align(templates, padded, complement).similarity
    return np.maximum(similarity, similarity.T)


def _share_out(found: Alignment, limits: NDArray[np.float64]) -> list[Group]:
    """Give each window to the template that it is most similar to, if it is similar enough."""
    enough = found.similarity >= limits[:, None]
    best = np.where(enough, found.similarity, -1.0).argmax(axis=0)
    groups = []
    for i in range(len(limits)):
        members = np.flatnonzero((best == i) & enough[i])
        groups.append(
            Group(
                members,
                found.shift[i, members],
                found.strand[i, members],
                found.similarity[i, members],
            )
        )
    return groups


def _twin_of(
    templates: list[Weights], sizes: Integers, complement: NDArray[np.uint8] | None
) -> int | None:
    """Return the smaller of two templates that are alike, or None."""
    similarity = template_similarity(np.stack(templates), complement)
    np.fill_diagonal(similarity, 0.0)
    i, j = np.unravel_index(similarity.argmax(), similarity.shape)
    if similarity[i, j] < _SAME:
        return None
    return int(i if sizes[i] < sizes[j] else j)
