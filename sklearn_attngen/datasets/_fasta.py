"""Read and write FASTA files."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence, ValuesView
from numbers import Integral, Number
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import Bunch

from sklearn_attngen._writing import write_whole
from sklearn_attngen.sequences import Alphabet, get_alphabet
from sklearn_attngen.sequences._containers import string_column
from sklearn_attngen.sequences._messages import as_text, is_missing

from ._fasta_records import LetterChecker, Source, list_sources, read_text, split_records


def read_fasta(
    path: Source | Sequence[Source] | Mapping[Any, Source | Sequence[Source]],
    *,
    label_pattern: str | re.Pattern[str] | None = None,
    alphabet: str | Alphabet | None = None,
    encoding: str = "utf-8",
) -> Bunch:
    r"""Read sequences, and labels if wanted, from one or more FASTA files.

    Labels come either from the headers (`label_pattern`) or from the files (a dict with one file
    per class).

    Parameters
    ----------
    path : str, path-like, file object, list of these, or dict of label to these
        What to read: plain or gzipped files (told apart by their first bytes, not by their name),
        or open file objects. The records of a list are read in its order. The keys of a dict are
        the labels of the records in its files.
    label_pattern : str or compiled pattern, default=None
        Regular expression that is searched for in each header (without the ``>``). The label is
        the group named ``label`` if there is one, else the first group.
    alphabet : {"DNA", "RNA", "protein"}, str of letters or Alphabet, default=None
        If given, letters outside the alphabet raise an error that names file and line. Ambiguity
        letters and lower case are fine. None takes the letters as they are; the estimators check
        them anyway, but know nothing about files.
    encoding : str, default="utf-8"
        Encoding of the files. Ignored for text file objects.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the keys

        data : ndarray of shape (n_records,), dtype=object
            The sequences, as str. The lines of a record are joined; case is kept, so that
            soft-masked letters stay lower-case. Encoders and classifiers ignore the case.
        names : ndarray of shape (n_records,), dtype=object
            The first word of each header. Names need not be unique.
        descriptions : ndarray of shape (n_records,), dtype=object
            The whole headers, without the ``>``.
        target : ndarray of shape (n_records,) or None
            The labels: str from headers, or the keys of the dict. None if neither was given.

    Raises
    ------
    TypeError
        If `path` is none of these.
    ValueError
        If a file is no FASTA file (data before the first header, a record without a sequence, no
        record at all, white space, ``;`` or a second ``>`` inside a sequence line), if a header
        does not match `label_pattern`, or if a letter is not in `alphabet`. The message names the
        file and the line, counted from 1. Also if the labels in a dict are neither all text nor all
        numbers.
    OSError
        If a file cannot be read, or its gzip stream is damaged or cut off.

    See Also
    --------
    write_fasta : Write sequences to a FASTA file.

    Examples
    --------
    >>> import io
    >>> from sklearn_attngen.datasets import read_fasta
    >>> file = io.StringIO(">seq1 class=donor\nACGT\nacg\n>seq2 class=acceptor\nTTGCA\n")
    >>> records = read_fasta(file, label_pattern=r"class=(\w+)")
    >>> records.data
    array(['ACGTacg', 'TTGCA'], dtype=object)
    >>> records.target
    array(['donor', 'acceptor'], dtype=object)

    One file per class:

    >>> donors, acceptors = io.StringIO(">1\nACGT\n"), io.StringIO(">1\nTTGC\n>2\nTTGA\n")
    >>> read_fasta({"donor": donors, "acceptor": acceptors}).target
    array(['donor', 'acceptor', 'acceptor'], dtype=object)
    """
    by_file = isinstance(path, Mapping)
    pattern = None
    if label_pattern is not None:
        if by_file:
            raise ValueError(
                "Labels can come from the headers or from the files, not from both: give either "
                "label_pattern or a dict of files."
            )
        try:
            pattern = re.compile(label_pattern)
            pattern.search("")  # one of bytes fails
        except (re.error, TypeError) as error:
            raise ValueError(
                f"label_pattern is no regular expression: {label_pattern!r} ({error})."
            ) from error
        if not pattern.groups:
            raise ValueError(
                f"label_pattern must have a group that captures the label, got "
                f"{pattern.pattern!r}. Put the label in parentheses, as in r'class=(\\w+)'."
            )
    if isinstance(path, Mapping):
        _check_labels(list(path))
    checker = None if alphabet is None else LetterChecker(get_alphabet(alphabet))

    data: list[str] = []
    headers: list[str] = []
    labels: list[Any] = []
    sources = list_sources(path)
    if not sources:
        raise ValueError("There is no file to read: the list or dict of files is empty.")
    for label, source in sources:
        text, name = read_text(source, encoding)
        for record in split_records(text, name):
            header, sequence = record.parse()
            if checker is not None:
                checker.check(sequence, record)
            if pattern is not None:
                label = record.find_label(pattern)
            data.append(sequence)
            headers.append(header)
            labels.append(label)
    return Bunch(
        data=_object_array(data),
        names=_object_array([header.split(maxsplit=1)[0] if header else "" for header in headers]),
        descriptions=_object_array(headers),
        target=_label_array(labels) if by_file or pattern is not None else None,
    )


def write_fasta(
    path: str | os.PathLike[str],
    sequences: Any,
    names: ArrayLike | None = None,
    *,
    target: ArrayLike | None = None,
    line_width: int = 80,
) -> None:
    r"""Write sequences to a FASTA file, gzipped if the name ends in ``.gz``.

    Parameters
    ----------
    path : str or path-like
        File to write. An existing file is replaced.
    sequences : array-like of str of shape (n_records,)
        The sequences.
    names : array-like of str of shape (n_records,), default=None
        One header per record, without the ``>``. None numbers the records: ``seq0``, ``seq1``, ...
    target : array-like of shape (n_records,), default=None
        Labels, appended to the headers as ``label=...``. ``read_fasta`` reads them back with
        ``label_pattern=r"label=(\S+)"`` if they hold no white space.
    line_width : int, default=80
        Letters in a line.

    Raises
    ------
    TypeError
        If `path` is no name of a file, a sequence is no string, or `sequences` is no list of them
        but one string, a dict or a set, or `names` or `target` is one string.
    ValueError
        If a sequence is empty or holds white space, ``>`` or ``;``, a header holds a line break
        or begins with ``>``, `line_width` is no int above 0, `sequences` is a table of several
        columns, a sequence, name or label is missing (None, NaN, masked), a name or label is bytes
        that are no UTF-8, or the numbers of sequences, names and labels differ. Nothing is written
        then.

    See Also
    --------
    read_fasta : Read FASTA files.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_attngen.datasets import read_fasta, write_fasta
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "two.fa.gz")
    ...     write_fasta(file, ["ACGT", "TTGCA"], target=["donor", "acceptor"])
    ...     records = read_fasta(file, label_pattern=r"label=(\S+)")
    >>> records.descriptions
    array(['seq0 label=donor', 'seq1 label=acceptor'], dtype=object)
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"path must be the name of a file, got {type(path).__name__}. The path comes first, "
            "the sequences after it."
        )
    if isinstance(sequences, str):
        raise TypeError("sequences must be a list of strings, got one string. Pass [sequence].")
    if not isinstance(line_width, Integral) or isinstance(line_width, bool) or line_width < 1:
        raise ValueError(f"line_width must be an int of at least 1, got {line_width!r}.")
    if isinstance(sequences, Iterator | ValuesView | deque):
        sequences = list(sequences)
    rows = string_column(sequences)
    if rows is None:
        raise TypeError(
            f"sequences must be a list of strings, got one {type(sequences).__name__} without any."
        )
    headers = [f"seq{i}" for i in range(len(rows))]
    if names is not None:
        headers = _header_texts(names, "names")
    labels = None if target is None else _header_texts(target, "target")
    for what, values in (("names", headers), ("target", labels)):
        if values is not None and len(values) != len(rows):
            raise ValueError(
                f"{what} must have one entry per sequence, {len(rows)}, got {len(values)}."
            )
    if labels is not None:
        headers = [f"{h} label={label}" for h, label in zip(headers, labels, strict=True)]
    blocks, width = [], int(line_width)  # NumPy's small numbers would overflow
    for i, (header, sequence) in enumerate(zip(headers, rows, strict=True)):
        if isinstance(sequence, bytes):
            sequence = sequence.decode("latin-1")  # any letter, as of a str
        if is_missing(sequence):
            raise ValueError(
                f"Record {i} (counted from 0) is missing ({sequence!r}). Leave it out, with its "
                "name and label, or supply the sequence."
            )
        if not isinstance(sequence, str):
            raise TypeError(
                f"Record {i} (counted from 0) is no string but {type(sequence).__name__}. Pass "
                f"strings, for example [{as_text(sequence)} for s in sequences]."
            )
        wrong = next((j for j, c in enumerate(sequence) if c.isspace() or c in ">;"), None)
        if wrong is not None:
            raise ValueError(
                f"Record {i} has {sequence[wrong]!r} at position {wrong} (both counted from 0), "
                f"which FASTA would read as something else. Remove it."
            )
        if not sequence or len(f"{header}.".splitlines()) > 1:
            what = "a header with a line break" if sequence else "no letters"
            raise ValueError(f"Record {i} (counted from 0) has {what}; FASTA cannot hold that.")
        if header.lstrip().startswith(">"):
            raise ValueError(
                f"The header of record {i} (counted from 0), {header[:80]!r}, begins with '>', "
                "which is written before each. Leave it out."
            )
        lines = [sequence[j : j + width] for j in range(0, len(sequence), width)]
        blocks.append("\n".join([f">{header}", *lines, ""]))
    write_whole(path, "".join(blocks).encode("utf-8"))


