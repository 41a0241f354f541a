"""The benchmark of speed: what it compares gives equal results, and its figures are right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from joblib.parallel import get_active_backend

from benchmarks.__main__ import ROWS, main
from benchmarks.speed import _comparison, _memory, _synthetic, answering, converging
from benchmarks.speed._comparison import Comparison, compare, paired
from benchmarks.speed._settings import Settings
from benchmarks.speed._table import Result, print_table
from benchmarks.speed.scaling import STEPS, measure_growth

# every row whose check takes a second or two
CHEAP = ["1", "2", "3", "4", "6", "7", "7b", "8", "10", "11", "12"]


@pytest.fixture(autouse=True)
def _threads_as_before(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


# the rivals are other people's code, whose warnings are theirs
@pytest.mark.filterwarnings("default")
def test_quick_mode_finds_the_results_of_ours_and_of_the_rivals_equal(tmp_path: Path) -> None:
    """Equal matrices, probabilities, weights, curves and mutants; a rival may be missing."""
    path = tmp_path / "table.json"
    main(["--quick", "--threads", "1", "--json", str(path), "--only", *CHEAP])
    rows = json.loads(path.read_text())["rows"]
    assert {row["row"] for row in rows} == set(CHEAP)
    checked = [row for row in rows if not row["skipped"]]
    assert {row["checked"] for row in checked} == {"equal", "finite", "no torch"}
    assert all(row["ours_seconds"] is None and row["ratio"] is None for row in checked)
    here = {row["row"] for row in checked}
    assert here >= {"1", "2", "3", "6", "8", "10", "11", "12"}, "rows that need no further package"


@pytest.mark.filterwarnings("default")
@pytest.mark.slow
def test_search_in_two_processes_finds_the_same_scores() -> None:
    """Row 9 starts processes, which takes seconds."""
    main(["--quick", "--threads", "1", "--only", "9"])


def test_processes_of_a_search_have_as_many_threads_as_it_says() -> None:
    """By themselves they would share all cores of a large machine between them."""
    with answering._torch_threads(1):
        assert torch.get_num_threads() == 1
        assert get_active_backend()[0].inner_max_num_threads == 1


def test_a_level_that_neither_reaches_is_not_met(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where k-mers alone come near the best, ours is no quicker than a CNN that never does."""
    for name, best in (("AttnGen", 0.5), ("CNNClassifier", 0.5), ("the k-mer classifier", 0.9)):
        course = converging._Course([1.0], [best])
        monkeypatch.setitem(converging.COURSES, name, lambda *_, course=course: course)
    monkeypatch.delitem(converging.COURSES, "the CNN of Genomic Benchmarks")
    settings = Settings(repeats=1, data=str(folder))
    cnn, kmers = converging.convergence_rows(settings)
    assert (cnn.met, cnn.ours_seconds, cnn.rival_seconds) == (False, None, None)
    assert kmers.rival_seconds == 1.0


class _Clock:
    """Time that passes only where a run says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    def candidate(self, seconds: float, result: int = 1) -> Any:
        """Return a candidate whose runs take some seconds."""

        def run() -> int:
            self.now += seconds
            return result

        return lambda settings: run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(_comparison, "time", clock)
    return clock


def _half(settings: Settings) -> float:
    return 0.5


def _same(a: Any, b: Any) -> None:
    assert a == b


SETTINGS = Settings(repeats=3, peaks=False)


def test_ratio_says_how_many_times_as_fast(clock: _Clock) -> None:
    """The rival takes four times as long: the target of 2 is met, that of 20 is not."""
    ours, rival = clock.candidate(1.0), clock.candidate(4.0)
    for target, met in ((2, True), (20, False)):
        result = compare(Comparison("0", "wait", ours, "slow", rival, as_fast=target), SETTINGS)
        assert result.ratio == 4
        assert result.met is met
        assert (result.ours_seconds, result.rival_seconds, result.pairs) == (1, 4, 3)


def test_ratio_says_how_many_times_the_cost(clock: _Clock) -> None:
    """Ours takes four times as long as the rival, and may take twice as long."""
    ours, rival = clock.candidate(4.0), clock.candidate(1.0)
    result = compare(Comparison("0", "wait", ours, "fast", rival, costs=2), SETTINGS)
    assert result.ratio == 4
    assert result.met is False


def test_time_of_a_share_of_the_rows_is_scaled(clock: _Clock) -> None:
    """A rival that did half of the work in the same time is half as fast."""
    side = clock.candidate(1.0)
    result = compare(Comparison("0", "wait", side, "half", side, as_fast=1, share=_half), SETTINGS)
    assert (result.ratio, result.rival_seconds) == (2, 2)
    assert "1 of 2 sequences" in result.note


def test_results_that_differ_end_the_run(clock: _Clock) -> None:
    """A figure for something else than what the rival computes is worth nothing."""
    differ = Comparison(
        "0", "differ", clock.candidate(1.0), "other", clock.candidate(1.0, 2), equal=_same
    )
    for settings in (SETTINGS, Settings(quick=True)):
        with pytest.raises(AssertionError):
            compare(differ, settings)


def test_missing_rival_is_skipped_with_the_extra_that_has_it(clock: _Clock) -> None:
    """Nobody should have to read a traceback to learn what to install."""
    side = clock.candidate(1.0)
    comparison = Comparison("0", "x", side, "y", side, equal=_same, needs="no_such_package")
    assert "sklearn-attngen[bench]" in compare(comparison, Settings(quick=True)).skipped


def test_pairs_are_run_in_both_orders() -> None:
    """What runs second may find warm caches: each side is second in turn."""
    calls: list[str] = []
    paired(lambda: calls.append("a"), lambda: calls.append("b"), 4)
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab" + "ba"


def test_long_comparisons_end_after_three_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes a pair would be hours for the table."""
    monkeypatch.setattr(_comparison, "LONG", 0.0)
    times, _ = paired(lambda: None, lambda: None, 10)
    assert len(times) == _comparison.FEWEST_PAIRS


