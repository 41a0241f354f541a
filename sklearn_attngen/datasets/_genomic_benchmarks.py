"""Fetch the sets of Genomic Benchmarks."""

from __future__ import annotations

import hashlib
import os
import re
from numbers import Integral, Real
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from sklearn.datasets import get_data_home
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_attngen._validation import validate_params

from ._genomic_archive import SequenceTable, read_archive, read_folder
from ._genomic_cache import check_hash, download, hash_file, load_cached, store
from ._genomic_sets import GENOMIC_SETS, describe

ZENODO = "https://zenodo.org/records/16605299/files"
ENVIRONMENT_VARIABLE = "SKLEARN_ATTNGEN_GENOMIC_BENCHMARKS"


@validate_params(
    {
        "name": [str],
        "split": [StrOptions({"train", "test", "all"})],
        "data_home": [str, os.PathLike, None],
        "download_if_missing": ["boolean"],
        "return_X_y": ["boolean"],
        "source": [str, os.PathLike, None],
        "sha256": [str, None],
        "check_counts": ["boolean"],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "n_retries": [Interval(Integral, 0, None, closed="left")],
        "delay": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_genomic_benchmark(
    name: str,
    *,
    split: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    source: str | os.PathLike[str] | None = None,
    sha256: str | None = None,
    check_counts: bool = True,
    shuffle: bool = True,
    random_state: int | np.random.RandomState | None = 0,
    n_retries: int = 3,
    delay: float = 1.0,
    verbose: bool | int = False,
) -> Any:
    """Load a set of Genomic Benchmarks, downloading it if necessary (classification).

    Nine sets of labelled DNA [1]_, from Zenodo [2]_:

    ================================  =======  =======  =======  ===========
    name                              classes    train     test       length
    ================================  =======  =======  =======  ===========
    demo_human_or_worm                      2   75,000   25,000          200
    demo_coding_vs_intergenomic_seqs        2   75,000   25,000          200
    drosophila_enhancers_stark              2    5,184    1,730    236-3,237
    dummy_mouse_enhancers_ensembl           2      968      242    331-4,776
    human_enhancers_cohn                    2   20,843    6,948          500
    human_enhancers_ensembl                 2  123,872   30,970        2-573
    human_ensembl_regulatory                3  231,348   57,713       71-802
    human_nontata_promoters                 2   27,097    9,034          251
    human_ocr_ensembl                       2  139,804   34,952       71-593
    ================================  =======  =======  =======  ===========

    Parameters
    ----------
    name : str
        Name of the set, one of the table; any name if `source` is given (your own set in the same
        layout: ``train/<class>/<anything>.txt`` and ``test/<class>/<anything>.txt``, one sequence
        in a file).
    split : {"train", "test", "all"}, default="train"
        Half of the published split to return.
    data_home : str or path-like, default=None
        Folder below which sets are stored, in ``genomic_benchmarks``. None means scikit-learn's
        data folder, ``~/scikit_learn_data``.
    download_if_missing : bool, default=True
        If False, raise an OSError instead of downloading a set that is not stored yet.
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.
    source : str or path-like, default=None
        Where to get the set instead of Zenodo: a zip archive, a folder that holds ``train`` and
        ``test`` or such archives or folders, the URL of an archive (ending in ``.zip``), or the
        URL of a mirror (``<source>/<name>_v0.zip`` is fetched). None takes the environment
        variable ``SKLEARN_ATTNGEN_GENOMIC_BENCHMARKS`` if it is set. A path given here is always
        read, and a published set is then stored, so that later calls need no source.
    sha256 : str, default=None
        SHA-256 of the archive, in hexadecimal digits. If given, archives with another one, stored
        or new, are not used.
    check_counts : bool, default=True
        Whether to check the published sets for the known numbers of sequences in each class and
        split. False is for reading part of a set; it is not stored under the name of the set then.
    shuffle : bool, default=True
        Whether to shuffle the rows. Otherwise they are sorted by split, class and file name, and
        the first rows are all of one class.
    random_state : int, RandomState instance or None, default=0
        Determines the order of the rows if `shuffle` is True.
    n_retries : int, default=3
        How often a failed download is tried again.
    delay : float, default=1.0
        Seconds before the first retry. They double with each further one.
    verbose : bool or int, default=False
        Whether to show the progress of the download.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the keys

        data : ndarray of shape (n_samples,), dtype=object
            The sequences, as str.
        target : ndarray of shape (n_samples,), dtype=object
            The labels, as str.
        split : ndarray of shape (n_samples,), dtype=object
            ``"train"`` or ``"test"``.
        names : ndarray of shape (n_samples,), dtype=object
            The file names in the archive, without ``.txt``.
        target_names : list of str
            The classes, in sorted order.
        DESCR : str
            The card of the set: counts, lengths, known confounds, licence, citation.
    (data, target) : tuple
        If ``return_X_y`` is True.

    Raises
    ------
    ImportError
        If the set is to be downloaded and pooch is not installed, or tqdm for its progress.
    OSError
        If the set is not stored and must not or cannot be downloaded, or an archive is damaged.
    ValueError
        If the name is not known, or an archive is refused: other counts than published, a wrong
        `sha256`, an unknown layout, or member names that lead outside of it.

    See Also
    --------
    load_splice_junctions : A small set that needs no download.

    Notes
    -----
    **Known confounds.** Read ``DESCR`` before trusting a figure. In ``demo_human_or_worm`` at
    least 3.7 % of the human training windows and 3.9 % of the human test windows lie in assembly
    gaps and are *all N*; no worm window is. N alone therefore says "human", and the same row
    stands in both halves; a model or a mask that uses N reads the label from it. Drop these rows
    and say so (see the examples). In ``human_nontata_promoters`` (negatives) and
    ``human_enhancers_ensembl`` (positives) most test windows overlap or repeat training windows.
    All published splits are random over rows.

    The archive is read in memory and never unpacked to disk. What was read is stored as one file,
    under its final name only once it is complete, so an interrupted or concurrent call leaves
    nothing behind that could be mistaken for the data. A stored file that is damaged is ignored
    with a warning and fetched again.

    **What is checked.** The archive's own checksums, which show one that is cut off or damaged on
    the way (it is downloaded again, `n_retries` times), the layout, and for a published set the
    number of sequences in each class and split. The package holds no hashes of the archives: one
    with other letters and the same numbers passes. To pin what a study used, pass its `sha256`:
    that of a set which was downloaded is stored with it, ``np.load(path)["sha256"]`` of the file
    ``genomic_benchmarks/<name>_v0.npz`` below `data_home`, and ``sha256sum`` prints that of a zip
    archive.

    References
    ----------
    .. [1] Gresova, K. et al. (2023). Genomic benchmarks: a collection of datasets for genomic
       sequence classification. BMC Genomic Data 24, 25.
       https://doi.org/10.1186/s12863-023-01123-8
    .. [2] Zenodo record of the sequences (CC BY 4.0): https://zenodo.org/records/16605299

    Examples
    --------
    >>> from sklearn_attngen.datasets import fetch_genomic_benchmark
    >>> worm = fetch_genomic_benchmark("demo_human_or_worm")  # doctest: +SKIP
    >>> keep = [set(sequence) != {"N"} for sequence in worm.data]  # doctest: +SKIP
    >>> X, y = worm.data[keep], worm.target[keep]  # doctest: +SKIP

    A folder of your own in the same layout:

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for split in ("train", "test"):
    ...         for label, sequence in [("donor", "AGGTAAGT"), ("acceptor", "TTTTCAGG")]:
    ...             place = pathlib.Path(folder, split, label)
    ...             place.mkdir(parents=True)
    ...             _ = (place / "0.txt").write_text(sequence)
    ...     bunch = fetch_genomic_benchmark("my_set", source=folder, shuffle=False)
    >>> bunch.data
    array(['TTTTCAGG', 'AGGTAAGT'], dtype=object)
    >>> bunch.target
    array(['acceptor', 'donor'], dtype=object)
    """
    if not re.fullmatch(r"\w[\w-]*", name, re.ASCII):
        raise ValueError(f"name must consist of letters, digits, '_' and '-', got {name!r}.")
    if sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", sha256 := sha256.lower()):
        raise ValueError(f"sha256 must be 64 hexadecimal digits, got {sha256!r}.")
    place = source or os.environ.get(ENVIRONMENT_VARIABLE) or ZENODO
    if name not in GENOMIC_SETS and place == ZENODO:
        raise ValueError(
            f"There is no set {name!r} in Genomic Benchmarks. The sets are "
            f"{', '.join(GENOMIC_SETS)}. A set of your own needs source=..."
        )
    is_published = name in GENOMIC_SETS and bool(check_counts)
    url = _archive_url(str(place), name)
    cache_path = _cache_path(name, data_home, url, is_published)

    table = None
    if cache_path is not None and (url is not None or source is None):
        table = load_cached(cache_path, sha256)
    if table is None:
        if url is None:
            table = _read_local(Path(place).expanduser(), name, sha256)
        elif cache_path is None or not download_if_missing:
            raise OSError(
                f"The set {name!r} is not stored at {cache_path}, or not as it was asked for, and "
                f"download_if_missing=False."
            )
        else:
            table = download(
                url,
                cache_path,
                sha256=sha256,
                n_retries=n_retries,
                delay=delay,
                verbose=bool(verbose),
            )
        if is_published:
            _check_counts(table, name, str(place if url is None else url))
        if cache_path is not None:
            store(table, cache_path)
    return _make_bunch(table, name, split, shuffle, random_state, return_X_y)


def _archive_url(place: str, name: str) -> str | None:
    """Return the URL of the archive, or None if `place` is a path."""
    if not place.lower().startswith(("http://", "https://")):
        return None
    if urlsplit(place).path.endswith(".zip"):
        return place
    return f"{place.rstrip('/')}/{name}_v0.zip?download=1"


def _cache_path(
    name: str, data_home: str | os.PathLike[str] | None, url: str | None, is_published: bool
) -> Path | None:
    """Return where a set is stored, or None if it is read from disk anyway.

    A published set whose counts are checked is the same wherever it comes from. Whatever else has
    been downloaded is told apart by its URL.
    """
    if url is None and not is_published:
        return None
    file = f"{name}_v0"
    if not is_published:
        file += f"-{hashlib.sha256(str(url).encode()).hexdigest()[:12]}"
    home = get_data_home(None if data_home is None else os.fspath(data_home))
    return Path(home) / "genomic_benchmarks" / f"{file}.npz"


def _read_local(path: Path, name: str, sha256: str | None) -> SequenceTable:
    """Read an archive or a folder, or find either of them in a folder."""
    candidates = [path, path / name, path / f"{name}_v0.zip", path / f"{name}.zip"]
    for candidate in candidates:
        if candidate.is_file():
            digest = hash_file(candidate)
            check_hash(digest, sha256, str(candidate))
            return read_archive(candidate, digest)
        if (candidate / "train").is_dir() or (candidate / "test").is_dir():
            if sha256 is not None:
                raise ValueError(
                    f"{candidate} is a folder, and sha256 is that of an archive. Pass the zip "
                    f"archive as source, or leave sha256 out."
                )
            return read_folder(candidate)
    raise FileNotFoundError(
        f"There is no set {name!r} at {path}: it is neither a zip archive nor a folder with the "
        f"folders 'train' and 'test', nor does it hold {name}, {name}_v0.zip or {name}.zip."
    )


def _check_counts(table: SequenceTable, name: str, where: str) -> None:
    """Raise if a published set does not have the published numbers of sequences."""
    known, found = GENOMIC_SETS[name].counts, table.counts()
    if found != known:
        wrong = [
            f"{label}: {found.get(label, (0, 0))} instead of {known.get(label, (0, 0))}"
            for label in sorted(known.keys() | found.keys())
            if found.get(label) != known.get(label)
        ]
        raise ValueError(
            f"{where} does not hold {name} as it was published. Sequences (train, test) of class "
            f"{'; '.join(wrong)}. The archive is incomplete or holds something else. Pass "
            "check_counts=False to read it nevertheless."
        )


def _make_bunch(
    table: SequenceTable,
    name: str,
    split: str,
    shuffle: bool,
    random_state: int | np.random.RandomState | None,
    return_X_y: bool,
) -> Any:
    """Select the rows and describe the set."""
    rows = np.arange(len(table.data)) if split == "all" else np.flatnonzero(table.split == split)
    if shuffle:
        rows = check_random_state(random_state).permutation(rows)
    data, target = table.data[rows], table.target[rows]
    if return_X_y:
        return data, target
    lengths = [len(sequence) for sequence in table.data]
    counts = table.counts()
    return Bunch(
        data=data,
        target=target,
        split=table.split[rows],
        names=table.names[rows],
        target_names=list(counts),
        DESCR=describe(name, counts, (min(lengths), max(lengths))),
    )
