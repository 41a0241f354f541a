"""Synthetic sequences whose deciding letters are known."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_attngen._validation import validate_params
from sklearn_attngen.sequences import decode_codes

from ._motif_planting import (
    Canvas,
    Codes,
    draw_background,
    draw_motifs,
    draw_pairs,
    plant_spaced,
    plant_with_decoys,
    remove_chance_copies,
    reverse_complement,
)

_LETTERS = "ACGT"


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "length": [Interval(Integral, 1, None, closed="left")],
        "task": [StrOptions({"presence", "pairs", "spacing"})],
        "n_classes": [Interval(Integral, 2, None, closed="left"), None],
        "motifs": ["array-like", None],
        "motif_width": [Interval(Integral, 4, None, closed="left")],
        "spacings": ["array-like", None],
        "background_class": ["boolean"],
        "mutation_rate": [Interval(Real, 0, 0.75, closed="left")],
        "gc": [Interval(Real, 0, 1, closed="both")],
        "strand": [StrOptions({"forward", "both"})],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_motif_sequences(
    n_samples: int = 1000,
    *,
    length: int = 200,
    task: str = "presence",
    n_classes: int | None = None,
    motifs: ArrayLike | None = None,
    motif_width: int = 9,
    spacings: ArrayLike | None = None,
    background_class: bool = False,
    mutation_rate: float = 0.0,
    gc: float = 0.5,
    strand: str = "forward",
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate DNA sequences with planted motifs at known positions.

    The truth about every letter is known, so that a saliency can be scored: the letters of the
    planted motifs decide the class, and no other letter tells anything about it.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences. The classes are balanced to within one sequence.
    length : int, default=200
        Length of every sequence, in letters.
    task : {"presence", "pairs", "spacing"}, default="presence"
        What decides the class, from easy to hard.

        - ``"presence"``: each class has its own motif.
        - ``"pairs"``: the class is *which two motifs* stand together. Every motif is equally
          frequent in every class, so no single motif decides.
        - ``"spacing"``: the class is the *distance* between the same two motifs.
    n_classes : int, default=None
        Number of classes. None takes it from `motifs` (``"presence"``) or `spacings`
        (``"spacing"``) where they are given, and 2 otherwise.
    motifs : array-like of str, default=None
        The motifs, in letters A, C, G, T. None draws them: random arrangements of the same letters,
        far from each other and from each other's reverse complements. How many are needed depends
        on the task: one per class (one less with `background_class`), an even number of at least 4
        and more than `n_classes` for ``"pairs"``, two for ``"spacing"``.
    motif_width : int, default=9
        Letters of a drawn motif. Ignored if `motifs` are given.
    spacings : array-like of int, default=None
        Number of letters between the two motifs in each class, for ``task="spacing"`` only. None
        means 5, 15, 25, ...
    background_class : bool, default=False
        For ``task="presence"`` only: if True, class 0 has no motif. Nothing can be found in its
        sequences, and their `positions` are all False.
    mutation_rate : float, default=0.0
        Probability that a planted letter is replaced by another one, below 0.75: there letters
        are as good as drawn anew.
    gc : float, default=0.5
        Probability that a background letter is G or C.
    strand : {"forward", "both"}, default="forward"
        With ``"both"`` every planted motif is reverse-complemented with probability 1/2 (for
        ``"spacing"`` the two motifs together).
    random_state : int, RandomState instance or None, default=None
        Determines everything that is drawn. Pass an int for reproducible output.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the keys

        data : ndarray of shape (n_samples,), dtype=object
            The sequences, as str.
        target : ndarray of shape (n_samples,), dtype=int64
            The classes, 0 to ``n_classes - 1``, in random order.
        positions : ndarray of shape (n_samples, length), dtype=bool
            The letters that decide: those of the planted motifs that are not mutated.
        mutated : ndarray of shape (n_samples, length), dtype=bool
            The mutated letters of planted motifs. They are neither right nor wrong: leave them out
            when a saliency is scored against `positions`.
        decoys : ndarray of shape (n_samples, length), dtype=bool
            The letters of shuffled motifs (see Notes). They tell nothing about the class.
        planted : ndarray of shape (n_samples, n_motifs), dtype=bool
            Which motifs each sequence holds.
        motifs : list of str
            The motifs, as they read on the forward strand.

    Raises
    ------
    TypeError
        If a motif is no string.
    ValueError
        If the motifs do not fit the task or do not fit into `length`.

    See Also
    --------
    load_splice_junctions : Real sequences with a motif at a known place.

    Notes
    -----
    **Nothing but the order of letters decides.** All sequences have the same length. In a sequence
    that lacks a motif a freshly shuffled copy of it is planted instead (a *decoy*), so that the
    counts of the letters have the same distribution in every class. The places of motifs and
    decoys are random and do not overlap. In "spacing" the middle of the pair has the same
    distribution in every class; where its ends lie is the distance that decides, and in short
    sequences tells it to a model of fixed positions.

    **What a perfect model reaches.** Chance copies of the motifs are removed from the background,
    so with ``mutation_rate=0`` every class can be told with certainty (accuracy 1.0) from the
    letters in `positions`, and from nothing else. With mutations certainty is lost. The
    likelihood-ratio classifier that knows the motifs and the mutation rate, and takes all other
    letters for background (the oracle of ``benchmarks/planted_motifs.py``), reaches, with two
    classes and otherwise default parameters, in the mean of 25 sets of 2,000 sequences
    (``random_state`` 0 to 24, with a standard deviation of up to 0.01):

    =============  ========  =====  =======
    mutation_rate  presence  pairs  spacing
    =============  ========  =====  =======
    0.0                1.00   1.00     1.00
    0.1                0.95   0.91     1.00
    0.2                0.85   0.75     0.98
    0.3                0.73   0.60     0.91
    =============  ========  =====  =======

    It is not quite perfect on pairs: one that also knows that the other two motifs stand there as
    decoys, and that nothing overlaps, has 0.01 more.

    Examples
    --------
    >>> from sklearn_attngen.datasets import make_motif_sequences
    >>> bunch = make_motif_sequences(4, length=24, motifs=["GATTACA", "CCGTGAA"], random_state=0)
    >>> for sequence, label, truth in zip(bunch.data, bunch.target, bunch.positions):
    ...     print(label, "".join(s if t else s.lower() for s, t in zip(sequence, truth)))
    0 gggaccatgggtaaatGATTACAg
    1 atgcCCGTGAAgtgccatcgtaac
    1 ctaagatccaaCCGTGAAtatctg
    0 gacGATTACAgccgcataggcaga
    """
    rng = check_random_state(random_state)
    if task != "presence" and background_class:
        raise ValueError(f"background_class=True is for task='presence', got task={task!r}.")
    if task != "spacing" and spacings is not None:
        raise ValueError(f"spacings is for task='spacing', got task={task!r}.")
    given = None if motifs is None else _read_motifs(motifs, both_strands=strand == "both")
    n_classes, n_motifs = _count(task, n_classes, given, spacings, background_class)
    words = draw_motifs(n_motifs, motif_width, rng) if given is None else given

    target = rng.permutation(np.arange(n_samples, dtype=np.int64) % n_classes)
    canvas = Canvas(draw_background((n_samples, length), gc, rng))
    both = strand == "both"
    if task == "spacing":
        gaps = _read_spacings(spacings, n_classes)
        planted = np.ones((n_samples, 2), dtype=bool)
        plant_spaced(canvas, words, gaps[target], both, mutation_rate, rng)
    else:
        if task == "pairs":
            planted = draw_pairs(target, n_motifs, rng)
        else:
            planted = target[:, np.newaxis] == np.arange(n_motifs) + int(background_class)
        plant_with_decoys(canvas, words, planted, both, mutation_rate, rng)
    every = [*words, *map(reverse_complement, words)] if both else words
    remove_chance_copies(canvas, every, gc, rng)
    return Bunch(
        data=decode_codes(canvas.codes),
        target=target,
        positions=canvas.positions,
        mutated=canvas.mutated,
        decoys=canvas.decoys,
        planted=planted,
        motifs=["".join(_LETTERS[code] for code in word) for word in words],
    )