def _header_texts(values: Any, what: str) -> list[str]:
    """Return names or labels as text, or raise for what is none."""
    if isinstance(values, str | bytes):
        raise TypeError(f"{what} must hold one entry per sequence, got one string. Pass a list.")
    texts = []
    for i, value in enumerate(values):
        if is_missing(value):
            raise ValueError(
                f"Entry {i} (counted from 0) of {what} is missing ({value!r}). Give it, or leave "
                "the record out."
            )
        try:
            texts.append(value.decode("utf-8") if isinstance(value, bytes) else str(value))
        except UnicodeDecodeError as error:
            raise ValueError(
                f"Entry {i} (counted from 0) of {what} is no text in UTF-8 ({error})."
            ) from error
    return texts


def _object_array(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _check_labels(labels: list[Any]) -> None:
    """Raise for labels that no array holds without changing them: numbers become text beside it."""
    others = [label for label in labels if not isinstance(label, str)]
    if others and (len(others) < len(labels) or not all(isinstance(x, Number) for x in others)):
        raise ValueError(
            f"The labels of the files must be all text or all numbers, got {labels}. Give the "
            f"files labels of one kind, such as {str(others[0])!r} for {others[0]!r}."
        )


def _label_array(labels: list[Any]) -> np.ndarray:
    """Strings as an object array, as everywhere in this package; numbers as numpy has them."""
    if all(isinstance(label, str) for label in labels):
        return _object_array(labels)
    return np.asarray(labels)
