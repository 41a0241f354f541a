"""The embedded splice-junction data is what its card says."""

import hashlib
import importlib.util
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_attngen.datasets import load_splice_junctions
from sklearn_attngen.sequences import one_hot, read_sequences, reverse_complement

COUNTS = {
    ("EI", "train"): 509,
    ("EI", "test"): 170,
    ("IE", "train"): 502,
    ("IE", "test"): 167,
    ("N", "train"): 1239,
    ("N", "test"): 413,
}


@pytest.fixture(scope="module")
def splice():
    return load_splice_junctions()


def test_content_is_frozen(splice):
    """Published figures rest on exactly these rows, labels and split."""
    rows = zip(splice.data, splice.target, splice.split, strict=True)
    text = "sequence,label,split\n" + "".join(",".join(row) + "\n" for row in rows)
    assert (
        hashlib.sha256(text.encode()).hexdigest()
        == "bd8ba3489a84cc9edc2b8b360f5b544a9138db6b0cb9579b8d5881bb0bc0a819"
    )


def test_counts_match_the_card(splice):
    """The numbers printed in the card and in the docstring are those of the data."""
    assert Counter(zip(splice.target, splice.split, strict=True)) == COUNTS
    assert splice.target_names == sorted(set(splice.target)) == ["EI", "IE", "N"]
    for number in ("2,250", "750", "3,000", "1,239", "1,652", "509", "413"):
        assert number in splice.DESCR
    assert "CC BY 4.0" in splice.DESCR
    assert "10.24432/C5M888" in splice.DESCR


def test_types(splice):
    """Strings in object arrays, so that slices and joins never cut anything off."""
    for key in ("data", "target", "split"):
        assert splice[key].dtype == object
        assert splice[key].shape == (3000,)
        assert all(type(value) is str for value in splice[key])


def test_letters_and_length(splice):
    """60 letters, A, C, G and T only."""
    assert {len(sequence) for sequence in splice.data} == {60}
    assert set("".join(splice.data)) == set("ACGT")


def test_no_sequence_twice_on_either_strand(splice):
    """Duplicates, also of opposite labels, are removed."""
    assert len(set(splice.data)) == 3000
    assert not set(splice.data) & set(reverse_complement(splice.data))


@pytest.mark.parametrize(("label", "start", "dinucleotide"), [("EI", 30, "GT"), ("IE", 28, "AG")])
def test_junction_stands_where_the_card_says(splice, label, start, dinucleotide):
    """The decoding and the numbering are right: nature writes GT...AG."""
    found = [s[start : start + 2] == dinucleotide for s in splice.data]
    assert np.mean(np.array(found)[splice.target == label]) > 0.98
    assert np.mean(np.array(found)[splice.target == "N"]) < 0.15


def test_halves_share_no_25_mer(splice):
    """No relative of a training row, on either strand, stands in the test split."""

    def kmers(sequences):
        return {s[i : i + 25] for s in sequences for i in range(36)}

    train = kmers(splice.data[splice.split == "train"])
    test = splice.data[splice.split == "test"]
    assert not train & kmers(test)
    assert not train & kmers(reverse_complement(test))


def test_split_is_what_the_maintainer_script_makes(splice):
    """The documented steps give the embedded split again."""
    path = Path(__file__).parents[2] / "tools" / "build_splice_junctions.py"
    if not path.exists():
        # tests may run from a source distribution
        pytest.skip("tools/ is only in the source repository")
    spec = importlib.util.spec_from_file_location("build_splice_junctions", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    data, target = splice.data.tolist(), splice.target.tolist()
    assert tool.assign_split(data, target) == splice.split.tolist()
    again = tool.remove_duplicates(["AC", "GT", "AC", "TT", "GT"], ["N", "N", "N", "N", "EI"])
    assert again == (["AC", "TT"], ["N", "N"])


def test_first_rows_hold_all_classes(splice):
    """Rows are mixed, so that the first hundred are a usable sample."""
    assert set(splice.target[:100]) == {"EI", "IE", "N"}
    assert set(splice.split[:100]) == {"train", "test"}


def test_return_X_y(splice):
    """All rows, in the order of the Bunch."""
    X, y = load_splice_junctions(return_X_y=True)
    np.testing.assert_array_equal(X, splice.data)
    np.testing.assert_array_equal(y, splice.target)


def test_as_frame(splice):
    """Pandas objects hold the same values."""
    frame_bunch = load_splice_junctions(as_frame=True)
    assert isinstance(frame_bunch.frame, pd.DataFrame)
    assert list(frame_bunch.frame.columns) == ["sequence", "label", "split"]
    for key in ("data", "target", "split"):
        assert isinstance(frame_bunch[key], pd.Series)
        assert frame_bunch[key].tolist() == splice[key].tolist()
    X, _ = load_splice_junctions(return_X_y=True, as_frame=True)
    pd.testing.assert_series_equal(X, frame_bunch.data)


def test_calls_do_not_share_memory():
    """Changing what one call returned does not change the next one."""
    first = load_splice_junctions()
    first.data[0] = first.target[0] = "changed"
    second = load_splice_junctions()
    assert second.data[0] != "changed"
    assert second.target[0] != "changed"


def test_package_data_is_small():
    """The wheel carries less than 100 kB of it."""
    folder = resources.files("sklearn_attngen.datasets") / "data"
    sizes = [len(file.read_bytes()) for file in folder.iterdir() if file.is_file()]
    assert 0 < sum(sizes) < 100_000


def test_one_hot_logistic_regression_reaches_the_stated_accuracy(splice):
    """The figure of the card, about 0.95 on the test split."""
    X = one_hot(read_sequences(splice.data).codes).reshape(3000, -1).astype(float)
    train = splice.split == "train"
    model = LogisticRegression(C=0.1, max_iter=1000).fit(X[train], splice.target[train])
    assert 0.93 < model.score(X[~train], splice.target[~train]) < 0.97
