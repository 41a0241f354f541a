"""The form of the input: what an estimator is handed when letters were changed."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from sklearn_attngen import CNNClassifier, KmerVectorizer
from sklearn_attngen.inspection import SaliencyDisplay, mutagenesis, perturbation_curve, saliency
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import Alphabet


class Keeper(ClassifierMixin, BaseEstimator):
    """A classifier that remembers every input."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen_ = []
        return self

    def predict_proba(self, X):
        self.seen_.append(X)
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def padded(**parameters):
    return make_pipeline(SequenceOneHotEncoder(**parameters), LogisticRegression())


def kmers():
    return make_pipeline(KmerVectorizer(k=2), LogisticRegression())


WRAPPERS = {
    "calibrated": lambda: CalibratedClassifierCV(padded(pad="right", length=30), cv=2),
    "calibrated left": lambda: CalibratedClassifierCV(padded(pad="left", length=40), cv=2),
    "voting": lambda: VotingClassifier(
        [("a", padded(pad="left")), ("b", padded(pad="right")), ("c", kmers())], voting="soft"
    ),
    "union": lambda: make_pipeline(
        make_union(SequenceOneHotEncoder(pad="right", length=32), KmerVectorizer(k=2)),
        LogisticRegression(),
    ),
    "refuses N": lambda: CalibratedClassifierCV(
        padded(pad="right", length=30, unknown="error"), cv=2
    ),
    "k-mers": kmers,
    "other k-mers": lambda: make_pipeline(
        CountVectorizer(analyzer="char", ngram_range=(2, 2)), LogisticRegression()
    ),
}


@pytest.fixture
def ragged(X):
    """Sequences of 10 to 30 letters; the last one is the longest."""
    lengths = np.random.default_rng(0).integers(10, 31, len(X))
    lengths[-1] = 30
    return np.array([x[:n] for x, n in zip(X, lengths, strict=True)], dtype=object)


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS.keys())
def test_ragged_sequences_behind_any_wrapper(wrap, ragged, y):
    """A curve over the letters there are, from the estimator's own accuracy (not below chance)."""
    estimator = wrap().fit(ragged, y)
    curve = perturbation_curve(
        estimator,
        ragged[-40:],
        y[-40:],
        fractions=(0, 0.5),
        orders=("random",),
        fill="shuffle",
        n_repeats=2,
        n_bootstrap=0,
    )
    assert curve.baseline == max(0.5, estimator.score(ragged[-40:], y[-40:]))


@pytest.mark.parametrize("wrap", [name for name in WRAPPERS if name != "refuses N"])
def test_saliency_of_ragged_sequences_is_that_of_each_alone(wrap, ragged, y):
    """At the letters of the sequence, from the left; zeros after its end."""
    estimator = WRAPPERS[wrap]().fit(ragged, y)
    values = saliency(estimator, ragged[-4:])
    assert values.shape == (4, 30)
    for row, sequence in zip(values, ragged[-4:], strict=True):
        alone = saliency(estimator, [sequence])
        np.testing.assert_allclose(row[: len(sequence)], alone[0], atol=1e-12)
        assert (row[len(sequence) :] == 0).all()


@pytest.mark.parametrize("pad", ["left", "right"])
def test_a_wrapper_around_a_padded_pipeline_changes_no_letter(pad, ragged, y):
    """The same evidence as of the bare pipeline, moved to where its columns are."""
    bare = padded(pad=pad, length=30).fit(ragged, y)
    wrapped = VotingClassifier([("only", padded(pad=pad, length=30))], voting="soft").fit(ragged, y)
    expected = saliency(bare, ragged[:5], signed=True)
    found = saliency(wrapped, ragged[:5], signed=True, target=bare.predict(ragged[:5]))
    for row, sequence in enumerate(ragged[:5]):
        start = 30 - len(sequence) if pad == "left" else 0
        np.testing.assert_allclose(
            found[row, : len(sequence)], expected[row, start : start + len(sequence)], atol=1e-12
        )


