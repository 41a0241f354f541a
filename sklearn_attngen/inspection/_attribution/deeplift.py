"""DeepLIFT of a network, through Captum, against equal shares or against one-hot references."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval

from sklearn_attngen._extras import require
from sklearn_attngen._validation import validate_params
from sklearn_attngen.inspection._inputs.answers import checked_columns
from sklearn_attngen.inspection._inputs.draws import draw_seed
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import LetterNetwork, batches_of, gradients_allowed
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet

from .changes import normalised_magnitude
from .references import DRAWN, draw_references, read_references

if TYPE_CHECKING:
    import torch

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]

# Captum holds all activations of a batch and of its references.
_PAIRS_TO_POSITIONS = 2**15


@validate_params(
    {
        "references": [str, "array-like"],
        "n_references": [Interval(Integral, 1, None, closed="left")],
        "hypothetical": ["boolean"],
        "return_delta": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "alphabet": [str, Alphabet, None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def deeplift(
    estimator: Any,
    X: Any,
    target: Any = None,
    *,
    references: str | ArrayLike = "dinucleotide",
    n_references: int = 20,
    hypothetical: bool = False,
    return_delta: bool = False,
    batch_size: int | None = None,
    alphabet: str | Alphabet | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> Any:
    """Share out an output among letters by DeepLIFT's rescale rule, against reference sequences.

    What a network says of a sequence, less what it says of a reference, is divided among the
    letters in which the two differ, and averaged over the references. For networks of this
    package; needs Captum (``sklearn-attngen[captum]``).

    Parameters
    ----------
    estimator : estimator
        A fitted classifier of this package with a network, alone or behind a
        :class:`~sklearn_attngen.preprocessing.SequenceOneHotEncoder`.
    X : array-like of n sequences of length L
        In any form that the estimator reads: strings, or one-hot in two or three dimensions.
    target : label, array-like of n labels or None, default=None
        The class to explain. None takes the class that the estimator predicts.
    references : {"dinucleotide", "shuffle", "uniform"} or array-like, default="dinucleotide"
        What each sequence is compared with.

        - ``"dinucleotide"``: shuffles of the sequence that keep its counts of adjacent letter
          pairs. Peptides have few such shuffles but themselves: take another.
        - ``"shuffle"``: shuffles of its letters.
        - ``"uniform"``: equal shares of all letters at each position, a single reference that is
          no sequence; this is ``saliency(method="deeplift", signed=True)``.
        - array-like of strings of shape (n, n_references): sequences of your own, as long as the
          sequence and with N where it has no letter.
    n_references : int, default=20
        Number of references drawn for each sequence. Ignored for ``"uniform"`` and for sequences
        of your own.
    hypothetical : bool, default=False
        Return one value for each letter of the alphabet at each position: what the letter would
        contribute there if the multipliers stayed the same. :func:`to_modisco_npz` takes these.
    return_delta : bool, default=False
        Also return by how much the contributions miss the change that they explain.
    batch_size : int or None, default=None
        Number of pairs of a sequence and a reference in memory at a time. None chooses it by the
        length. Results do not depend on it beyond rounding.
    alphabet : str, Alphabet or None, default=None
        What X is written in. None takes the estimator's ``alphabet`` parameter.
    random_state : int, RandomState instance or None, default=0
        Seed of the shuffles.

    Returns
    -------
    contributions : ndarray of float64 of shape (n, L) or (n, L, n_letters)
        Signed contributions to the target's logit above the mean of all logits, averaged over the
        references: positive where the letter speaks for the target. 0 where there is no letter
        (N, padding).
    delta : ndarray of float64 of shape (n,)
        Only with `return_delta`. The sum of a sequence's contributions less the change that they
        explain, from the mean output for its references to the output for the sequence; that
        change is ``contributions.sum(axis=1) - delta``. 0 if the contributions are complete.

    Raises
    ------
    ImportError
        If Captum is not installed.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If the estimator has no network of its own that sees the letters, if the target is none of
        its classes, or if the references do not fit X.

    Warns
    -----
    UserWarning
        If a sequence is all that is drawn as reference for it.

    See Also
    --------
    saliency : Magnitudes, and methods that need no references.
    mutagenesis : What single substitutions do, without a rule or a reference.
    perturbation_curve : The control: whether the decision rests on these letters.

    Notes
    -----
    A contribution depends on the reference: it says what a letter does *in place of* the letters
    of the shuffles, so that what the shuffles keep (composition, pairs of letters) counts for
    little. The mean over few references is noisy; another seed shows how much.

    Captum has a rule for layers such as ReLU. Through the maximum over positions of both networks
    it passes plain gradients, and through the exponentials and products of AttnGen too. The
    contributions then do not add up: ``delta`` can be larger than the change itself.
    tangermeme's ``deep_lift_shap`` gives the same values for the same network and references, and
    misses as much. Where sums matter, take integrated gradients; which letters decide is a
    question of ranks, which :func:`perturbation_curve` tests.

    References
    ----------
    .. [1] A. Shrikumar, P. Greenside and A. Kundaje, "Learning important features through
       propagating activation differences", ICML (2017).
    .. [2] S. M. Lundberg and S.-I. Lee, "A unified approach to interpreting model predictions",
       NeurIPS (2017).

    Examples
    --------
    >>> from sklearn_attngen import CNNClassifier
    >>> from sklearn_attngen.inspection import deeplift
    >>> X, y = ["AACATA", "ACCAGA", "AGCACC", "AGGATT", "ACGAGT", "AAGATG"], [0, 0, 0, 1, 1, 1]
    >>> model = CNNClassifier(n_filters=4, max_epochs=2, random_state=0).fit(X, y)
    >>> deeplift(model, X, target=1, references="shuffle").shape
    (6, 6)
    """
    check_fitted_classifier(estimator)
    attr = require("captum.attr", extra="captum", purpose="deeplift")
    data = LetterInput.read(estimator, X, alphabet)
    network = _find_network(estimator, data, "deeplift")
    codes = data.codes
    blocks: Iterable[tuple[slice, Codes | None]]
    if isinstance(references, str) and references == "uniform":
        blocks = [(slice(0, len(codes)), None)]
    elif isinstance(references, str) and references in DRAWN:
        rng = np.random.default_rng(draw_seed(random_state))
        blocks = draw_references(references, codes, network.n_letters, int(n_references), rng)
    else:
        given = read_references(references, codes, data.sequences.alphabet)
        blocks = [(slice(0, len(codes)), given)]
    columns = checked_columns(estimator, data, target)
    values, delta = _explain(
        attr, network, codes, columns, blocks, batch_size, hypothetical, return_delta
    )
    return (values, delta) if return_delta else values


def deeplift_saliency(
    estimator: Any,
    data: LetterInput,
    target: Any = None,
    *,
    signed: bool = False,
    batch_size: int | None = None,
) -> Floats:
    """Return DeepLIFT's contributions against equal shares of all letters, (n, L).

    Signed contributions to the target's logit above the mean of all logits, or by how much the
    probability changes with them, rows with sum 1.
    """
    attr = require("captum.attr", extra="captum", purpose="method='deeplift'")
    network = _find_network(estimator, data, "method='deeplift'")
    columns = checked_columns(estimator, data, target)
    codes = data.codes
    blocks = [(slice(0, len(codes)), None)]
    evidence, _ = _explain(attr, network, codes, columns, blocks, batch_size)
    if signed:
        return evidence
    import torch

    from sklearn_attngen.networks import probability_change

    falls = torch.from_numpy(evidence)[:, None]  # what there would be less without a letter
    batches = batches_of(len(codes), codes.shape[1], batch_size)
    logits = np.concatenate([network.logits(codes[rows]) for rows in batches])
    change = probability_change(
        falls, torch.ones_like(falls), torch.from_numpy(logits), torch.from_numpy(columns)
    )
    return normalised_magnitude(change.numpy(), codes != NO_SIGNAL)


def _find_network(estimator: Any, data: LetterInput, purpose: str) -> LetterNetwork:
    """Return the network of an estimator, or say that there is none."""
    network = LetterNetwork.find(estimator, data)
    if network is None:
        raise ValueError(
            f"{purpose} needs a network of this package that sees the letters, and "
            f"{type(estimator).__name__} has none. Use saliency with method='occlusion', which "
            "works for every classifier."
        )
    return network


def _explain(
    attr: Any,
    network: LetterNetwork,
    codes: Codes,
    columns: NDArray[np.intp],
    blocks: Iterable[tuple[slice, Codes | None]],
    batch_size: int | None,
    hypothetical: bool = False,
    compare: bool = False,
) -> tuple[Floats, Floats]:
    """Return contributions, averaged over references, and what they miss if it is asked for.

    Parameters
    ----------
    attr : module
        Captum's methods.
    network : LetterNetwork
    codes : ndarray of shape (n, L)
    columns : ndarray of int of shape (n,)
        The classes to explain.
    blocks : iterable of rows and their references
        References are codes (rows, m, L); None is equal shares.
    batch_size : int or None
        Number of pairs.
    hypothetical, compare : bool
        Whether contributions are for all letters, and whether the network is asked again for the
        change of its output.
    """
    import torch

    from sklearn_attngen.networks._operations import equal_shares

    n, length = codes.shape
    values = np.zeros((n, length, network.n_letters) if hypothetical else (n, length))
    delta = np.zeros(n)
    step = max(1, _PAIRS_TO_POSITIONS // length) if batch_size is None else batch_size
    with gradients_allowed():
        explainer = _Explainer(attr, network)
        for rows, references in blocks:
            m = 1 if references is None else references.shape[1]
            for some in batches_of((rows.stop - rows.start) * m, length, step):
                row = rows.start + np.arange(some.start, some.stop) // m
                x = network.tensor(codes[row])
                if references is None:
                    reference = equal_shares(x).contiguous()
                else:
                    reference = network.tensor(references.reshape(-1, length)[some])
                target = torch.from_numpy(columns[row]).to(x.device)
                every = explainer.hypothetical(x, reference, target)
                own = (every * x).sum(dim=1)
                letters = every[:, network.channels.tolist()].transpose(1, 2)
                found = letters if hypothetical else own
                np.add.at(values, row, found.cpu().numpy().astype(np.float64) / m)
                if compare:
                    change = (network.outputs(x) - network.outputs(reference)).cpu().numpy()
                    explained = change[np.arange(len(row)), columns[row]] - change.mean(axis=1)
                    missed = own.cpu().numpy().sum(axis=1, dtype=np.float64) - explained
                    np.add.at(delta, row, missed / m)
    return values, delta


class _Explainer:
    """Captum's DeepLIFT of a copy of a network.

    Captum hangs hooks on layers and leaves values there; the user's network stays as it is.
    """

    def __init__(self, attr: Any, network: LetterNetwork) -> None:
        self.network = network
        self._module = _above_mean(copy.deepcopy(network.module))
        self._captum = attr.DeepLift(self._module)

    def hypothetical(
        self, x: torch.Tensor, reference: torch.Tensor, target: torch.Tensor
    ) -> torch.Tensor:
        """Return what each letter would contribute in place of the reference, (n, C, L)."""
        values = self._one_strand(x, reference, target)
        if self.network.complement is not None:
            turn = self.network.turn
            values = (values + turn(self._one_strand(turn(x), turn(reference), target))) / 2
        return values * (x != 0).any(dim=1, keepdim=True)

    def _one_strand(
        self, x: torch.Tensor, reference: torch.Tensor, target: torch.Tensor
    ) -> torch.Tensor:
        from sklearn_attngen.networks import evaluation_mode

        x, reference = (part.detach().clone() for part in (x, reference))
        with evaluation_mode(self._module), warnings.catch_warnings():
            # It says that hooks are set and removed again.
            warnings.filterwarnings("ignore", "Setting forward, backward hooks", UserWarning)
            multipliers = self._captum.attribute(
                x.requires_grad_(True),
                reference,
                target=target,
                custom_attribution_func=lambda multipliers, inputs, baselines: multipliers,
            ).detach()
        return multipliers - (multipliers * reference).sum(dim=1, keepdim=True)


def _above_mean(module: torch.nn.Module) -> torch.nn.Module:
    """Return a network that gives each logit above the mean of all logits."""
    import torch

    class AboveMean(torch.nn.Module):
        def forward(self, logits: torch.Tensor) -> torch.Tensor:
            return logits - logits.mean(dim=1, keepdim=True)

    return torch.nn.Sequential(module, AboveMean())
