"""Speed and memory against what one would use instead, in one table.

``python -m benchmarks`` runs every row but 5, which trains for long and runs on ``--only 5``.
``--quick`` takes small sizes and checks that ours and the rivals give equal results, no times.
``--scaling`` shows how the cost of each step grows instead. The rivals of several rows come with
``pip install 'sklearn-attngen[bench]'``; without them those rows are skipped.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.speed._settings import Settings
from benchmarks.speed._table import Result, machine, print_table, write_json

ROWS = {
    "1": "encoding:one_hot_rows",
    "2": "encoding:kmer_rows",
    "3": "training:loop_rows",
    "4": "training:mask_rows",
    "5": "converging:convergence_rows",
    "6": "answering:prediction_rows",
    "7": "explaining:saliency_rows",
    "7b": "explaining:mutagenesis_rows",
    "8": "perturbing:curve_rows",
    "9": "answering:search_rows",
    "10": "holding:memory_rows",
    "11": "importing:import_rows",
    "12": "grouping:group_rows",
}
ON_REQUEST = {"5"}


def main(arguments: Sequence[str] | None = None) -> list[Result]:
    """Measure rows, print them, and write them where asked to."""
    options = _parser().parse_args(arguments)
    # before torch is loaded, and for the processes that are started
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    import torch

    torch.set_num_threads(options.threads)
    settings = Settings(
        quick=options.quick,
        repeats=options.repeats,
        threads=options.threads,
        seed=options.seed,
        n=options.n,
        length=options.length,
        data=None if options.data is None else str(options.data),
        peaks=not options.no_memory,
    )
    print(f"{_machine_in_words()}, {options.threads} threads of torch\n")
    if options.scaling:
        _scaling(settings, options)
        return []
    results: list[Result] = []
    for row in options.only or [row for row in ROWS if row not in ON_REQUEST]:
        module, function = ROWS[row].split(":")
        print(f"row {row} ...", flush=True)
        measure: Callable[[Settings], list[Result]] = getattr(
            import_module(f"benchmarks.speed.{module}"), function
        )
        results += measure(settings)
        if options.json is not None:  # after every row: a long run that is stopped leaves what is
            write_json(options.json, results, asdict(settings))
    print()
    print_table(results)
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", nargs="+", metavar="ROW", choices=list(ROWS), help=f"rows: {', '.join(ROWS)}"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes; results, not times")
    parser.add_argument(
        "--repeats", type=int, default=5, help="pairs of runs of each ratio, at most (default: 5)"
    )
    parser.add_argument("--n", type=int, help="number of sequences (default: that of each row)")
    parser.add_argument("--length", type=int, help="length of the sequences (default: 200)")
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--threads", type=int, default=cores, help=f"threads of torch (default: {cores})"
    )
    parser.add_argument("--json", type=Path, help="file to write the table to")
    parser.add_argument("--no-memory", action="store_true", help="leave peaks of memory out")
    parser.add_argument("--scaling", action="store_true", help="growth with n and L instead")
    parser.add_argument("--steps", nargs="+", help="steps of --scaling (default: all)")
    parser.add_argument(
        "--budget",
        type=float,
        default=300.0,
        help="leave a size of --scaling out that would take more seconds (default: 300)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("SKLEARN_ATTNGEN_DATA"),
        help="folder with human_or_worm_mixed_200.csv.gz for row 5 (default: the variable "
        "SKLEARN_ATTNGEN_DATA; without either, demo_human_or_worm is downloaded)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of data and estimators (default: 0)")
    return parser


def _scaling(settings: Settings, options: argparse.Namespace) -> None:
    import json

    from benchmarks.speed.scaling import STEPS, measure_growth, print_growth

    steps = options.steps or list(STEPS)
    if unknown := sorted(set(steps) - set(STEPS)):
        raise SystemExit(f"--steps must be of {list(STEPS)}, got {unknown}.")
    growth = measure_growth(settings, steps, options.budget)
    print_growth(growth)
    if options.json is not None:
        content = {"machine": machine(), "scaling": [asdict(each) for each in growth]}
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(content, indent=1) + "\n")


def _machine_in_words() -> str:
    facts = machine()
    parts = [f"{facts['cores']} cores", facts["processor"], facts["architecture"]]
    return ", ".join(part for part in [*parts, *facts["instructions"]] if part)


if __name__ == "__main__":
    main()
