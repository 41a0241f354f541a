"""A report, written once, and its page read as XML and as text."""

import xml.etree.ElementTree as ET

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_attngen.inspection import report

QUICK = {"fractions": (0, 0.2), "n_repeats": 1, "n_bootstrap": 20}


@pytest.fixture(scope="module")
def motif_data():
    """Two classes with a word each, at any place."""
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (240, 30))
    y = np.arange(240) % 2
    for row, (label, at) in enumerate(zip(y, rng.integers(24, size=240), strict=True)):
        letters[row, at : at + 6] = list(["GATTAC", "CCGTGA"][label])
    return np.array(["".join(row) for row in letters], dtype=object), y


@pytest.fixture(scope="module")
def written(motif_data, tmp_path_factory):
    """A report of a k-mer classifier whose title tries to be markup."""
    from sklearn_attngen.classifiers import make_kmer_classifier

    X, y = motif_data
    path = tmp_path_factory.mktemp("report") / "report.html"
    model = make_kmer_classifier(k=4).fit(X[:120], y[:120])
    with mpl.rc_context({"backend": "Agg"}):
        before = set(plt.get_fignums())
        results = report(
            model,
            X[120:],
            y[120:],
            path,
            title="<b>A & B</b>",
            description="Made up; </p><script>no()</script>",
            max_samples=80,
            **QUICK,
        )
        open_figures = sorted(set(plt.get_fignums()) - before)
    return Page(path.read_text(encoding="utf-8"), results, model, open_figures)


class Page:
    """A page, read as XML and as text, with what it was made from."""

    def __init__(self, text, results, model, open_figures):
        self.text, self.results, self.model = text, results, model
        self.open_figures = open_figures
        self.root = ET.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
        self.words = " ".join(" ".join(self.root.itertext()).split())

    def table(self, caption):
        """Return the texts of the rows of a table, without its header."""
        (found,) = (x for x in self.root.iter("table") if x.get("aria-label") == caption)
        return [["".join(cell.itertext()) for cell in row] for row in found.iter("tr")][1:]
