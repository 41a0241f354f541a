"""Sanity checks: how far saliency depends on what the classifier has learned."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_consistent_length

from sklearn_attngen._extras import require
from sklearn_attngen._validation import validate_params
from sklearn_attngen.classifiers._targets import checked_labels
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.progress import progress
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier, peel
from sklearn_attngen.sequences import Alphabet

from .attention import ATTENTION_CHECKS, AttentionRuns
from .runs import COLUMNS, RUN_CHECKS, SanityRuns

if TYPE_CHECKING:
    import pandas as pd

CHECKS = (*RUN_CHECKS, *ATTENTION_CHECKS)


@validate_params(
    {
        "X_train": "no_validation",
        "y_train": ["array-like", None],
        "checks": ["array-like"],
        "method": [str],
        "compare_with": ["array-like", None],
        "n_repeats": [Interval(Integral, 2, None, closed="left")],
        "top": [Interval(Real, 0, 1, closed="neither")],
        "max_sequences": [Interval(Integral, 2, None, closed="left"), None],
        "alphabet": [str, Alphabet, None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def sanity_checks(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    *,
    X_train: Any = None,
    y_train: ArrayLike | None = None,
    checks: Sequence[str] = CHECKS,
    method: str = "auto",
    compare_with: Sequence[str] | None = None,
    n_repeats: int = 3,
    top: float = 0.1,
    max_sequences: int | None = 100,
    alphabet: str | Alphabet | None = None,
    batch_size: int | None = None,
    random_state: int | np.random.RandomState | None = 0,
    verbose: int = 0,
) -> pd.DataFrame:
    """Test what saliency depends on: learned weights, labels, seed, method, attention.

    A saliency can look convincing and say little about the classifier: some methods show the
    sequence rather than the model. These checks take away what was learned, and see whether
    the saliency notices. For a network with attention they also ask whether it matters, and whether
    the masks that follow it give the class away.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier with ``predict_proba`` or ``decision_function``, or a Pipeline that
        ends in one. It is not changed. Of a search, the best estimator is checked.
    X : array-like of n sequences
        What is explained, in any form that the estimator reads.
    y : array-like of shape (n,)
        True classes of X, which accuracies are taken against, and which clones are fitted on unless
        there are others for them.
    X_train, y_train : array-like, default=None
        What clones are fitted on. None takes X and y, all of them: pass the training data if X is
        test data, as clones of few sequences learn less than the estimator did. Clones get neither
        sample weights nor groups, see the notes.
    checks : sequence of str, default=all six
        Which checks to make, of ``"model_randomization"``, ``"label_randomization"``,
        ``"seed_stability"``, ``"method_agreement"``, ``"uniform_attention"`` and ``"mask_leak"``.
    method : str, default="auto"
        The method to check, as for :func:`saliency`.
    compare_with : sequence of str or None, default=None
        Other methods to compare with. None takes ``"attention"``, ``"gradient_x_input"`` and
        ``"integrated_gradients"`` for networks, and ``"mutagenesis"`` for all others. The
        checked method itself is left out.
    n_repeats : int, default=3
        Number of times that weights are drawn, labels are shuffled, seeds are changed, and letters
        and masks are drawn, at least 2. Clones are fitted 2 * n_repeats times.
    top : float, default=0.1
        Share of the letters of a sequence that counts as its most salient ones.
    max_sequences : int or None, default=100
        At most so many sequences of X, drawn at random, are explained. None takes all. The two
        checks of attention cost little for each sequence and need more: they take up to 2,000,
        whatever stands here.
    alphabet : str, Alphabet or None, default=None
        What X is written in, as for :func:`saliency`.
    batch_size : int or None, default=None
        Number of sequences in memory at a time, as for :func:`saliency`.
    random_state : int, RandomState instance or None, default=0
        Decides on all that is drawn: sequences, weights, labels, seeds.
    verbose : int, default=0
        Show the progress if positive (needs tqdm).

    Returns
    -------
    table : DataFrame
        One row for each comparison:

        - ``check``, ``detail``: what was compared. For the model's randomisation one row for each
          layer: its weights, and those of all layers after it, are drawn anew, as before training.
          The last of these rows is an untrained network.
        - ``correlation``: Spearman's rank correlation of the letters of a sequence, mean over
          sequences and repeats (over pairs of fits for the seeds); 0 for a saliency that is the
          same for all letters. ``correlation_std``: its standard deviation over repeats.
        - ``overlap``: share of the most salient letters that are the same; about `top` by chance,
          more in sequences of few letters, of which one is taken at least.
        - ``other_correlation``, ``other_overlap``: the same, each sequence compared with *another*
          one. What is this high comes from the position alone, and from no letter. NaN if there is
          one sequence only.
        - ``score``, ``control_score``: what the checks of attention compare, see the notes.
          ``standard_error``: that of their difference, over sequences; ``chance``: the score of
          what knows nothing. NaN in the rows of the other checks, as those above are in these.
        - ``n_repeats``: number of comparisons.
        - ``verdict``: the finding in words, see the notes; ``"not applicable: ..."`` with the
          reason where a check cannot be made.

    Raises
    ------
    ImportError
        If pandas is not installed.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If a check is unknown, if y does not fit X, if the labels to fit clones on lack a class, or
        if clones cannot be fitted on them.

    See Also
    --------
    perturbation_curve : Whether the decision rests on the salient letters; needs no refits.
    convergence_delta : Whether the evidence of a network adds up.

    Notes
    -----
    Every saliency explains the class that ``estimator`` predicts, also that of untrained networks
    and refits. Verdicts go by the *agreement*: the larger of the correlation (of a randomisation,
    its size) and the overlap corrected for chance, (overlap - share) / (1 - share). Below 0.3 a
    randomisation passes, below 0.6 in part, else it fails; from 0.7 on seeds and methods agree,
    from 0.4 on in part, else they do not. These thresholds are conventions: look at the numbers
    beside them. Networks with random weights keep the ``interior_point_`` of the trained one.

    Clones are fitted as ``clone(estimator).fit(X_train, y_train)``. An estimator that was fitted
    with ``sample_weight``, ``groups`` or other parameters of ``fit`` is compared with clones that
    were not, so that its stability over seeds comes out too low, and one that needs them cannot be
    refitted: leave these two checks out for it.

    ``"uniform_attention"`` [2]_ has two rows. The first compares the classifier's balanced accuracy
    with its own when every soft head weighs all letters alike. Of the classifiers that vote in
    ``AttnGenClassifier`` only one reads what these heads pool; those of the plain mean and of the
    maximum stay as they are, so that accuracy falls little where they suffice. The second compares
    the faithfulness of the method with that of a method without attention (the interior gradient
    for ``"attention_x_gradient"``, which also reads the first filters elsewhere; random letters for
    ``"attention"``): by how much more balanced accuracy falls when the `top` letters are resampled
    than when as many random ones are.
    Attention matters, helps or harms if the two differ by more than two standard errors; otherwise
    no difference was found, which is not the same as none. Each class needs five sequences, and
    faithfulness a classifier above chance.

    ``"mask_leak"`` takes the letters that training masks at its end, strictly those of lowest
    attention and, in a row of its own, in the ``mask_order`` of the estimator; where several
    networks answer, those of the first. A logistic regression sees only which positions they are
    (one by one, and as counts of the patterns of six neighbours) and no letter; ``score`` is its
    balanced accuracy in five folds, ``control_score`` that from as many random positions. It passes
    below a twentieth of the way from chance to 1, or within two standard errors, and leaks in part
    below three tenths. A leak says that where the network looks tells the class by itself. That is
    no fault of a saliency that is right, as classes have their motifs at different places, but a
    model that is *trained* on masked sequences could read the class from the mask where a mask can
    be seen (zeros, N) [3]_: accuracies of models fitted anew on masked sequences ("remove and
    retrain") are then too high, and faithfulness by them too low for removing letters and too high
    for keeping them. A reader that fails does not prove that there is nothing to read.

    What the checks do not say: a saliency that passes depends on what was learned, which is
    necessary and not sufficient for being right. Model randomisation [1]_ measures methods, and a
    failure of attention on the first rows is no fault, as attention does not go through
    the last layers. A network that was trained on shuffled labels can learn them by heart, from
    whichever letters; that its saliency differs is the point. Low stability over
    seeds can mean that several sets of letters are each enough. Two methods can agree and both
    be wrong, if they share a weakness: gradients and integrated gradients are relatives.

    References
    ----------
    .. [1] J. Adebayo et al., "Sanity checks for saliency maps", NeurIPS (2018).
    .. [2] S. Jain and B. C. Wallace, "Attention is not explanation", NAACL (2019).
    .. [3] Y. Rong et al., "A consistent and efficient evaluation strategy for attribution methods",
       ICML (2022).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.inspection import sanity_checks
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> rng = np.random.default_rng(0)
    >>> X = ["".join(row) for row in rng.choice(list("ACGT"), (100, 20))]
    >>> y = [x[7] in "CG" and x[8] in "AC" for x in X]
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    >>> table = sanity_checks(model, X, y, max_sequences=20)
    >>> table[["check", "correlation"]].round(1)
                     check  correlation
    0  model_randomization          NaN
    1  label_randomization         -0.1
    2       seed_stability          1.0
    3     method_agreement          0.8
    4    uniform_attention          NaN
    5            mask_leak          NaN
    >>> table["verdict"][0]
    'not applicable: LogisticRegression has no network of its own that sees the letters'
    """
    pd = require("pandas", extra="tables", purpose="sanity_checks")
    check_fitted_classifier(estimator)
    chosen = [str(check) for check in checks]
    unknown = [check for check in chosen if check not in CHECKS]
    if unknown or not chosen:
        raise ValueError(f"checks must name some of {CHECKS}, got {chosen}.")
    random = check_random_state(random_state)
    model = peel(estimator)
    data = LetterInput.read(model, X, alphabet)
    labels = checked_labels(y)
    check_consistent_length(data.codes, labels)
    if (X_train is None) != (y_train is None):
        raise ValueError("X_train and y_train belong together: pass both or neither.")
    X_fit = X if X_train is None else X_train
    y_fit = labels if y_train is None else checked_labels(y_train, "y_train")
    missing = np.setdiff1d(model.classes_, y_fit)
    if missing.size and not {"label_randomization", "seed_stability"}.isdisjoint(chosen):
        raise ValueError(
            f"Clones are to be fitted on labels without {missing.tolist()}, which the estimator "
            "knows. Pass the training data as X_train and y_train."
        )

    n = len(data.codes)
    rows = np.arange(n)
    if max_sequences is not None and n > max_sequences:
        rows = np.sort(random.choice(n, max_sequences, replace=False))
    runs = SanityRuns(
        model,
        LetterInput.read(model, data.with_codes(data.codes[rows], rows), alphabet),
        method=method,
        compare_with=compare_with,
        n_repeats=n_repeats,
        top=top,
        batch_size=batch_size,
        random=random,
    )
    of_attention = AttentionRuns(
        model,
        data,
        labels,
        method=method,
        n_repeats=n_repeats,
        top=top,
        batch_size=batch_size,
        alphabet=alphabet,
        random=random,
    )
    others = [check for check in chosen if check in RUN_CHECKS]
    total = runs.count(others)
    total += sum(of_attention.count(check) for check in chosen if check in ATTENTION_CHECKS)
    table: list[dict[str, Any]] = []
    with progress(verbose, total, "sanity_checks", "saliency") as bar:
        runs.bar = of_attention.bar = bar
        for check in chosen:
            if check in ATTENTION_CHECKS:
                table += of_attention.rows_of(check)
            else:
                table += runs.rows_of(check, X_fit, y_fit)
    return pd.DataFrame(table, columns=list(COLUMNS))
