"""Saliency for other tools: a tidy table, and the arrays that TF-MoDISco reads."""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_consistent_length, column_or_1d

from sklearn_attngen._extras import require
from sklearn_attngen._validation import validate_params
from sklearn_attngen._writing import write_together
from sklearn_attngen.inspection._drawing.position_ticks import check_positions
from sklearn_attngen.inspection._inputs.values import check_saliency, codes_for
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet, get_alphabet, one_hot

if TYPE_CHECKING:
    import pandas as pd


@validate_params(
    {"saliency": ["array-like"], "alphabet": [str, Alphabet]},
    prefer_skip_nested_validation=True,
)
def to_frame(
    saliency: ArrayLike,
    X: Any,
    y: ArrayLike | None = None,
    *,
    names: ArrayLike | None = None,
    positions: int | ArrayLike | None = None,
    alphabet: str | Alphabet = "DNA",
) -> pd.DataFrame:
    """Lay saliency out as a table with one row for each letter.

    Parameters
    ----------
    saliency : array-like of shape (n, L)
        Saliency of n sequences.
    X : array-like of n sequences of length L
        Strings, or one-hot in two or three dimensions.
    y : array-like of shape (n,) or None, default=None
        Label of each sequence, for a column ``class``.
    names : array-like of shape (n,) or None, default=None
        Names of the sequences, which have to differ. None numbers them from 0.
    positions : int, array-like of shape (L,) or None, default=None
        Numbers of the positions: that of the first one, or all of them. None counts from 0.
    alphabet : str or Alphabet, default="DNA"
        Alphabet of X.

    Returns
    -------
    frame : DataFrame of n * L rows
        Columns ``sequence``, with `y` also ``class``, ``position``, ``letter`` (categorical; the
        unknown letter where there is no signal) and ``saliency``.

    Raises
    ------
    ImportError
        If pandas is not installed.
    ValueError
        If the inputs do not fit together.

    See Also
    --------
    saliency : Compute the values, and what they mean.

    Notes
    -----
    A magnitude is the share of its own sequence's saliency, so means over letters of many
    sequences weigh each sequence alike. A mean by letter is confounded with where the
    letters stand: shuffled sequences are the control.

    Examples
    --------
    >>> from sklearn_attngen.inspection import to_frame
    >>> to_frame([[0.7, 0.2, 0.1]], ["GTN"], ["donor"])
       sequence  class  position letter  saliency
    0         0  donor         0      G       0.7
    1         0  donor         1      T       0.2
    2         0  donor         2      N       0.1
    """
    pd = require("pandas", extra="tables", purpose="to_frame")
    alphabet = get_alphabet(alphabet)
    values = check_saliency(saliency)
    codes = codes_for(X, values.shape, alphabet)
    n, length = values.shape
    numbers = check_positions(positions, length)
    if names is not None and np.shape(names) not in ((n,), (n, 1)):
        raise ValueError(
            f"names must hold one name for each of the {n} sequences, got an array of shape "
            f"{np.shape(names)}."
        )
    labels = np.arange(n) if names is None else column_or_1d(names)
    check_consistent_length(values, None if y is None else column_or_1d(y))
    if len(np.unique(labels)) != n:
        raise ValueError(
            "names holds some names more than once, so that the rows of the table could not be "
            "told apart. Leave names out, or make them differ."
        )
    columns: dict[str, Any] = {"sequence": np.repeat(labels, length)}
    if y is not None:
        columns["class"] = np.repeat(column_or_1d(y), length)
    letters = [*alphabet.letters]
    if alphabet.ambiguous or (codes == NO_SIGNAL).any():
        letters.append(alphabet.unknown_letter)
    index = np.where(codes == NO_SIGNAL, len(alphabet.letters), codes).reshape(-1)
    columns["position"] = np.tile(numbers, n)
    columns["letter"] = pd.Categorical.from_codes(index, categories=letters)
    columns["saliency"] = values.reshape(-1)
    return pd.DataFrame(columns)


