"""align: the best cosine over all shifts and both strands, as plain loops find it."""

import numpy as np
import pytest

from sklearn_attngen.inspection._motifs.alignment import align, cut, flip, weigh

COMPLEMENT = np.array([3, 2, 1, 0], dtype=np.uint8)


def best_by_loops(template, window, complement):
    """Return the best cosine, with the shift and the strand where it is reached."""
    width, most = len(template), (len(window) - len(template)) // 2
    best = (-1.0, 0, 1)
    for strand in (1, -1) if complement is not None else (1,):
        read = window if strand > 0 else window[::-1, complement]
        for shift in sorted(range(-most, most + 1), key=abs):
            part = read[most + shift : most + shift + width].ravel().astype(float)
            norm = np.linalg.norm(part) * np.linalg.norm(template.astype(float))
            cosine = part @ template.ravel().astype(float) / norm if norm else 0.0
            if cosine > best[0] + 1e-6:
                best = (cosine, shift, strand)
    return best


@pytest.mark.parametrize("complement", [None, COMPLEMENT], ids=["one strand", "both"])
@pytest.mark.parametrize("width", [5, 6])
def test_alignments_are_the_best_of_all(width, complement):
    rng = np.random.default_rng(0)
    templates = rng.random((4, width, 4), dtype=np.float32)
    windows = rng.random((30, width + 2 * 3, 4), dtype=np.float32)
    windows *= rng.random((30, width + 2 * 3, 1)) < 0.7  # positions without a letter
    found = align(templates, windows, complement)
    for i, template in enumerate(templates):
        for j, window in enumerate(windows):
            similarity, shift, strand = best_by_loops(template, window, complement)
            assert found.similarity[i, j] == pytest.approx(similarity, abs=1e-6)
            assert (found.shift[i, j], found.strand[i, j]) == (shift, strand)


def test_windows_without_letters_are_like_nothing():
    rng = np.random.default_rng(0)
    windows = np.zeros((2, 9, 4), dtype=np.float32)
    windows[1, 2:7] = rng.random((5, 4))
    found = align(windows[1:, 2:7], windows, None)
    assert found.similarity[0] == pytest.approx([0, 1])


def test_a_template_finds_itself_on_the_other_strand():
    template = np.random.default_rng(0).random((1, 5, 4), dtype=np.float32)
    window = np.pad(template, ((0, 0), (3, 1), (0, 0)))
    found = align(template, flip(window, COMPLEMENT), COMPLEMENT)
    assert (found.similarity[0, 0], found.shift[0, 0], found.strand[0, 0]) == (
        pytest.approx(1, abs=1e-6),
        1,
        -1,
    )


def test_what_lies_beyond_the_ends_is_no_letter():
    values = np.array([[1, 2, 3], [4, 5, 6]])
    found = cut(values, np.array([0, 1, 1]), np.array([-1, 1, 3]), 3, 9)
    assert found.tolist() == [[9, 1, 2], [5, 6, 9], [9, 9, 9]]


def test_evidence_against_weighs_nothing():
    codes = np.array([[2, 0, 255]], dtype=np.uint8)
    found = weigh(codes, np.array([[-4.0, 4.0, 4.0]]), 4)
    assert found.tolist() == [[[0, 0, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]]]
