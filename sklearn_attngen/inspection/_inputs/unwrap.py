"""Look inside fitted estimators: search wrappers, pipelines, encoders, alphabets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import Alphabet, get_alphabet


def check_fitted_classifier(estimator: Any) -> None:
    """Raise unless ``estimator`` is a fitted classifier that gives scores for its classes.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    TypeError
        If it is no estimator, or has neither ``predict_proba`` nor ``decision_function``, or no
        ``classes_``.
    """
    if isinstance(estimator, type):
        raise TypeError(
            f"{estimator.__name__} is a class: make an estimator of it, {estimator.__name__}(...), "
            "and fit it."
        )
    if not hasattr(estimator, "fit"):
        remedy = "The sequences come after it."
        if hasattr(estimator, "named_parameters"):  # a module of torch
            remedy = (
                "Make a classifier of a torch module: skorch.NeuralNetClassifier(module, "
                "criterion=torch.nn.CrossEntropyLoss, classes=[0, 1]).initialize()."
            )
        raise TypeError(
            f"The first argument must be a fitted classifier, got {type(estimator).__name__}. "
            f"{remedy}"
        )
    check_is_fitted(estimator)
    peel(estimator)  # a search that kept no best estimator raises here, with its own remedy
    name = type(estimator).__name__
    if not (hasattr(estimator, "predict_proba") or hasattr(estimator, "decision_function")):
        raise TypeError(
            f"{name} has neither predict_proba nor decision_function, so there is no score whose "
            "change could be measured. Use a classifier that has one of them"
            + (
                ", such as one with voting='soft'."
                if getattr(estimator, "voting", None) == "hard"
                else "."
            )
        )
    if not hasattr(estimator, "classes_"):
        remedy = ""
        if hasattr(estimator, "module_"):
            remedy = (
                " A net of skorch has to be a NeuralNetClassifier, and to be told its classes, "
                "classes=[0, 1], where it was initialized and not fitted."
            )
        raise TypeError(f"{name} has no classes_: only classifiers can be explained here.{remedy}")


def peel(estimator: Any) -> Any:
    """Take off the wrappers that hand the data to one fitted estimator unchanged."""
    while True:
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif (
            hasattr(estimator, "cv_results_")
            and not getattr(estimator, "refit", True)
            and not hasattr(estimator, "predict")  # others than searches predict nevertheless
        ):
            raise ValueError(
                f"{type(estimator).__name__} was fitted with refit=False, so it holds no best "
                "estimator to look at. Fit it with refit=True, or with the name of a score if "
                "there are several."
            )
        else:
            return estimator


def find_network(estimator: Any) -> tuple[Any, list[Any]] | None:
    """Find the estimator inside that explains itself, and the encoders before it.

    Returns
    -------
    found : tuple of (estimator, list of transformers) or None
        None unless the last estimator has a ``saliency`` method of its own and every step before it
        is a SequenceOneHotEncoder or passes the data through: only then are the positions that
        it sees the positions of the sequence.

    Raises
    ------
    ValueError
        If it takes the columns of an encoder for other letters.
    """
    found = last_behind_encoders(estimator)
    if found is None or not callable(getattr(found[0], "saliency", None)):
        return None
    check_letters(*found)
    return found


def last_behind_encoders(estimator: Any) -> tuple[Any, list[Any]] | None:
    """Return the last estimator and the encoders before it, None if anything else is there."""
    encoders: list[Any] = []
    final = peel(estimator)
    while isinstance(final, Pipeline):
        inside = _encoders_in(final.steps[:-1])
        if inside is None:
            return None
        encoders += inside
        final = peel(final.steps[-1][1])
    return final, encoders


def misread(network: Any, encoders: Iterable[Any]) -> SequenceOneHotEncoder | None:
    """Return the first encoder whose columns a network of this package takes for other letters."""
    own = getattr(network, "_alphabet", None)
    if own is None:
        return None
    seen = network._kind, network.length_, own.n_letters
    written = map(peel, encoders)
    return next((e for e in written if seen != ("letters", e.length_, e.alphabet_.n_letters)), None)


def check_letters(network: Any, encoders: Iterable[Any]) -> None:
    """Raise if a network of this package takes the columns of an encoder for other letters."""
    encoder = misread(network, encoders)
    if encoder is None:
        return
    own, written, name = network._alphabet, encoder.alphabet_, type(network).__name__
    raise ValueError(
        f"{name} was fitted with the alphabet {own.name} behind a SequenceOneHotEncoder with the "
        f"alphabet {written.name}, so it took the {encoder.length_} x {written.n_letters} columns "
        f"for something else than {encoder.length_} letters. Fit it with the encoder's alphabet, "
        f"{name}(alphabet={written.name!r}), or say method='occlusion' or 'mutagenesis', which ask "
        "for its predictions alone."
    )


def first_step(estimator: Any) -> Any:
    """Return what reads the input: the first step of a pipeline, or the estimator itself."""
    first = peel(estimator)
    while isinstance(first, Pipeline):
        first = peel(_first_of(first)[1])
    return first


def last_step(estimator: Any) -> Any:
    """Return what decides: the estimator at the end of a pipeline, or the estimator itself."""
    last = peel(estimator)
    while isinstance(last, Pipeline):
        last = peel(last.steps[-1][1])
    return last


def _first_of(pipeline: Pipeline) -> tuple[str, Any]:
    """Return the name of the step that reads the input, and the step."""
    return next((name, step) for name, step in pipeline.steps if not _passes_through(step))


def _encoders_in(steps: list[tuple[str, Any]]) -> list[Any] | None:
    """Return the one-hot encoders among pipeline steps, None if anything else is there."""
    encoders: list[Any] = []
    for _, step in steps:
        if _passes_through(step):
            continue
        inner = peel(step)
        if isinstance(inner, SequenceOneHotEncoder):
            encoders.append(step)
            continue
        nested = _encoders_in(inner.steps) if isinstance(inner, Pipeline) else None
        if nested is None:
            return None
        encoders += nested
    return encoders


def _passes_through(step: Any) -> bool:
    return step is None or (isinstance(step, str) and step == "passthrough")


def _parameters(estimator: Any, name: str, *, readers_only: bool = False) -> list[tuple[Any, Any]]:
    """Return the owner and the value of every parameter called ``name``, at any depth.

    With ``readers_only``, of the parts that are given the input itself: no later steps.
    """
    estimator = peel(estimator)
    if not hasattr(estimator, "get_params") or isinstance(estimator, type):
        return []
    found, parameters = [], estimator.get_params(deep=True)
    for key, value in parameters.items():
        if readers_only and not _reads_input(estimator, parameters, key):
            continue
        owner, _, last = key.rpartition("__")
        if last == name:
            found.append((parameters.get(owner) if owner else estimator, value))
        # These two show their own parameters only, not those of what they hold.
        if isinstance(value, FrozenEstimator) or hasattr(value, "best_estimator_"):
            found += _parameters(value, name, readers_only=readers_only)
    return found


def _reads_input(estimator: Any, parameters: dict[str, Any], key: str) -> bool:
    """Say whether the part that a parameter belongs to is the first in each pipeline it is in."""
    names = key.split("__")
    for depth, name in enumerate(names):
        owner = parameters.get("__".join(names[:depth])) if depth else estimator
        if isinstance(owner, Pipeline) and name != _first_of(owner)[0]:
            return False
    return True


def alphabet_of(estimator: Any) -> Alphabet:
    """Return the alphabet of the sequences that a fitted estimator reads; DNA if it names none."""
    found = list(dict.fromkeys(alphabet for _, alphabet in _alphabets_in(estimator)))
    if len(found) > 1:
        names = ", ".join(alphabet.name for alphabet in found)
        raise ValueError(
            f"The parts of {type(estimator).__name__} use several alphabets ({names}). Say with "
            "the alphabet parameter which one X is written in."
        )
    return found[0] if found else get_alphabet("DNA")


def chosen_alphabet(estimator: Any, alphabet: str | Alphabet | None) -> Alphabet:
    """Return the alphabet given, which the estimator must read; its own if none is.

    Steps that name no alphabet may read any, and change letters into those of later steps.
    """
    if alphabet is None:
        return alphabet_of(estimator)
    given, readers = get_alphabet(alphabet), _alphabets_in(estimator, readers_only=True)
    if readers and not any(_reads(owner, own, given) for owner, own in readers):
        raise ValueError(
            f"alphabet is {given.name}, but {type(estimator).__name__} reads {readers[0][1].name}. "
            "Leave alphabet out, or fit an estimator of that alphabet."
        )
    return given


def _reads(owner: Any, own: Alphabet, given: Alphabet) -> bool:
    """Say whether what reads an alphabet of its own reads the given one."""
    if not isinstance(owner, SequenceOneHotEncoder):
        return own == given
    # in the strings that an encoder reads the order of the letters does not show
    return (set(own.letters), own.ambiguous) == (set(given.letters), given.ambiguous)


def _alphabets_in(estimator: Any, *, readers_only: bool = False) -> list[tuple[Any, Alphabet]]:
    """Return the parts of an estimator that read an alphabet, and which.

    A fitted part reads the one that it was fitted with, whatever its parameter says since then.
    """
    found: list[tuple[Any, Alphabet]] = []
    for owner, value in _parameters(estimator, "alphabet", readers_only=readers_only):
        if isinstance(value, str | Alphabet):
            fitted = getattr(owner, "_alphabet", None) or getattr(owner, "alphabet_", None)
            found.append((owner, fitted if isinstance(fitted, Alphabet) else get_alphabet(value)))
    return found


def check_reads_unknown(estimator: BaseEstimator, what: str, *, remedy: str) -> None:
    """Raise if a part of the estimator was told to refuse the unknown letter."""
    values = [value for _, value in _parameters(estimator, "unknown")]
    if any(isinstance(value, str) and value == "error" for value in values):
        raise ValueError(
            f"{what} sets letters to the unknown letter (N), which {type(estimator).__name__} "
            f"refuses because a part of it has unknown='error'. Set unknown='zero', or {remedy}."
        )
