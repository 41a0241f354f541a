"""Saliency of any fitted classifier."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _num_samples

from sklearn_attngen._validation import validate_params
from sklearn_attngen.inspection._inputs.answers import label_columns
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.members import Member, Reader, find_members
from sklearn_attngen.inspection._inputs.network import batches_of
from sklearn_attngen.inspection._inputs.unwrap import (
    check_fitted_classifier,
    chosen_alphabet,
    find_network,
)
from sklearn_attngen.sequences import Alphabet

from .deeplift import deeplift_saliency
from .mutagenesis import mutagenesis_saliency
from .occlusion import occlusion

# Methods that need no network, and those that networks have of their own.
_FOR_ALL = ("occlusion", "mutagenesis")
_NETWORK_METHODS = (
    "interior_gradient",
    "gradient_x_input",
    "integrated_gradients",
    "attention",
    "attention_x_gradient",
    "deeplift",
)


@validate_params(
    {
        "method": [str],
        "signed": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "alphabet": [str, Alphabet, None],
    },
    prefer_skip_nested_validation=True,
)
def saliency(
    estimator: Any,
    X: Any,
    method: str = "auto",
    target: Any = None,
    signed: bool = False,
    batch_size: int | None = None,
    *,
    alphabet: str | Alphabet | None = None,
) -> NDArray[np.float64]:
    """Measure how much each prediction of a fitted classifier rests on each letter.

    Works for every classifier that reads sequences: the networks of this package, alone, behind a
    :class:`~sklearn_attngen.preprocessing.SequenceOneHotEncoder` or in an ensemble, and any other
    scikit-learn estimator or pipeline, from k-mer counts to a random forest.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier with ``predict_proba`` or ``decision_function``, or a Pipeline that
        ends in one. Searches (``best_estimator_``) and ``FrozenEstimator`` are looked into. Where
        all that a ``VotingClassifier(voting="soft")``, ``CalibratedClassifierCV`` or
        ``BaggingClassifier`` averages are networks, theirs is the mean of the networks' saliencies
        by the weights of the ensemble, before calibration; if a calibrator falls where the network
        rises, occlusion.
    X : array-like of n sequences
        In any form that the estimator reads: strings, or one-hot in two or three dimensions.
        Strings of unequal lengths, where the estimator reads them, have a saliency as long as the
        longest one, L, with zeros after the end of a shorter one; behind a padding
        ``SequenceOneHotEncoder`` at the start of a pipeline, it has the positions of its columns.
    method : str, default="auto"
        - ``"auto"``: the networks' own default where there are networks, else ``"occlusion"``. With
          ``signed=True``, ``"interior_gradient"`` for a network whose default rests on attention,
          which has no sign (``"gradient_x_input"`` where it has no such method).
        - ``"occlusion"``: each letter in turn is set to unknown (N), and the change of the
          target's probability is measured (of its decision function where there is no
          ``predict_proba``). For every estimator; needs L predictions a sequence.
        - ``"mutagenesis"``: each letter in turn is replaced by every other letter; the mean size of
          the changes of the target's probability (of its decision function where there is no
          ``predict_proba``). With ``signed=True`` the mean fall of its score, see
          :func:`mutagenesis`. For every estimator; needs (n_letters - 1) * L predictions a
          sequence.
        - any method of the network's own ``saliency``: ``"interior_gradient"``,
          ``"gradient_x_input"``, ``"integrated_gradients"``, and for AttnGen ``"attention"`` and
          ``"attention_x_gradient"``.
        - ``"deeplift"``: contributions by DeepLIFT's rescale rule against equal shares of all
          letters, as a magnitude the change of the target's probability without each;
          :func:`deeplift` takes shuffled sequences instead. For networks of this package; needs
          Captum (``sklearn-attngen[captum]``).
    target : label, array-like of n labels or None, default=None
        The class to explain. None takes the class that the estimator predicts. Methods that do
        not know classes (``"attention"``) ignore it, beyond checking that it names one.
    signed : bool, default=False
        False gives a magnitude, how much the target's probability rests on a letter. True gives
        evidence: positive where the letter speaks for the target, negative where it speaks against
        it, not scaled. By methods of networks it is in logits, by ``"mutagenesis"`` in the score
        that :func:`mutagenesis` takes, by ``"occlusion"`` in probability.
    batch_size : int or None, default=None
        Number of sequences held in memory at a time: perturbed ones for occlusion and
        mutagenesis, those of X for the methods of networks. None chooses it by the length, so that
        the one-hot form takes a few MB. Results do not depend on it beyond rounding.
    alphabet : str, Alphabet or None, default=None
        What X is written in. None takes the estimator's ``alphabet`` parameter, or that of one of
        its parts, and DNA where there is none. It must be said where a step of your own changes
        the alphabet first, as a translation does.

    Returns
    -------
    saliency : ndarray of float64 of shape (n, L)
        Magnitudes are non-negative and each row sums to 1. Positions without a letter (N, padding)
        get 0.

    Raises
    ------
    ImportError
        If the method is ``"deeplift"`` and Captum is not installed.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If the method needs a network and there is none, if the target is no class of the
        estimator, or if X cannot be read.

    See Also
    --------
    convergence_delta : By how much the evidence of a network misses the output it explains.
    deeplift : DeepLIFT against shuffled sequences, or against any that you give.
    mutagenesis : The changes behind ``"mutagenesis"``, one for each letter at each position.
    perturbation_curve : Test whether the decision does rest on the salient letters.
    sanity_checks : Test whether the saliency depends on what the classifier has learned.
    SaliencyDisplay : Draw the result.

    Notes
    -----
    Magnitudes by all methods but ``"attention"`` are changes of the target's probability (of its
    decision function where there is none): asked of the classifier by occlusion and mutagenesis,
    to first order by gradients (``"attention_x_gradient"`` weighs them by attention), and without
    the letter's contribution by DeepLIFT. Of an ensemble of networks they are changes of what each
    network says. Where a class is nearly certain, letters that speak against it count for little:
    it was not they that decided. A classifier that is nearly certain still gives a ranking:
    the changes are then taken from the probabilities of the other classes, which keep
    their digits when that of the target rounds to 1. Where no single letter changes anything (a
    decision tree often behaves so) the evidence is 0 throughout, and the magnitude is spread evenly
    over the letters of the row: it says nothing about them, and a perturbation test then removes
    random ones. What several letters hold redundantly, occlusion of one letter cannot see.

    A magnitude says that the classifier uses a letter, not for which class, and not that biology
    does. Its controls are the random positions of :func:`perturbation_curve` and the
    untrained networks of :func:`sanity_checks`.

    DeepLIFT has rules for single layers such as ReLU. Through the products of attention, maxima
    over positions and exponentials Captum passes plain gradients, so that for both networks the
    contributions do not add up to the output; :func:`convergence_delta` tells by how much.

    Ambiguity letters count as unknown: no change is measured at them. Where a letter is changed in
    a string, everything else in it stays as it is, and the new letter takes the case of the old.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.inspection import saliency
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> X = ["AACA", "ACCA", "AGCA", "AGGA", "ACGA", "AAGA"]
    >>> y = [0, 0, 0, 1, 1, 1]
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    >>> saliency(model, ["ATGA"]).round(2)
    array([[0., 0., 1., 0.]])
    """
    check_fitted_classifier(estimator)
    if method not in _FOR_ALL:
        chosen_alphabet(estimator, alphabet)  # must be one that the estimator reads
        found = find_network(estimator)
        if found is None and (members := find_members(estimator)):
            return _from_members(estimator, members, X, method, target, signed, batch_size)
        if found is not None and method != "deeplift":
            final, encoders = found
            readers: list[Reader] = [encoder.transform for encoder in encoders]
            return _from_network(final, readers, X, method, target, signed, batch_size)
        if method not in ("auto", *_NETWORK_METHODS):
            raise _unknown_method(method, (), type(estimator).__name__)
        if method not in ("auto", "deeplift"):
            raise ValueError(
                f"method={method!r} asks a network for its own explanation, but "
                f"{type(estimator).__name__} has none that sees the letters (only a classifier "
                "with a saliency method, alone or behind SequenceOneHotEncoder, does). Use "
                "method='occlusion', which works for every classifier, or 'auto'."
            )
    data = LetterInput.read(estimator, X, alphabet)
    by_name = {"mutagenesis": mutagenesis_saliency, "deeplift": deeplift_saliency}
    explain = by_name.get(method, occlusion)
    return explain(estimator, data, target, signed=signed, batch_size=batch_size)


def _unknown_method(method: str, offered: tuple[str, ...], name: str) -> ValueError:
    """Return the error for a method that no one has, or that this estimator has not."""
    known = ", ".join(
        repr(each) for each in ("auto", *_FOR_ALL, *offered, *(("deeplift",) if offered else ()))
    )
    return ValueError(f"method={method!r} is none of those that work for {name}: {known}.")


def method_name(estimator: Any, method: str) -> str:
    """Return the name of the method that magnitudes are computed by; "auto" says none.

    Networks of an ensemble may have several.
    """
    if method != "auto":
        return method
    members = find_members(estimator)
    if members is None:
        return "occlusion"
    names = {str(getattr(member.final, "saliency_method", method)) for member in members}
    return " and ".join(sorted(names))


def _from_network(
    final: Any,
    readers: list[Reader],
    X: Any,
    method: str,
    target: Any,
    signed: bool,
    batch_size: int | None,
) -> NDArray[np.float64]:
    """Ask an estimator that explains itself, behind its encoders."""
    own = _own_method(final, method, signed)
    offered = getattr(final, "_saliency_methods", None)
    for read in readers:
        X = read(X)
    if method == "deeplift":
        data = LetterInput.read(final, X, None)
        return deeplift_saliency(final, data, target, signed=signed, batch_size=batch_size)
    if own is not None and offered is not None and own not in offered:
        raise _unknown_method(method, offered, type(final).__name__)
    return _in_parts(final, X, own, target, signed, batch_size)


def _from_members(
    ensemble: Any,
    members: list[Member],
    X: Any,
    method: str,
    target: Any,
    signed: bool,
    batch_size: int | None,
) -> NDArray[np.float64]:
    """Average what the networks of an ensemble say about the classes that it predicts."""
    predicted = ensemble.predict(X)  # reads X first, so that errors are about the ensemble's input
    labels = predicted if target is None else target
    columns = label_columns(ensemble, labels, len(predicted))
    total: Any = 0.0
    for member in members:
        # members of some ensembles know the classes by number only
        wanted = np.asarray(member.final.classes_)[columns]
        values = _from_network(member.final, member.readers, X, method, wanted, signed, batch_size)
        total = total + member.weight * values
    return total


def _in_parts(
    final: Any, X: Any, method: str | None, target: Any, signed: bool, batch_size: int | None
) -> NDArray[np.float64]:
    """Ask an estimator for its own saliency, at most ``batch_size`` rows at a time."""
    n = 0 if batch_size is None else _num_samples(X)
    if batch_size is None or n <= batch_size:
        return final.saliency(X, method, target, signed=signed)
    # Reads all rows, so that errors count them as the user does.
    predicted = final.predict(X)
    labels = predicted if target is None else np.asarray(target)
    if labels.ndim == 0:
        labels = np.full(n, target)
    if labels.shape != (n,) or not np.isin(labels, final.classes_).all():
        return final.saliency(X, method, target, signed=signed)  # raises
    return np.concatenate(
        [
            final.saliency(_safe_indexing(X, rows), method, labels[rows], signed=signed)
            for rows in batches_of(n, 1, batch_size)
        ]
    )


def _own_method(final: Any, method: str, signed: bool) -> str | None:
    """Translate "auto" for an estimator with a saliency method; None is its default."""
    if method != "auto":
        return method
    if not signed or not str(getattr(final, "saliency_method", "")).startswith("attention"):
        return None
    # Where the network is sure of its class, its gradient at the sequence itself says little.
    offered = getattr(final, "_saliency_methods", ())
    return "interior_gradient" if "interior_gradient" in offered else "gradient_x_input"
