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


@pytest.mark.parametrize("width", [390, 800, 1400])
def test_nothing_sticks_out_of_the_screen(width, path, tmp_path):
    """What is wider than a phone (tables, letters) scrolls by itself, and the page does not."""
    text = path.read_text(encoding="utf-8")
    root = "document.documentElement"  # narrower than the window by its scroll bar
    tell = f"parent.postMessage([innerWidth, {root}.clientWidth, {root}.scrollWidth].join(), '*')"
    inner = re.sub('<meta http-equiv="Content-Security-Policy".*?/>', "", text, flags=re.DOTALL)
    inner = inner.replace("</body>", f"<script>onload = () => {tell}</script></body>")
    (tmp_path / "inner.html").write_text(inner, encoding="utf-8")
    page = tmp_path / "outer.html"
    page.write_text(
        "<p>nothing</p><script>onmessage = e => "
        "document.querySelector('p').textContent = `measured ${e.data}`</script>"
        f'<iframe src="inner.html" style="border:0;width:{width}px;height:900px"></iframe>'
    )
    (measured,) = re.findall(r"<p>measured (\d+),(\d+),(\d+)</p>", browse(page, tmp_path)[0])
    window, room, needed = map(int, measured)
    assert window == width
    assert needed == room