def test_classifiers_that_need_one_length_say_so(ragged, X, y):
    network = CNNClassifier(n_filters=4, n_layers=0, max_epochs=1, random_state=0).fit(X, y)
    for explain in (
        lambda: saliency(network, ragged[-3:], method="occlusion"),
        lambda: perturbation_curve(network, ragged[-3:], y[-3:], n_bootstrap=0),
        lambda: saliency(padded().fit(X, y), ragged[-3:]),
    ):
        with pytest.raises(ValueError, match=r"row \d \(0-based\) has \d+ letters, expected"):
            explain()


def test_counts_of_words_are_no_sequences(X, y):
    """The remedy gives what a pipeline gives that was fitted as one."""
    vectorizer = KmerVectorizer(k=2)
    classifier = LogisticRegression().fit(vectorizer.fit_transform(X), y)
    with pytest.raises(TypeError, match=r"sparse matrix.*make_pipeline\(vectorizer, classifier\)"):
        saliency(classifier, vectorizer.transform(X))
    pipeline = make_pipeline(vectorizer, classifier)
    expected = make_pipeline(KmerVectorizer(k=2), LogisticRegression()).fit(X, y)
    np.testing.assert_array_equal(saliency(pipeline, X[:2]), saliency(expected, X[:2]))


def test_ragged_sequences_are_drawn(ragged, y):
    display = SaliencyDisplay.from_estimator(kmers().fit(ragged, y), ragged[-2:], kind="sequences")
    assert display.codes.shape == (2, 30)
    assert (display.codes[0, len(ragged[-2]) :] == 255).all()


def series(X, **parameters):
    return pd.Series(X, index=np.arange(len(X)) * 7 + 3, name="seq", **parameters)


@pytest.mark.parametrize("dtype", [object, "str", "string[python]", "string[pyarrow]", "category"])
def test_a_series_stays_a_series(dtype, X, y):
    """With its index and its name, also in the batches of occlusion; with its dtype if it can."""
    data = series(X[:6], dtype=dtype)
    estimator = Keeper().fit(data, y[:6])
    saliency(estimator, data, batch_size=4)
    perturbation_curve(estimator, data, y[:6], fractions=(0, 0.5), orders=("random",))
    assert len(estimator.seen_) > 2
    for part in estimator.seen_:
        assert isinstance(part, pd.Series)
        assert part.name == "seq"
        assert set(part.index) <= set(data.index)
        if dtype != "category":
            assert part.dtype == data.dtype
    np.testing.assert_array_equal(
        np.concatenate([part.index for part in estimator.seen_[:2]]), data.index
    )


def test_rows_of_a_frame_keep_their_index(X, y):
    strings = series(X[:6]).to_frame()
    columns = [f"c{i}" for i in range(120)]
    encoded = SequenceOneHotEncoder().fit_transform(X[:6])
    one_hot = pd.DataFrame(encoded, index=strings.index, columns=columns)
    for data in (strings, one_hot):
        estimator = Keeper().fit(data, y[:6])
        saliency(estimator, data, batch_size=4)
        assert len(estimator.seen_) > 1
        for part in estimator.seen_:
            assert part.columns.tolist() == data.columns.tolist()
            assert set(part.index) <= set(data.index)


def test_polars_stays_polars(X, y):
    for data in (pl.Series("seq", X[:4].tolist()), pl.DataFrame({"seq": X[:4].tolist()})):
        estimator = Keeper().fit(data, y[:4])
        saliency(estimator, data)
        assert {type(part) for part in estimator.seen_} == {type(data)}
        assert estimator.seen_[0].equals(data)
        if isinstance(data, pl.Series):
            assert estimator.seen_[1].name == "seq"


def test_steps_that_need_a_series_work(X, y):
    """What was an AttributeError: an array has no ``str``."""
    model = make_pipeline(
        FunctionTransformer(lambda s: s.str.slice(0, 20)),
        SequenceOneHotEncoder(),
        LogisticRegression(),
    )
    data = series(X)
    model.fit(data, y)
    values = saliency(model, data.iloc[:3])
    assert (values[:, 20:] == 0).all()
    assert (values[:, :20] > 0).any()
    curve = perturbation_curve(model, data, y, fractions=(0, 0.3), n_bootstrap=0)
    assert curve.baseline == model.score(data, y)


