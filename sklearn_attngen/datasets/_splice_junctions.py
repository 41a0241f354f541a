"""The embedded splice-junction data."""

from __future__ import annotations

import gzip
from importlib import resources
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from sklearn_attngen._extras import require

_TARGET_NAMES = ("EI", "IE", "N")


def load_splice_junctions(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    """Load the primate splice-junction data (classification, embedded in the package).

    Windows of 60 nucleotides around the start of an intron (``"EI"``, donor), around its end
    (``"IE"``, acceptor), or around neither (``"N"``). The junction lies between positions 29 and
    30, counted from 0: the donor's GT stands at 30 and 31, the acceptor's AG at 28 and 29.

    =================   ==============
    Classes                          3
    Samples per class    679, 669, 1652
    Samples total                 3000
    Train, test              2250, 750
    Length                          60
    Letters                 A, C, G, T
    =================   ==============

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch. Both parts are in it: take the
        Bunch and its `split` to tell them apart.
    as_frame : bool, default=False
        If True, `data`, `target` and `split` are pandas Series and the Bunch has a `frame` with
        the columns ``sequence``, ``label`` and ``split``. Needs pandas (the extra ``tables``).

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the keys

        data : ndarray of shape (3000,), dtype=object
            The sequences, as str.
        target : ndarray of shape (3000,), dtype=object
            The labels: ``"EI"``, ``"IE"`` or ``"N"``.
        split : ndarray of shape (3000,), dtype=object
            ``"train"`` or ``"test"``. The parts share no 25-mer on either strand.
        target_names : list of str
            The classes, in sorted order.
        frame : DataFrame of shape (3000, 3)
            Only with ``as_frame=True``.
        DESCR : str
            The card of the data set: source, licence, what was removed and why.
    (data, target) : tuple
        If ``return_X_y`` is True.

    Raises
    ------
    ImportError
        If ``as_frame`` is True and pandas is not installed.

    See Also
    --------
    make_motif_sequences : Sequences whose deciding letters are known.
    fetch_genomic_benchmark : Larger data sets, to be downloaded.

    Notes
    -----
    The data is licensed under CC BY 4.0; please cite [1]_. Of the 3,190 rows of the original, rows
    with ambiguity letters, repeated rows and one sequence with two labels are left out; the card
    (``DESCR``) has the counts.

    References
    ----------
    .. [1] Towell, G., Noordewier, M. and Shavlik, J. (1991). Molecular Biology (Splice-junction
       Gene Sequences). UCI Machine Learning Repository. https://doi.org/10.24432/C5M888

    Examples
    --------
    >>> from sklearn_attngen.datasets import load_splice_junctions
    >>> splice = load_splice_junctions()
    >>> train, test = splice.split == "train", splice.split == "test"
    >>> X_train, y_train = splice.data[train], splice.target[train]
    >>> X_train.shape, int(test.sum())
    ((2250,), 750)
    >>> donor = splice.data[splice.target == "EI"][0]
    >>> donor[:30], donor[30:]  # exon, intron
    ('TTCTATGAGAAACGTGGCATTGTGCGCAAG', 'GTGGGCCCCGCGGGACGGGGCAGCTCCGGG')
    """
    folder = resources.files(__package__) / "data"
    text = gzip.decompress((folder / "splice_junctions.csv.gz").read_bytes()).decode("ascii")
    rows = [line.split(",") for line in text.splitlines()[1:]]
    table = np.array(rows, dtype=object)
    data, target, split = table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy()

    frame = None
    if as_frame:
        pd = require("pandas", extra="tables", purpose="load_splice_junctions(as_frame=True)")
        frame = pd.DataFrame({"sequence": data, "label": target, "split": split})
        data, target, split = frame["sequence"], frame["label"], frame["split"]
    if return_X_y:
        return data, target
    bunch = Bunch(
        data=data,
        target=target,
        split=split,
        target_names=list(_TARGET_NAMES),
        DESCR=(folder / "splice_junctions.rst").read_text(encoding="utf-8"),
    )
    if as_frame:
        bunch["frame"] = frame
    return bunch
