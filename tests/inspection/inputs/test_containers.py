"""Containers: what is handed back is of the kind, and of the types, of what came in."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_attngen import KmerVectorizer
from sklearn_attngen.inspection import mutagenesis, perturbation_curve, saliency
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.metrics import PerturbationScorer
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

ONE_HOT = SequenceOneHotEncoder(dtype=np.float32).fit_transform(["ACGTAC", "GGTTAA", "CCCCNA"])
NAMES = [f"c{i}" for i in range(24)]
SHARES = np.full((3, 6, 4), 0.25, dtype=np.float32)


def mixed(frame):
    """Give some columns of a frame types of their own."""
    return frame.astype({"c0": "int16", "c1": "Float64", "c2": "boolean"})


NUMBERS = {
    **{dtype: ONE_HOT.astype(dtype) for dtype in ("f2", "f4", ">f8", "i8", "?", "O")},
    "length first": ONE_HOT.reshape(3, 6, 4),
    "channels first": ONE_HOT.reshape(3, 6, 4).transpose(0, 2, 1).astype("f8"),
    "list": ONE_HOT.tolist(),
    "tensor": torch.from_numpy(ONE_HOT).to(torch.bfloat16),
    "frame": pd.DataFrame(ONE_HOT, columns=NAMES, index=[5, 3, 4]),
    "mixed frame": mixed(pd.DataFrame(ONE_HOT, columns=NAMES)),
    "polars": pl.DataFrame(ONE_HOT, schema=NAMES).with_columns(pl.col("c0").cast(pl.Boolean)),
}


def types_of(container):
    """Return the type of each column, or of all."""
    if hasattr(container, "schema"):
        return list(container.schema.values())
    if hasattr(container, "dtypes"):
        return container.dtypes.tolist()
    return np.asarray(container).dtype if isinstance(container, list) else container.dtype


def as_floats(container):
    rows = container.tolist() if hasattr(container, "tolist") else container
    return np.array(rows, dtype=float)


@pytest.mark.parametrize("X", NUMBERS.values(), ids=NUMBERS.keys())
def test_one_hot_input_keeps_its_types(X):
    """Arithmetic of later steps is that of the fit: 2 * 0 - 1 is 255 in uint8."""
    data = LetterInput.read(LogisticRegression(), X, "DNA")
    made = data.with_codes(data.codes)
    assert type(made) is (np.ndarray if isinstance(X, list) else type(X))
    assert types_of(made) == types_of(X)
    np.testing.assert_array_equal(as_floats(made), as_floats(X))


@pytest.mark.parametrize("X", NUMBERS.values(), ids=NUMBERS.keys())
def test_shares_of_letters_are_never_cut(X):
    """Floats keep their type; integers and bools, which have no fractions, become floats."""
    data = LetterInput.read(LogisticRegression(), X, "DNA")
    made = data.with_values(SHARES)
    assert (as_floats(made) == 0.25).all()
    given, types = types_of(X), types_of(made)
    if not isinstance(given, list):
        given, types = [given], [types]
    for before, after in zip(given, types, strict=True):
        assert after == before or not str(before).lower().startswith("f")


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.float64])
@pytest.mark.parametrize("fill", ["unknown", "uniform", "shuffle"])
@pytest.mark.parametrize("frame", [False, True])
def test_curves_start_at_the_accuracy_of_the_estimator(dtype, fill, frame, X, y):
    encoded = SequenceOneHotEncoder(dtype=dtype).fit_transform(X)
    if frame:
        encoded = pd.DataFrame(encoded)
    model = make_pipeline(FunctionTransformer(lambda v: 2 * v - 1), LogisticRegression())
    model.fit(encoded, y)
    curve = perturbation_curve(
        model, encoded, y, fill=fill, fractions=(0, 0.2), n_repeats=1, n_bootstrap=0
    )
    assert curve.baseline == model.score(encoded, y) > 0.9


def string_kinds():
    kinds = {"U": "U", "S": "S", "object": object}
    if hasattr(np.dtypes, "StringDType"):
        kinds["StringDType"] = np.dtypes.StringDType()
    return kinds


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("kind", string_kinds().values(), ids=string_kinds().keys())
def test_arrays_of_strings_keep_their_dtype(kind, shape, X):
    """Also where the rows at hand are shorter than the widest one."""
    X = np.append(X[:5], X[5] * 2).astype(kind).reshape(shape)
    data = LetterInput.read(KmerVectorizer(k=2).fit(X), X, None)
    made = data.with_codes(data.codes[:3], slice(0, 3))
    assert made.dtype == X.dtype
    np.testing.assert_array_equal(made, X[:3])


@pytest.mark.parametrize("kind", ["U", "S"])
def test_steps_that_need_an_array_of_strings_work(kind, X, y):
    X = X.astype(kind)
    model = make_pipeline(FunctionTransformer(np.char.upper), KmerVectorizer(k=2))
    model = make_pipeline(model, LogisticRegression()).fit(X, y)
    assert saliency(model, X[:4]).shape == (4, 30)


@pytest.mark.parametrize("kind", ["Table", "RecordBatch"])
def test_tables_of_pyarrow_stay_tables(kind, X, y):
    pa = pytest.importorskip("pyarrow")
    for dtype in (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        table = getattr(pa, kind).from_pydict({"seq": pa.array(X.tolist()).cast(dtype)})
        model = make_pipeline(KmerVectorizer(k=2), LogisticRegression()).fit(table, y)
        data = LetterInput.read(model, table, None)
        assert data.with_codes(data.codes).equals(table)
        assert data.with_codes(data.codes[[4, 2]], np.array([4, 2]))["seq"].to_pylist() == [
            X[4],
            X[2],
        ]
    np.testing.assert_array_equal(saliency(model, table), saliency(model, X))
    np.testing.assert_array_equal(mutagenesis(model, table), mutagenesis(model, X))
    few = {"fractions": (0, 0.2), "n_repeats": 1, "n_bootstrap": 0}
    assert perturbation_curve(model, table, y, **few).baseline == model.score(table, y)
    scorer = PerturbationScorer(n_repeats=1)
    assert scorer(model, table, y) == scorer(model, X, y)


def test_columns_and_numbers_of_pyarrow_keep_their_types(X):
    pa = pytest.importorskip("pyarrow")
    for column in (pa.array(X[:3].tolist()), pa.chunked_array([X[:2].tolist(), X[2:3].tolist()])):
        data = LetterInput.read(KmerVectorizer(k=2).fit(column), column, None)
        assert data.with_codes(data.codes).equals(column)
    columns = [pa.array(column) for column in ONE_HOT.T]
    table = pa.Table.from_arrays([columns[0].cast(pa.int8()), *columns[1:]], names=NAMES)
    data = LetterInput.read(LogisticRegression(), table, "DNA")
    assert data.with_codes(data.codes).equals(table)
    shares = data.with_values(SHARES)
    assert [set(column.to_pylist()) for column in shares.columns] == [{0.25}] * 24
