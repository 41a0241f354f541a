"""Facts for a report: the model, the data, how well predictions agree with labels."""

from __future__ import annotations

import platform
import sys
import warnings
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, get_scorer

from sklearn_attngen._version import __version__
from sklearn_attngen.inspection._inputs.answers import label_columns
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.members import find_members
from sklearn_attngen.inspection._inputs.unwrap import peel
from sklearn_attngen.inspection._removal.bootstrap import percentile_interval, stratified_rows
from sklearn_attngen.inspection._removal.metric import Responses
from sklearn_attngen.sequences import NO_SIGNAL

_LONGEST_VALUE = 160


def model_facts(estimator: Any) -> list[tuple[str, str]]:
    """Return (name, value) of what is to be known about a fitted classifier."""
    inner = peel(estimator)
    facts = [("Estimator", type(estimator).__name__)]
    if inner is not estimator:
        facts.append(("Classifier inside", type(inner).__name__))
    classes = [str(label) for label in estimator.classes_]
    facts.append(("Classes", f"{len(classes)}: {', '.join(classes)}"))
    networks = [member.final for member in find_members(estimator) or ()]
    final = networks[0] if len(networks) == 1 else inner
    if hasattr(final, "length_"):  # the input of a pipeline that reads strings is one column
        for attribute, words in (
            ("length_", "Letters of a sequence"),
            ("n_features_in_", "Input features"),
            ("n_iter_", "Epochs or iterations"),
            ("device_", "Device of the fit"),
        ):
            if hasattr(final, attribute):
                facts.append((words, str(getattr(final, attribute))))
    modules: list[Any] = [getattr(network, "module_", None) for network in networks]
    if modules and all(hasattr(module, "parameters") for module in modules):
        count = sum(weights.numel() for module in modules for weights in module.parameters())
        of = f" of {len(modules)} networks" if len(modules) > 1 else ""
        facts.append((f"Trained weights{of}", f"{count:,}"))
    versions = {
        "sklearn_attngen": __version__,
        "scikit-learn": sklearn.__version__,
        "NumPy": np.__version__,
        "Python": platform.python_version(),
    }
    if networks and "torch" in sys.modules:
        versions["PyTorch"] = str(sys.modules["torch"].__version__)
    facts.append(("Versions", ", ".join(f"{name} {value}" for name, value in versions.items())))
    return facts


def parameter_facts(estimator: Any) -> list[tuple[str, str]]:
    """Return (name, value) of every parameter that is not an estimator itself."""
    facts = []
    for name, value in sorted(estimator.get_params(deep=True).items()):
        listed = value if isinstance(value, list | tuple) else [value]
        flat = [x for item in listed for x in (item if isinstance(item, tuple) else (item,))]
        if any(hasattr(item, "get_params") for item in flat):
            continue
        shown = repr(value)
        if len(shown) > _LONGEST_VALUE:
            shown = shown[:_LONGEST_VALUE] + " ..."
        facts.append((name, shown))
    return facts


def composition_rows(data: LetterInput, y: NDArray[Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a table of the letters of each class."""
    alphabet = data.sequences.alphabet
    header = ["Class", "Sequences", "Share", *alphabet.letters, "Unknown"]
    rows = []
    inside = np.arange(data.codes.shape[1]) < data.lengths[:, None]
    if data.pad == "left":
        inside = inside[:, ::-1]
    for label in [*np.unique(y), None]:
        chosen = np.ones(len(y), bool) if label is None else y == label
        letters = data.codes[chosen][inside[chosen]]
        counts = np.bincount(letters, minlength=NO_SIGNAL + 1)
        shares = [*counts[: alphabet.n_letters], counts[NO_SIGNAL]]
        rows.append(
            [
                "All" if label is None else str(label),
                f"{chosen.sum():,}",
                f"{chosen.mean():.1%}",
                *(f"{count / max(1, letters.size):.1%}" for count in shares),
            ]
        )
    return header, rows


def data_warnings(data: LetterInput, y: NDArray[Any], classes: NDArray[Any]) -> list[str]:
    """Return what is remarkable about the sequences."""
    found = []
    _, same = np.unique(data.codes, axis=0, return_inverse=True)
    same = same.ravel()
    n_different = int(same.max()) + 1
    if n_different < len(y):
        found.append(f"{len(y) - n_different:,} sequences are copies of others in this set.")
        pairs = np.unique(np.column_stack([same, np.unique(y, return_inverse=True)[1]]), axis=0)
        if len(pairs) > n_different:
            found.append("Some copies have different labels: no classifier can get both right.")
    missing = [str(label) for label in np.setdiff1d(classes, y)]
    if missing:
        found.append(
            f"No sequence is of the class {' or '.join(missing)}: metrics of probabilities, which "
            "need all classes, are left out."
        )
    sizes = np.unique(y, return_counts=True)[1]
    if sizes.min() < 30:
        found.append(
            f"The smallest class has {sizes.min()} sequences: its numbers are uncertain, and so "
            "are those that weigh classes equally."
        )
    if len(np.unique(data.lengths)) > 1:
        found.append(
            f"Lengths differ ({data.lengths.min()} to {data.lengths.max()} letters): length itself "
            "may tell classes apart."
        )
    return found


_METRICS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "f1_macro": "F1, mean over classes",
    "matthews_corrcoef": "Matthews correlation",
    "roc_auc": "Area under the ROC curve",
    "neg_log_loss": "Log loss (smaller is better)",
}


def metric_values(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    *,
    n_bootstrap: int,
    confidence_level: float,
    rng: np.random.Generator,
) -> tuple[dict[str, dict[str, Any]], NDArray[np.int64]]:
    """Return {name: {label, value, interval}} and the confusion matrix."""
    responses = Responses(estimator, X, numbered=True)
    y = label_columns(estimator, y, len(y))
    every = np.arange(len(y))
    draws = [stratified_rows(y, rng) for _ in range(n_bootstrap)]
    complete = len(np.unique(y)) == len(estimator.classes_)
    metrics: dict[str, dict[str, Any]] = {}
    with warnings.catch_warnings():
        # rows of one class, as a single sequence is: the report counts the sequences of classes
        warnings.filterwarnings("ignore", "y_pred contains classes not in y_true", UserWarning)
        warnings.filterwarnings("ignore", "A single label was found", UserWarning)
        for name, label in _METRICS.items():
            probabilistic = name in ("roc_auc", "neg_log_loss")
            if probabilistic and not (complete and hasattr(estimator, "predict_proba")):
                continue
            several = name == "roc_auc" and len(estimator.classes_) > 2
            scorer = get_scorer("roc_auc_ovr" if several else name)
            sign = -1.0 if name == "neg_log_loss" else 1.0
            interval = None
            if n_bootstrap:
                found = [sign * scorer(responses, rows, y[rows]) for rows in draws]
                interval = percentile_interval(found, confidence_level)
            value = float(sign * scorer(responses, every, y))
            metrics[name] = {"label": label, "value": value, "interval": interval}
        matrix = confusion_matrix(y, responses.predict(every), labels=responses.classes_)
    return metrics, matrix