def _read_motifs(motifs: Any, both_strands: bool) -> list[Codes]:
    """Check the user's motifs and return their codes."""
    words = []
    motifs = list(motifs)  # a Series counts by its index
    for i, motif in enumerate(motifs):
        if not isinstance(motif, str):
            raise TypeError(f"motifs must be strings, got {type(motif).__name__} at index {i}.")
        wrong = [j for j, letter in enumerate(motif.upper()) if letter not in _LETTERS]
        if wrong:
            raise ValueError(
                f"motifs must consist of the letters A, C, G, T, but motif {i} has "
                f"{motif[wrong[0]]!r} at position {wrong[0]} (both counted from 0)."
            )
        if len(set(motif.upper())) < 2:
            raise ValueError(
                f"motifs must have at least two different letters, so that they can be shuffled, "
                f"but motif {i} is {motif!r}."
            )
        words.append(np.array([_LETTERS.index(letter) for letter in motif.upper()], dtype=np.uint8))
    for i, word in enumerate(words):
        for j, other in enumerate(words):
            forms = [other, reverse_complement(other)] if both_strands else [other]
            if i != j and any(form.tobytes() in word.tobytes() for form in forms):
                raise ValueError(
                    f"No motif may stand inside another one, but motif {i}, {motifs[i]!r}, holds "
                    f"motif {j}, {motifs[j]!r}"
                    + (" (on one of the two strands)." if both_strands else ".")
                )
    return words


