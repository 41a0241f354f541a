"""Values in a random order, as a control."""

import numpy as np

from sklearn_attngen.inspection._inputs.permuted import permuted


def test_values_stay_among_their_letters():
    letters = np.random.default_rng(1).random((30, 20)) < 0.6
    letters[0], letters[1] = True, False
    values = np.random.default_rng(2).random(letters.shape)
    shuffled = permuted(values, letters, np.random.default_rng(3))
    np.testing.assert_array_equal(shuffled[~letters], values[~letters])
    assert (shuffled != values)[letters].mean() > 0.7
    for old, new, own in zip(values, shuffled, letters, strict=True):
        np.testing.assert_array_equal(np.sort(old[own]), np.sort(new[own]))
