"""to_frame and to_modisco_npz: every value at its letter."""

import numpy as np
import pytest

from sklearn_attngen.inspection import to_frame, to_modisco_npz
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import Alphabet, one_hot, read_sequences

X = ["ACGT", "GGNA"]
VALUES = np.arange(8.0).reshape(2, 4)


def test_one_row_for_each_letter():
    frame = to_frame(VALUES, X, ["a", "b"], names=["first", "second"], positions=-2)
    assert frame.columns.tolist() == ["sequence", "class", "position", "letter", "saliency"]
    assert frame["sequence"].tolist() == ["first"] * 4 + ["second"] * 4
    assert frame["class"].tolist() == ["a"] * 4 + ["b"] * 4
    assert frame["position"].tolist() == [-2, -1, 0, 1] * 2
    assert frame["letter"].tolist() == list("ACGTGGNA")
    assert frame["letter"].cat.categories.tolist() == list("ACGTN")
    assert frame["saliency"].tolist() == list(range(8))


def test_without_labels_and_names():
    frame = to_frame(VALUES, X)
    assert frame.columns.tolist() == ["sequence", "position", "letter", "saliency"]
    assert frame["sequence"].tolist() == [0] * 4 + [1] * 4


def test_one_hot_input_gives_the_same():
    encoded = SequenceOneHotEncoder().fit_transform(X)
    assert to_frame(VALUES, encoded).equals(to_frame(VALUES, X))


def load(tmp_path, *arguments, **keywords):
    paths = tmp_path / "s.npz", tmp_path / "a.npz"
    to_modisco_npz(*arguments, *paths, **keywords)
    return tuple(np.load(path)["arr_0"] for path in paths)


def test_modisco_reads_channels_first(tmp_path):
    sequences, scores = load(tmp_path, VALUES, X)
    blocks = one_hot(read_sequences(X).codes)
    assert sequences.shape == scores.shape == (2, 4, 4)
    assert sequences.dtype == scores.dtype == np.float32
    np.testing.assert_array_equal(sequences, blocks.transpose(0, 2, 1))
    np.testing.assert_array_equal(scores.sum(axis=1)[0], VALUES[0])
    np.testing.assert_array_equal(scores.sum(axis=1)[1], [4, 5, 0, 7])  # N has no letter
    assert not scores[sequences == 0].any()


def test_hypothetical_scores_are_kept_whole(tmp_path):
    hypothetical = np.random.default_rng(0).normal(size=(2, 4, 4))
    sequences, scores = load(tmp_path, hypothetical, X)
    np.testing.assert_allclose(scores, hypothetical.transpose(0, 2, 1), rtol=1e-6)
    assert sequences.sum() == 7


def test_what_does_not_fit_is_said(tmp_path):
    with pytest.raises(ValueError, match=r"saliency has shape \(2, 3\)"):
        to_frame(VALUES[:, :3], X)
    with pytest.raises(ValueError, match="names holds some names more than once"):
        to_frame(VALUES, X, names=["a", "a"])
    for names in (["a"], "ab", 3):
        with pytest.raises(ValueError, match="names must hold one name for each of the 2"):
            to_frame(VALUES, X, names=names)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        to_frame(VALUES, X, ["a"])
    with pytest.raises(ValueError, match="row 1 at position 2"):
        to_frame(np.where(VALUES == 6, np.inf, VALUES), X)
    with pytest.raises(ValueError, match=r"must have shape \(n, L, 4\)"):
        load(tmp_path, np.ones((2, 4, 3)), X)
    with pytest.raises(ValueError, match=r"saliency has shape \(2, 5\)"):
        load(tmp_path, np.ones((2, 5, 4)), X)
    with pytest.raises(ValueError, match=r"must end in '\.npz'"):
        to_modisco_npz(VALUES, X, tmp_path / "s.npy", tmp_path / "a.npz")
    with pytest.raises(ValueError, match="two different files"):
        to_modisco_npz(VALUES, X, tmp_path / "s.npz", str(tmp_path / "s.npz"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("shape", [(0, 4, 4), (1, 0, 4), (0, 4), (1, 4, 4, 1), (4,)])
def test_scores_without_a_letter_are_refused(shape, tmp_path):
    with pytest.raises(ValueError, match=r"needs the shape \(n, L\) or \(n, L, 4\), with at least"):
        to_modisco_npz(np.zeros(shape), ["ACGT"], tmp_path / "a.npz", tmp_path / "b.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_hypothetical_score_that_is_no_number_is_found(tmp_path):
    scores = np.zeros((2, 4, 4))
    scores[1, 2, 3] = np.nan
    with pytest.raises(ValueError, match=r"nan in row 1 at position 2 for T"):
        to_modisco_npz(scores, ["ACGT"] * 2, tmp_path / "a.npz", tmp_path / "b.npz")


@pytest.mark.parametrize("alphabet", ["protein", "ATCG", "ACGT-"])
def test_letters_without_the_other_strand_are_no_input_of_modisco(alphabet, tmp_path):
    """It takes the letters in reverse order for the complements, and would see D as V."""
    with pytest.raises(ValueError, match=rf"in the order ACGT or ACGU.*alphabet {alphabet}\. For"):
        load(tmp_path, VALUES, ["ACGT", "GGTA"], alphabet=alphabet)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("alphabet", ["RNA", Alphabet("mine", "ACGT")])
def test_letters_in_the_order_of_dna_are(alphabet, tmp_path):
    assert load(tmp_path, VALUES, ["ACGG", "GGCA"], alphabet=alphabet)[0].shape == (2, 4, 4)


def test_an_alphabet_without_an_unknown_letter():
    alphabet = Alphabet("mine", "ACGT")
    frame = to_frame(np.ones((1, 4)), ["ACGT"], alphabet=alphabet)
    assert frame["letter"].tolist() == list("ACGT")
