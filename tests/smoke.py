"""Use the installed package: ``python -I tests/smoke.py`` with any interpreter that has it.

Run from outside the repository, it shows that what pip installs is complete.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Import all public names, read the embedded data, classify and explain."""
    import sklearn_attngen

    repository = Path(__file__).resolve().parents[1]
    installed = Path(sklearn_attngen.__file__).resolve()
    if repository / "sklearn_attngen" in installed.parents:
        raise SystemExit(f"This is the repository's copy, not an installed one: {installed}")
    for name in sklearn_attngen.__all__:
        getattr(sklearn_attngen, name)
    if not (installed.parent / "py.typed").exists():
        raise SystemExit("py.typed is missing: type checkers will not see the annotations.")

    from sklearn_attngen import AttnGenClassifier, make_kmer_classifier
    from sklearn_attngen.datasets import load_splice_junctions

    data = load_splice_junctions()
    train, test = data.split == "train", data.split == "test"
    kmers = make_kmer_classifier(k=3).fit(data.data[train], data.target[train])
    accuracy = kmers.score(data.data[test], data.target[test])
    network = AttnGenClassifier(max_epochs=1, random_state=0)
    network.fit(data.data[train][:64], data.target[train][:64])
    saliency = network.saliency(data.data[test][:2])
    if saliency.shape != (2, 60) or not accuracy > 0.4:
        raise SystemExit(f"Wrong results: saliency {saliency.shape}, accuracy {accuracy:.3f}.")
    sys.stdout.write(f"sklearn_attngen {sklearn_attngen.__version__} works from {installed}\n")


if __name__ == "__main__":
    main()