def test_peak_is_what_a_run_held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """64 MB that are freed again are seen, though the process had held other memory before."""
    path = tmp_path / "held_by_a_test.py"
    path.write_text(
        "import numpy as np\n"
        "def hold(settings):\n"
        "    before = np.ones(200_000_000, np.uint8)\n"
        "    n = 1000 if settings.quick else 64_000_000\n"
        "    return lambda: int(np.ones(n, np.uint8).sum())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def hold(settings: Settings) -> None: ...

    hold.__module__, hold.__name__ = "held_by_a_test", "hold"
    peak = _memory.measure_peak(hold, Settings())
    assert peak.total == pytest.approx(64e6, rel=0.15)


def test_growth_is_measured_at_every_size() -> None:
    """Each step has a time for each number and length, and an exponent from the second on."""
    growth = measure_growth(Settings(quick=True), ["one-hot", "predict_proba"], budget=60)
    assert {each.step for each in growth} == {"one-hot", "predict_proba"}
    assert [(each.n, each.length) for each in growth][:4] == [
        (50, 40),
        (100, 40),
        (20, 30),
        (20, 60),
    ]
    assert all(each.seconds is not None for each in growth)
    assert [each.order is None for each in growth][:4] == [True, False, True, False]
    left_out = measure_growth(Settings(quick=True), ["one-hot"], budget=0)
    assert [each.seconds is None for each in left_out] == [False, True, False, True]
    # a hundredth of the sequences, which in quick mode are two at each number
    mutants = measure_growth(Settings(quick=True), ["mutagenesis"], budget=60)
    assert [(each.n, each.order is None) for each in mutants[:2]] == [(2, True), (2, True)]
    assert set(STEPS) >= {"k-mers", "saliency", "mutagenesis", "fit, one epoch"}


def test_table_prints_what_was_measured_and_what_was_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Seconds, ratio, peaks and target stand in one line; a row that was skipped says why."""
    print_table(
        [
            Result(
                "1",
                "task",
                "rival",
                ours_seconds=0.05,
                rival_seconds=2.0,
                ratio=40.0,
                factor="times as fast",
                ours_peak=3e6,
                target=">= 20x as fast",
                met=True,
            ),
            Result("2", "other", skipped="no package"),
        ]
    )
    printed = capsys.readouterr().out
    line = next(line for line in printed.splitlines() if line.startswith("1 "))
    assert "50 ms" in line
    assert "2 s" in line
    assert "40 x as fast" in line
    assert "3 / -" in line
    assert "yes" in line
    assert "2: skipped, no package" in printed


def test_every_row_of_the_table_is_a_function() -> None:
    """A row that is renamed would be missed only by who asks for it."""
    from importlib import import_module

    for place in ROWS.values():
        module, function = place.split(":")
        assert callable(getattr(import_module(f"benchmarks.speed.{module}"), function))


def test_random_sequences_are_the_seed_s() -> None:
    """Two processes that measure the same row must see the same letters."""
    X = _synthetic.sequences(30, 12, seed=3)
    np.testing.assert_array_equal(X, _synthetic.sequences(30, 12, seed=3))
    assert {len(x) for x in X} == {12}
    assert set("".join(X)) == set("ACGT")
    assert set(_synthetic.labels(X).tolist()) == {0, 1}