def _count(
    task: str,
    n_classes: int | None,
    motifs: list[Codes] | None,
    spacings: Any,
    background_class: bool,
) -> tuple[int, int]:
    """Return the numbers of classes and motifs, or say why they do not fit together."""
    n_given = None if motifs is None else len(motifs)
    if n_classes is None:
        n_classes = 2
        if task == "presence" and n_given is not None:
            n_classes = n_given + background_class
        elif spacings is not None:
            n_classes = len(spacings)
        if n_classes < 2:
            raise ValueError("At least two classes are needed: give more motifs or spacings.")
    if task == "presence":
        n_motifs, wanted = n_classes - background_class, f"{n_classes - background_class}"
        fits = n_given == n_motifs
    elif task == "pairs":
        n_motifs = max(4, n_classes + 1 + (n_classes + 1) % 2)
        wanted = f"an even number of at least {n_motifs}"
        fits = n_given is not None and n_given >= n_motifs and n_given % 2 == 0
    else:
        n_motifs, wanted, fits = 2, "2", n_given == 2
    if n_given is None:
        return n_classes, n_motifs
    if not fits:
        raise ValueError(
            f"task={task!r} with {n_classes} classes needs {wanted} motif(s), got {n_given}."
        )
    return n_classes, n_given


def _read_spacings(spacings: ArrayLike | None, n_classes: int) -> NDArray[np.intp]:
    """Return the number of letters between the motifs for each class."""
    gaps = np.asarray(5 + 10 * np.arange(n_classes) if spacings is None else spacings)
    if gaps.ndim != 1 or gaps.dtype.kind not in "iu" or gaps.min() < 1:
        raise ValueError(f"spacings must be integers of at least 1, got {spacings!r}.")
    if len(gaps) != n_classes or len(np.unique(gaps)) != n_classes:
        raise ValueError(f"spacings must be {n_classes} different integers, got {spacings!r}.")
    return gaps.astype(np.intp)