@validate_params(
    {"saliency": ["array-like"], "alphabet": [str, Alphabet]},
    prefer_skip_nested_validation=True,
)
def to_modisco_npz(
    saliency: ArrayLike,
    X: Any,
    sequences_path: str | os.PathLike[str],
    attributions_path: str | os.PathLike[str],
    *,
    alphabet: str | Alphabet = "DNA",
) -> None:
    """Write sequences and saliency as the two files that TF-MoDISco reads.

    ``modisco motifs -s sequences.npz -a attributions.npz -n 2000 -w 200`` then looks for motifs,
    where tfmodisco-lite is installed and 200 is at most the length.

    Parameters
    ----------
    saliency : array-like of shape (n, L) or (n, L, n_letters)
        Scores of n sequences: of the letters that are there, or of every letter at every position
        (*hypothetical* scores: :func:`mutagenesis` with ``centered=True``, :func:`deeplift` with
        ``hypothetical=True``). Signed evidence is what TF-MoDISco expects; magnitudes make
        everything evidence for the class.
    X : array-like of n sequences of length L
        Strings, or one-hot in two or three dimensions.
    sequences_path, attributions_path : str or path-like
        The two files, with names that end in ".npz". Existing files are replaced once both new
        ones are complete.
    alphabet : str or Alphabet, default="DNA"
        Alphabet of X, with the letters ACGT or ACGU in this order.

    Raises
    ------
    ValueError
        If saliency and X do not fit together, if a name does not end in ".npz", if both names are
        of one file, or if the letters are others.

    See Also
    --------
    motif_report : Motifs without another tool, or by TF-MoDISco, with their effects.

    Notes
    -----
    Each file holds one float32 array, ``arr_0`` of shape (n, n_letters, L): one-hot letters, and
    scores. Scores of shape (n, L) are put at the letter that is there, and 0 at the others.
    TF-MoDISco takes the letters in reverse order for the other strand: DNA and RNA alone make sense
    there, and proteins are for :func:`motif_report`, so that they raise.
    TF-MoDISco compares seqlets by their hypothetical scores too; without them it sees in a
    seqlet only the letters it has, and finds coarser groups. Its patterns say what salient letters
    share, and not that the classifier needs them: that is measured by the effects of
    :func:`motif_report`, beside their control.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from sklearn_attngen.inspection import to_modisco_npz
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = Path(folder) / "sequences.npz", Path(folder) / "scores.npz"
    ...     to_modisco_npz([[0.7, 0.3]], ["GT"], *paths)
    ...     np.load(paths[1])["arr_0"]
    array([[[0. , 0. ],
            [0. , 0. ],
            [0.7, 0. ],
            [0. , 0.3]]], dtype=float32)
    """
    for path in (sequences_path, attributions_path):
        if not str(path).endswith(".npz"):
            raise ValueError(f"The name of a file must end in '.npz', got {str(path)!r}.")
    if os.path.realpath(sequences_path) == os.path.realpath(attributions_path):
        raise ValueError(
            "sequences_path and attributions_path must be two different files, got "
            f"{str(sequences_path)!r} for both."
        )
    alphabet = get_alphabet(alphabet)
    if alphabet.letters not in ("ACGT", "ACGU"):
        raise ValueError(
            "TF-MoDISco reads DNA or RNA, letters in the order ACGT or ACGU, of which it makes the "
            f"other strand, got the alphabet {alphabet.name}. For motifs of other letters use "
            "motif_report."
        )
    scores = np.asarray(saliency, dtype=np.float64)
    if scores.ndim not in (2, 3) or 0 in scores.shape:
        raise ValueError(
            f"saliency has shape {scores.shape}, but needs the shape (n, L) or (n, L, "
            f"{alphabet.n_letters}), with at least one sequence and one position."
        )
    if scores.ndim == 3:
        if scores.shape[2] != alphabet.n_letters:
            raise ValueError(
                f"Hypothetical scores must have shape (n, L, {alphabet.n_letters}), got "
                f"{scores.shape}."
            )
        if not np.isfinite(scores).all():
            row, position, letter = np.argwhere(~np.isfinite(scores))[0]
            raise ValueError(
                f"saliency is {scores[row, position, letter]} in row {row} at position {position} "
                f"for {alphabet.letters[letter]} (both 0-based). Replace it, with 0 for instance."
            )
    else:
        scores = check_saliency(scores)
    codes = codes_for(X, scores.shape[:2], alphabet)
    blocks = one_hot(codes, alphabet.n_letters, np.float32)
    if scores.ndim == 2:
        scores = blocks * scores[:, :, None]
    write_together(
        (path, _compressed(values.transpose(0, 2, 1).astype(np.float32, order="C")))
        for path, values in ((sequences_path, blocks), (attributions_path, scores))
    )


def _compressed(values: NDArray[Any]) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, values)
    return file.getvalue()
