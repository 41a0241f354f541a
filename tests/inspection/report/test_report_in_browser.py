"""The report as a browser sees it: whole, from its own file alone, without errors, on a phone."""

import os
import re
import shutil
import subprocess

import matplotlib as mpl
import numpy as np
import pytest

from sklearn_attngen import AttnGenClassifier
from sklearn_attngen.inspection import report
from sklearn_attngen.inspection._report.html import page, table

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
# What a browser asks its maker for, whatever page it shows.
ERRANDS = re.compile(r"https?://([^/]+\.)?(google|googleapis|gvt1|gstatic)\.com[/:]")
SECTIONS = [
    "Model card",
    "Data card",
    "Predictions",
    "Is the explanation faithful?",
    "Where the saliency lies",
    "Letters of single sequences",
    "Motifs",
    "What these numbers do not say",
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        BROWSER is None, reason="no Chromium on PATH, and none named by the variable CHROMIUM"
    ),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A report on a network."""
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (160, 60))
    y = np.array(["donor", "acceptor"])[np.arange(160) % 2]
    letters[y == "donor", 28:34] = list("GTAAGT")
    X = np.array(["".join(row) for row in letters], dtype=object)
    model = AttnGenClassifier(n_filters=8, n_layers=1, max_epochs=4, random_state=0)
    model.fit(X[:80], y[:80])
    path = tmp_path_factory.mktemp("browser") / "report.html"
    with mpl.rc_context({"backend": "Agg"}):
        report(model, X[80:], y[80:], path, title="Donors <&> acceptors", n_repeats=1)
    return path


def browse(page, folder):
    """Return what is in the page, what was asked of the network, and what was complained about."""
    log = folder / f"{page.stem}.json"
    done = subprocess.run(
        [
            BROWSER,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"),
            *("--virtual-time-budget=3000", f"--user-data-dir={folder / page.stem}"),
            *(f"--log-net-log={log}", "--dump-dom", page.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    urls = set(re.findall(r'"url":"(https?://[^"]*)', log.read_text(encoding="utf-8")))
    asked = {url for url in urls if not ERRANDS.match(url)}
    complaints = re.findall(r"CONSOLE.*|.*Content Security Policy.*", done.stderr)
    return done.stdout, asked, complaints


def test_a_browser_shows_the_whole_page_and_needs_no_network(path, tmp_path):
    dom, asked, complaints = browse(path, tmp_path)
    assert "<title>Donors &lt;&amp;&gt; acceptors</title>" in dom
    assert re.findall("<h2>(.*?)</h2>", dom) == SECTIONS
    assert dom.count("<img ") == path.read_text(encoding="utf-8").count("<img ") > 4
    assert dom.rstrip().endswith("</html>")
    assert asked == set()
    assert complaints == []


def test_what_a_page_must_not_do_would_be_seen(tmp_path):
    """The control of the test above: a request and a complaint of a page come out of the log."""
    page = tmp_path / "bad.html"
    page.write_text('<img src="http://example.org/a.png"><script>console.error("no")</script>')
    _, asked, complaints = browse(page, tmp_path)
    assert asked == {"http://example.org/a.png"}
    assert len(complaints) == 1


def measure(text, width, what, folder):
    """Return numbers that the page finds in a window of this width; ``what`` is JavaScript."""
    tell = f"parent.postMessage([{what}].join(), '*')"
    inner = re.sub('<meta http-equiv="Content-Security-Policy".*?/>', "", text, flags=re.DOTALL)
    inner = inner.replace("</body>", f"<script>onload = () => {tell}</script></body>")
    (folder / "inner.html").write_text(inner, encoding="utf-8")
    outer = folder / "outer.html"
    outer.write_text(
        "<p>nothing</p><script>onmessage = e => "
        "document.querySelector('p').textContent = `measured ${e.data}`</script>"
        f'<iframe src="inner.html" style="border:0;width:{width}px;height:900px"></iframe>'
    )
    (measured,) = re.findall(r"<p>measured ([\d,]+)</p>", browse(outer, folder)[0])
    return [int(number) for number in measured.split(",")]


@pytest.mark.parametrize("width", [390, 800, 1400])
def test_nothing_sticks_out_of_the_screen(width, path, tmp_path):
    """What is wider than a phone (tables, letters) scrolls by itself, and the page does not."""
    root = "document.documentElement"  # narrower than the window by its scroll bar
    what = f"innerWidth, {root}.clientWidth, {root}.scrollWidth"
    window, room, needed = measure(path.read_text(encoding="utf-8"), width, what, tmp_path)
    assert window == width
    assert needed == room


def test_nothing_is_lost_on_paper(tmp_path):
    """It does not scroll: half of the confusion matrix of 12 classes was not printed."""
    names = [f"predicted constitutive {i}" for i in range(12)]
    row = ("true constitutive", *range(1000, 1012))
    wide = table(["Class", *names], [row], caption="t", numbers=range(13))
    closed = f"<details><summary>more</summary>{wide}</details>"
    text = page("t", [], [("a", wide), ("b", closed)], "f")
    parts = "[...document.querySelectorAll('.scroll')]"
    what = f"...{parts}.map(e => e.scrollWidth - e.clientWidth), {parts}[1].offsetHeight"
    # A4 at 96 dots an inch, without margins; what holds on paper holds on this screen
    *over, height = measure(text.replace("@media print", "@media all"), 700, what, tmp_path)
    assert over == [0, 0]
    assert height > 0
    assert measure(text, 700, what, tmp_path)[0] > 0  # the control: on a screen it scrolls
