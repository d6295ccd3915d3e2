"""Run benchmarks, print their figures with their targets, and keep them in results.json."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import machine
from .harness import Benchmark, Result, number, results
from .processes import exit_on_signals
from .registry import BENCHMARKS

RESULTS = Path(__file__).with_name("results.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benchmarks, or all. The exit code is 1 if one could not be measured."""
    options = _parse(arguments)
    exit_on_signals()
    if options.list:
        for each in BENCHMARKS.values():
            print(f"{each.name:18} {each.what}")
        return 0
    where = machine.description()
    print(", ".join(f"{name} {value}" for name, value in where.items()))
    print(f"{'benchmark':18} {'figure':28} {'median':>9} {'spread':>17} {'target':>9}  unit        met  load")
    failed = [each.name for each in _chosen(options) if not _run(each, options, where)]
    print(f"Not measured: {', '.join(failed)}" if failed else f"Written to {options.json}")
    return 1 if failed else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark to run; all by default")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="runs of each benchmark; 5")
    parser.add_argument("--list", action="store_true", help="list the benchmarks and run none")
    parser.add_argument(
        "--json",
        type=Path,
        default=RESULTS,
        metavar="FILE",
        help="where the results are kept; those of other benchmarks stay",
    )
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; see --list")
    if options.runs < 1:
        parser.error("--runs should be at least 1")
    return options


def _chosen(options: argparse.Namespace) -> list[Benchmark]:
    return [each for name, each in BENCHMARKS.items() if not options.names or name in options.names]


def _run(benchmark: Benchmark, options: argparse.Namespace, where: dict[str, str]) -> bool:
    """Measure one benchmark, print its figures and keep them. Returns whether it could be measured."""
    busy = machine.busy()
    try:
        found = results(benchmark, options.runs)
    except Exception as error:  # noqa: BLE001 - the others can still be measured
        print(f"{benchmark.name:18} could not be measured", flush=True)
        traceback.print_exception(error)
        return False
    for each in found:
        print(_line(benchmark, each, busy["load"]), flush=True)
    entry = {
        "what": benchmark.what,
        "how": benchmark.how,
        **where,
        **busy,
        "figures": list(map(_entry, found)),
    }
    _keep(options.json, benchmark.name, entry)
    return True


def _line(benchmark: Benchmark, result: Result, load: float) -> str:
    figure = result.figure
    spread = " – ".join(map(number, result.spread))
    met = {True: "yes", False: "NO", None: "–"}[result.met]
    median = number(result.median)
    start = f"{benchmark.name:18} {figure.name:28} {median:>9} {spread:>17} {figure.target:>9}"
    return f"{start}  {figure.unit:11} {met:4} {load}"


def _entry(result: Result) -> dict[str, Any]:
    return {
        **asdict(result.figure),
        "median": result.median,
        "spread": result.spread,
        "runs": result.values,
        "met": result.met,
    }


def _keep(path: Path, name: str, entry: dict[str, Any]) -> None:
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept[name] = entry
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