def test_strings_change_only_where_codes_do():
    """Ambiguity letters stay, and case stays where it is: the estimator may tell them apart."""
    strings = np.array(["acgTRyn", "GATTACA"], dtype=object)
    data = LetterInput.read(Keeper(), strings, None)
    assert data.with_codes(data.codes).tolist() == strings.tolist()
    codes = data.codes[[1, 0, 0]]
    codes[1, [0, 3, 4]] = [3, 2, 255]  # R is unknown already
    codes[2, [1, 3, 5]] = [255, 255, 1]
    changed = data.with_codes(codes, np.array([1, 0, 0]))
    assert changed.tolist() == ["GATTACA", "tcgGRyn", "angNRcn"]
    assert data.with_codes(codes[:1], slice(1, 2)).tolist() == ["GATTACA"]


def test_signs_that_are_no_letters_have_no_case():
    strings = ["a-*c", "AC-*"]
    data = LetterInput.read(Keeper(), strings, "AC-*")
    assert data.with_codes(data.codes).tolist() == strings
    assert data.with_codes(data.codes[::-1]).tolist() == ["aC-*", "A-*C"]


@pytest.mark.parametrize("pad", ["left", "right"])
def test_strings_keep_their_case_and_length_where_they_are_padded(pad):
    estimator = padded(pad=pad, length=6).fit(["acg", "TTGACA", "Nacg"], [0, 1, 1])
    data = LetterInput.read(estimator, ["acg", "TTGACA", "Nacg"], None)
    codes = data.codes.copy()
    codes[codes == 2] = 3
    assert data.with_codes(codes).tolist() == ["act", "TTTACA", "Nact"]


def test_an_unknown_letter_is_needed_only_where_one_is_written():
    alphabet = Alphabet("plain", "AB")
    data = LetterInput.read(Keeper(), ["AB", "ba"], alphabet)
    codes = data.codes.copy()
    codes[0, 0] = 1
    assert data.with_codes(codes).tolist() == ["BB", "ba"]
    codes[0, 0] = 255
    with pytest.raises(ValueError, match="no letter for an unknown residue"):
        data.with_codes(codes)


def test_lists_of_bytes_stay_bytes(X):
    rows = [x.encode() for x in X[:3]]
    data = LetterInput.read(kmers().fit(rows, [0, 1, 1]), rows, None)
    assert data.with_codes(data.codes).tolist() == rows


def test_soft_masked_sequences_are_explained_as_the_estimator_reads_them(X, y):
    """What was even saliency, and a curve from chance: every word was new in upper case."""
    lower = np.array([x.lower() for x in X], dtype=object)
    words = CountVectorizer(analyzer="char", ngram_range=(2, 3), lowercase=False)
    model = make_pipeline(words, LogisticRegression()).fit(lower, y)
    curve = perturbation_curve(model, lower, y, fractions=(0, 0.2), n_repeats=1, n_bootstrap=0)
    assert curve.baseline == model.score(lower, y) > 0.7
    assert np.ptp(saliency(model, lower[:5]), axis=1).min() > 0
    changes = mutagenesis(model, lower[:2], target=model.classes_[1])
    mutant = [lower[0][:3] + "g" + lower[0][4:], lower[0]]
    expected = np.diff(model.predict_proba(mutant)[::-1, 1])[0]
    assert changes[0, 3, 2] == pytest.approx(expected, abs=1e-9)


def test_square_input_is_read_as_the_network_reads_it(X, y):
    """Which of the last two axes holds the letters was decided in fit."""
    blocks = SequenceOneHotEncoder().fit_transform([x[:4] for x in X]).reshape(-1, 4, 4)
    square = SequenceOneHotEncoder().fit_transform(["CGTA", "ACGT"]).reshape(2, 4, 4)
    for axes in ((0, 1, 2), (0, 2, 1)):
        network = CNNClassifier(n_filters=4, n_layers=0, max_epochs=1, random_state=0)
        network.fit(blocks.transpose(axes), y)
        data = LetterInput.read(network, square.transpose(axes), None)
        assert data.codes.tolist() == [[1, 2, 3, 0], [0, 1, 2, 3]]
        np.testing.assert_array_equal(data.with_codes(data.codes), square.transpose(axes))
        display = SaliencyDisplay.from_estimator(network, square.transpose(axes), kind="sequences")
        np.testing.assert_array_equal(display.codes, data.codes)
