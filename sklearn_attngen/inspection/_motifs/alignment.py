"""Align salient windows with one another, at every shift and on both strands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import NO_SIGNAL, one_hot

Weights = NDArray[np.float32]
Codes = NDArray[np.uint8]
Integers = NDArray[np.int64]


class Alignment(NamedTuple):
    """Best alignment of each window (columns) with each template (rows).

    ``similarity`` is a cosine from 0 to 1, ``shift`` the position of the window, read on ``strand``
    (+1 or -1), at which the template starts, relative to the middle one.
    """

    similarity: Weights
    shift: Integers
    strand: Integers


def cut(values: NDArray, rows: Integers, starts: Integers, width: int, outside: float) -> NDArray:
    """Cut windows out of the rows of an array (n, L); ``outside`` stands beyond the ends."""
    places = starts[:, None] + np.arange(width)
    inside = (places >= 0) & (places < values.shape[1])
    picked = values[rows[:, None], np.clip(places, 0, values.shape[1] - 1)]
    return np.where(inside, picked, np.asarray(outside, dtype=values.dtype))


def weigh(codes: Codes, saliency: NDArray[np.float64], n_letters: int) -> Weights:
    """Return one-hot letters as high as the square root of their saliency, (n, width, n_letters).

    The root keeps a window from being its one most salient letter; the cosine of two roots is
    the overlap of two distributions. Evidence against is 0: it is no part of the motif.
    """
    height = np.sqrt(np.maximum(saliency, 0.0)).astype(np.float32)
    return one_hot(codes, n_letters, np.float32) * height[:, :, None]


def align(templates: Weights, windows: Weights, complement: NDArray[np.uint8] | None) -> Alignment:
    """Align windows with shorter templates.

    Parameters
    ----------
    templates : ndarray of shape (m, width, n_letters)
    windows : ndarray of shape (n, width + 2 * most, n_letters)
        They are shifted by up to ``most`` positions to either side.
    complement : ndarray of shape (n_letters,) or None
        Codes of the complements; None aligns one strand only.
    """
    n, m, width, n_letters = len(windows), *templates.shape
    most = (windows.shape[1] - width) // 2
    flat = windows.reshape(n, -1)
    size = _sizes(windows, width)
    best = np.full((m, n), -1.0, dtype=np.float32)
    shift = np.zeros((m, n), dtype=np.int64)
    strand = np.ones((m, n), dtype=np.int64)
    # Flipping a template is flipping all windows, which are read from the other end then.
    readings = [templates] if complement is None else [templates, flip(templates, complement)]
    # Small shifts first, the given strand first: they win ties.
    for sign, reading in zip((1, -1), readings, strict=False):
        units = _unit(reading)
        for offset in sorted(range(-most, most + 1), key=abs):
            start = most + sign * offset
            part = flat[:, n_letters * start : n_letters * (start + width)]  # no copy
            similarity = units @ part.T
            similarity /= size[start]
            better = similarity > best + 1e-6
            np.copyto(best, similarity, where=better)
            np.copyto(shift, offset, where=better)
            np.copyto(strand, sign, where=better)
    return Alignment(best, shift, strand)


def _sizes(windows: Weights, width: int) -> Weights:
    """Return the length of each part of so many positions as a vector, (n_starts, n).

    1 stands for empty ones, which stay 0 when they are divided by it.
    """
    places = np.arange(windows.shape[1])
    starts = np.arange(windows.shape[1] - width + 1)[:, None]
    inside = (places >= starts) & (places < starts + width)
    square = np.einsum("nwc,nwc->wn", windows, windows)
    size = np.sqrt(inside.astype(windows.dtype) @ square)
    size[size == 0] = 1.0
    return size


def flip(windows: Weights, complement: NDArray[np.uint8]) -> Weights:
    """Return windows as they read on the other strand."""
    return windows[:, ::-1, complement]


def mean_window(
    windows: Weights,
    shift: Integers,
    strand: Integers,
    width: int,
    complement: NDArray[np.uint8] | None,
) -> Weights:
    """Average aligned windows to a template, (width, n_letters). Every window counts alike."""
    aligned = aligned_windows(windows, shift, strand, width, complement)
    return aligned.mean(axis=0).reshape(width, -1)


def aligned_windows(
    windows: Weights,
    shift: Integers,
    strand: Integers,
    width: int,
    complement: NDArray[np.uint8] | None,
) -> Weights:
    """Return the aligned parts of windows, as rows of length 1, (n, width * n_letters)."""
    most = (windows.shape[1] - width) // 2
    read = windows
    if complement is not None and (strand < 0).any():
        read = windows.copy()
        read[strand < 0] = flip(windows[strand < 0], complement)
    places = (shift + most)[:, None] + np.arange(width)
    return _unit(read[np.arange(len(read))[:, None], places])


def aligned_starts(starts: Integers, shift: Integers, strand: Integers) -> Integers:
    """Return where the aligned part starts in the sequence, given where its seqlet does.

    On the other strand the window is read backwards, so a shift goes to the left.
    """
    return starts + strand * shift


def read_sites(
    codes: Codes,
    saliency: NDArray[np.float64],
    rows: Integers,
    starts: Integers,
    strand: Integers,
    width: int,
    complement: NDArray[np.uint8] | None,
) -> tuple[Codes, NDArray[np.float64]]:
    """Cut the letters and the saliency of sites, each read on its own strand."""
    letters = cut(codes, rows, starts, width, NO_SIGNAL)
    values = cut(saliency, rows, starts, width, np.nan)
    if complement is not None:
        back = strand < 0
        table = np.full(256, NO_SIGNAL, dtype=np.uint8)
        table[: len(complement)] = complement
        letters[back] = table[letters[back][:, ::-1]]
        values[back] = values[back][:, ::-1]
    return letters, values


def _unit(windows: Weights) -> Weights:
    """Return windows as rows of length 1, (n, width * n_letters); empty ones stay 0."""
    flat = windows.reshape(len(windows), -1)
    size = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.divide(flat, size, out=np.zeros_like(flat), where=size > 0)
