"""cluster_seqlets tells arguments that stand in the wrong order."""

import numpy as np
import pandas as pd
import pytest

from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.inspection import cluster_seqlets, extract_seqlets


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([1, 0, 2], "got saliency in the place of sequences"),
        ([0, 2, 1], "got seqlets in the place of saliency"),
        ([2, 1, 0], "got seqlets in the place of sequences"),
        ([1, 2, 0], "in the place of"),
    ],
)
@pytest.mark.parametrize("as_list", [False, True])
def test_swapped_arguments(order, message, as_list, make_sequences):
    X, values = make_sequences(30, length=20), np.random.default_rng(0).random((30, 20))
    seqlets = extract_seqlets(values, width=5, false_discovery_rate=1)
    if as_list:
        X, values = X.tolist(), values.tolist()
    given = [X, values, seqlets]
    with pytest.raises(TypeError, match=f"{message}.*Pass the sequences first"):
        cluster_seqlets(*(given[i] for i in order))
    assert isinstance(cluster_seqlets(*given), list)


def test_saliency_of_zeros_and_ones_is_no_swap():
    """One-hot letters and planted positions look alike: neither is refused."""
    X, values = np.eye(4)[[[0, 1, 2, 3]] * 30], np.ones((30, 4))
    seqlets = extract_seqlets(values, width=4, false_discovery_rate=1)
    assert len(cluster_seqlets(X.reshape(30, -1), values, seqlets)) <= 1


def test_seqlets_may_be_a_frame(make_sequences):
    """As they may be for to_bed: a part of them is chosen so."""
    X, values = make_sequences(30, length=20), np.random.default_rng(0).random((30, 20))
    seqlets = extract_seqlets(values, width=5, false_discovery_rate=1)
    frame = pd.DataFrame(dict(seqlets))
    assert isinstance(cluster_seqlets(X, values, frame[frame["row"] < 20]), list)
    with pytest.raises(TypeError, match="got seqlets in the place of saliency"):
        cluster_seqlets(X, frame, values)


def test_the_order_of_seqlets_decides_nothing():
    """Seeds are looked for among the best thousand, which need not come first in a table."""
    data = make_motif_sequences(2200, length=24, motifs=["GATTACAG", "CCGTGAAC"], random_state=0)
    values = data.positions * np.random.default_rng(0).uniform(1, 1.3, data.positions.shape)
    seqlets = pd.DataFrame(dict(extract_seqlets(values, width=8)))
    by_class = seqlets.iloc[np.argsort(data.target[seqlets["row"]], kind="stable")]
    expected, found = (cluster_seqlets(data.data, values, table) for table in (seqlets, by_class))
    assert {motif.consensus for motif in found} == set(data.motifs)
    for motif, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(motif.sites, other.sites)
