"""Draw motifs and plant them, vectorised over sequences (codes 0 to 3 for A, C, G, T)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_MAX_ROUNDS = 1000
_ROWS_PER_CHUNK = 2048


def reverse_complement(codes: Codes) -> Codes:
    """Reverse-complement the last axis: 3 - code is the complement of A, C, G, T."""
    return np.asarray(3 - codes[..., ::-1], dtype=np.uint8)


def draw_background(
    shape: tuple[int, ...], gc: float, random_state: np.random.RandomState
) -> Codes:
    """Draw independent letters with P(G) = P(C) = gc / 2."""
    uniform = random_state.random_sample(shape)
    bounds = ((1 - gc) / 2, 0.5, (1 + gc) / 2)
    return np.sum([uniform >= bound for bound in bounds], axis=0, dtype=np.uint8)


def draw_motifs(n_motifs: int, width: int, random_state: np.random.RandomState) -> list[Codes]:
    """Draw motifs that are rearrangements of the same letters and as far apart as can be had."""
    letters = np.tile(np.arange(4, dtype=np.uint8), width // 4 + 1)[:width]
    motifs: list[Codes] = []
    distance, failures = width // 2, 0
    while len(motifs) < n_motifs:
        motif = random_state.permutation(letters)
        known = [m for other in motifs for m in (other, reverse_complement(other))]
        if all(np.count_nonzero(motif != m) >= distance for m in known):
            motifs.append(motif)
        else:
            failures += 1
        if failures > _MAX_ROUNDS:
            distance, failures = distance - 1, 0
            if distance < 1:
                raise ValueError(
                    f"There are no {n_motifs} different motifs of {width} letters. Use a larger "
                    "motif_width."
                )
    return motifs


@dataclass
class Canvas:
    """Background sequences with the masks of what has been planted on them.

    Attributes
    ----------
    codes : ndarray of shape (n_samples, length)
    occupied : ndarray of shape (n_samples, length)
        Letters of planted motifs and decoys.
    positions, mutated, decoys : ndarray of shape (n_samples, length)
        Intact letters of motifs, mutated letters of motifs, letters of decoys.
    """

    codes: Codes
    occupied: Mask = field(init=False)
    positions: Mask = field(init=False)
    mutated: Mask = field(init=False)
    decoys: Mask = field(init=False)

    def __post_init__(self) -> None:
        for name in ("occupied", "positions", "mutated", "decoys"):
            setattr(self, name, np.zeros(self.codes.shape, dtype=bool))

    def plant(
        self,
        letters: Codes,
        starts: NDArray[np.intp],
        is_motif: Mask,
        mutation_rate: float,
        random_state: np.random.RandomState,
    ) -> None:
        """Write one element of ``letters.shape[1]`` letters into every row at `starts`."""
        n_samples, width = letters.shape
        changed = random_state.random_sample(letters.shape) < mutation_rate
        shift = random_state.randint(1, 4, size=letters.shape).astype(np.uint8)
        letters = np.where(changed, (letters + shift) % 4, letters).astype(np.uint8)
        rows = np.arange(n_samples)[:, np.newaxis]
        columns = starts[:, np.newaxis] + np.arange(width)
        self.codes[rows, columns] = letters
        self.occupied[rows, columns] = True
        self.positions[rows, columns] = is_motif[:, np.newaxis] & ~changed
        self.mutated[rows, columns] = is_motif[:, np.newaxis] & changed
        self.decoys[rows, columns] = ~is_motif[:, np.newaxis]


def shuffled_copies(
    motif: Codes, n: int, forbidden: list[Codes], random_state: np.random.RandomState
) -> Codes:
    """Shuffle `motif` once per row, so that no row holds any of the `forbidden` motifs."""
    copies = np.empty((n, len(motif)), dtype=np.uint8)
    todo = np.arange(n)
    for _ in range(_MAX_ROUNDS):
        order = np.argsort(random_state.random_sample((len(todo), len(motif))), axis=1)
        copies[todo] = motif[order]
        bad = np.zeros(len(todo), dtype=bool)
        for other in forbidden:
            if len(other) <= len(motif):
                bad |= find(copies[todo], other).any(axis=1)
        todo = todo[bad]
        if not todo.size:
            return copies
    raise ValueError("too few arrangements")


def random_starts(
    widths: list[int], n: int, length: int, random_state: np.random.RandomState
) -> NDArray[np.intp]:
    """Draw non-overlapping starts of one element per width, in a random order in each row.

    At least one background letter stays between two elements. The result has shape
    (n, len(widths)).
    """
    sizes = np.array(widths)
    free = length - int(sizes.sum()) - (len(widths) - 1)
    order = np.argsort(random_state.random_sample((n, len(widths))), axis=1)
    offsets = np.sort(random_state.randint(0, free + 1, size=order.shape), axis=1)
    ordered_sizes = sizes[order] + 1
    before = np.cumsum(ordered_sizes, axis=1) - ordered_sizes
    starts = np.empty(order.shape, dtype=np.intp)
    np.put_along_axis(starts, order, offsets + before, axis=1)
    return starts


def find(codes: Codes, motif: Codes) -> Mask:
    """Mark the starts of exact copies of `motif`; shape (n_samples, length - width + 1)."""
    return np.all(sliding_window_view(codes, len(motif), axis=1) == motif, axis=-1)


def remove_chance_copies(
    canvas: Canvas, motifs: list[Codes], gc: float, random_state: np.random.RandomState
) -> None:
    """Redraw background letters until no motif stands where none was planted."""
    for first in range(0, len(canvas.codes), _ROWS_PER_CHUNK):
        rows = np.arange(first, min(first + _ROWS_PER_CHUNK, len(canvas.codes)))
        for _ in range(_MAX_ROUNDS):
            rows = _redraw_once(canvas, rows, motifs, gc, random_state)
            if not rows.size:
                break
        else:
            raise ValueError(
                "The motifs occur by chance wherever the background is redrawn: they are too "
                "short for this length. Use a larger motif_width or a smaller length."
            )


def _redraw_once(
    canvas: Canvas,
    rows: NDArray[np.intp],
    motifs: list[Codes],
    gc: float,
    random_state: np.random.RandomState,
) -> NDArray[np.intp]:
    """Redraw one background letter in each chance copy; return the rows that had any."""
    codes, free = canvas.codes[rows], ~canvas.occupied[rows]
    hit_rows, hit_columns = [], []
    for motif in motifs:
        windows = sliding_window_view(free, len(motif), axis=1)
        row, start = np.nonzero(find(codes, motif) & windows.any(axis=-1))
        priority = random_state.random_sample((len(row), len(motif))) * windows[row, start]
        hit_rows.append(rows[row])
        hit_columns.append(start + priority.argmax(axis=1))
    row, column = np.concatenate(hit_rows), np.concatenate(hit_columns)
    canvas.codes[row, column] = draw_background((len(row),), gc, random_state)
    return np.unique(row)


def draw_pairs(
    target: NDArray[np.int64], n_motifs: int, random_state: np.random.RandomState
) -> NDArray[np.bool_]:
    """Pair the motifs by a round-robin tournament: class c takes the pairs of round c.

    Each motif plays once in each round, so all motifs are equally frequent in all classes, and
    each pair belongs to one class only.
    """
    half = n_motifs // 2
    rounds = []
    for shift in range(n_motifs - 1):
        circle = [0, *np.roll(np.arange(1, n_motifs), shift).tolist()]
        rounds.append([(circle[k], circle[-1 - k]) for k in range(half)])
    pairs = np.array(rounds)[target, random_state.randint(0, half, size=len(target))]
    planted = np.zeros((len(target), n_motifs), dtype=bool)
    np.put_along_axis(planted, pairs, True, axis=1)
    return planted


def plant_with_decoys(
    canvas: Canvas,
    motifs: list[Codes],
    planted: NDArray[np.bool_],
    both_strands: bool,
    mutation_rate: float,
    random_state: np.random.RandomState,
) -> None:
    """Plant every motif in every row: as it is where `planted`, shuffled elsewhere."""
    n_samples, length = canvas.codes.shape
    widths = [len(motif) for motif in motifs]
    _check_room(sum(widths) + len(widths) - 1, length)
    starts = random_starts(widths, n_samples, length, random_state)
    forbidden = [*motifs, *map(reverse_complement, motifs)]
    for j, motif in enumerate(motifs):
        letters = np.tile(motif, (n_samples, 1))
        missing = ~planted[:, j]
        try:
            letters[missing] = shuffled_copies(motif, int(missing.sum()), forbidden, random_state)
        except ValueError:
            raise ValueError(
                f"The letters of motif {j} (counted from 0) can hardly be arranged without making "
                "one of the motifs, so it has no decoys. Use a motif of more varied letters."
            ) from None
        if both_strands:
            flip = random_state.random_sample(n_samples) < 0.5
            letters[flip] = reverse_complement(letters[flip])
        canvas.plant(letters, starts[:, j], planted[:, j], mutation_rate, random_state)


def plant_spaced(
    canvas: Canvas,
    motifs: list[Codes],
    gaps: NDArray[np.intp],
    both_strands: bool,
    mutation_rate: float,
    random_state: np.random.RandomState,
) -> None:
    """Plant the two motifs in every row with ``gaps[row]`` letters between them."""
    n_samples, length = canvas.codes.shape
    width = len(motifs[0]) + len(motifs[1])
    _check_room(width + int(gaps.max()), length)
    # the middle of the pair comes from one range for all classes, so that where it lies tells
    # nothing; how far its ends reach is the distance itself
    span = width + gaps
    widest = int(span.max())
    middle = random_state.randint(0, length - widest + 1, size=n_samples) + widest // 2
    first = middle - span // 2
    flip = np.logical_and(random_state.random_sample(n_samples) < 0.5, both_strands)
    is_motif = np.ones(n_samples, dtype=bool)
    for j, motif in enumerate(motifs):
        letters = np.where(flip[:, np.newaxis], reverse_complement(motif), motif).astype(np.uint8)
        leads = flip == bool(j)  # on the reverse strand the second motif comes first
        starts = first + np.where(leads, 0, len(motifs[1 - j]) + gaps)
        canvas.plant(letters, starts, is_motif, mutation_rate, random_state)


def _check_room(needed: int, length: int) -> None:
    if needed > length:
        raise ValueError(
            f"The motifs do not fit: they need at least {needed} letters (motifs, decoys and the "
            f"letters between them), but length={length}. Use a larger length or fewer motifs."
        )
