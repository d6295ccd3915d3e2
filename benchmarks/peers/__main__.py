"""Measure TensorBoard, MLflow and trackio beside this dashboard, and write the table of docs/performance.md.

The tools are measured in turn on the same data. Each is installed into an environment of its own in the user's cache,
where the runs that it stores are also kept.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.browser import chromium
from benchmarks.processes import exit_on_signals
from benchmarks.tables import write_table

from .environments import REQUIREMENTS, Environment, environments
from .measures import opened, visible
from .table import table
from .tools import Tool, tools

RESULTS = Path(__file__).with_name("results.json")
LENGTHS = (100_000, 1_000_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the table. The exit code is 1 if something could not be measured: nothing is written then."""
    options = _parse(arguments)
    exit_on_signals()
    if not options.write:
        chosen = _prepared(options.tools)
        empty = {each.name: {"version": each.version, "opened": {}} for each in chosen}
        found = {**machine.description(), "load": [], "tools": empty}
        complete = _measure(chosen, options, found)
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if not complete or options.tools:
            return 0 if complete else 1
    write_table("peers", table(json.loads(options.json.read_text(encoding="utf-8"))))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument(
        "tools", nargs="*", metavar="TOOL", help="the tools to measure, without writing a table; all"
    )
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="openings of each run; 5")
    parser.add_argument(
        "--seconds", type=int, default=90, metavar="N", help="log calls to each tool, one a second; 90"
    )
    parser.add_argument(
        "--lengths", type=int, nargs="*", default=LENGTHS, metavar="STEPS", help="the runs to open"
    )
    parser.add_argument(
        "--json", type=Path, default=RESULTS, metavar="FILE", help="where the results are kept"
    )
    parser.add_argument(
        "--write", action="store_true", help="only write the table, from the results that are kept"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.tools) - {each.name for each in tools(_pinned())}
    if unknown:
        parser.error(f"no tool is called {', '.join(sorted(unknown))}")
    return options


def _pinned() -> dict[str, Environment]:
    return environments(REQUIREMENTS.read_text(encoding="utf-8"))


def _prepared(names: Sequence[str]) -> list[Tool]:
    """The named tools, or all, with their environments made."""
    chosen = [each for each in tools(_pinned()) if not names or each.name in names]
    for each in chosen:
        each.prepare()
    return chosen


def _measure(chosen: Sequence[Tool], options: argparse.Namespace, found: dict[str, Any]) -> bool:
    """Measure the tools in turn and add the values to `found`. Returns whether all could be measured."""
    failures = 0

    def add(values: dict[str, list[Any]], key: str, tool: Tool, measure: Callable[[], Any]) -> None:
        try:
            values.setdefault(key, []).append(measure())
        except Exception as error:  # noqa: BLE001 - the others can still be measured
            nonlocal failures
            failures += 1
            traceback.print_exception(error)
        print(f"{tool.name:12} {key:10} {values.get(key)}", flush=True)

    with chromium() as browser:
        for steps in options.lengths:
            with ExitStack() as stack:
                folders = [stack.enter_context(tool.finished(steps)) for tool in chosen]
                for _ in range(options.runs):
                    found["load"].append(machine.busy()["load"])
                    for tool, folder in zip(chosen, folders, strict=True):
                        values = found["tools"][tool.name]["opened"]
                        add(values, str(steps), tool, partial(opened, tool, browser, folder, steps))
        for tool in chosen if options.seconds else ():
            found["load"].append(machine.busy()["load"])
            values = found["tools"][tool.name]
            add(values, "visible", tool, partial(visible, tool, browser, options.seconds))
    return not failures


if __name__ == "__main__":
    sys.exit(main())
