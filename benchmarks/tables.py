"""The tables of docs/performance.md, from the results that were kept: `python -m benchmarks.tables`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .__main__ import RESULTS
from .harness import Figure, number
from .machine import ROOT
from .registry import BENCHMARKS

DOCUMENT = ROOT / "docs" / "performance.md"
HEAD = ("what", "figure", "median", "spread", "target", "unit", "met")
MET = {True: "yes", False: "**no**", None: "–"}


def main() -> None:
    """Write the table of the benchmarks."""
    argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__).parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    write_table("benchmarks", markdown(HEAD, rows(results)))


def rows(results: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """A row for each figure of the benchmarks that have results, in the order in which they run."""
    for name in BENCHMARKS:
        entry = results.get(name, {"figures": []})
        for position, each in enumerate(entry["figures"]):
            figure = Figure(each["name"], each["unit"], each["at_most"], each["at_least"])
            spread = " – ".join(map(number, each["spread"]))
            what = entry["what"] if position == 0 else ""
            yield (
                what,
                figure.name,
                number(each["median"]),
                spread,
                figure.target,
                figure.unit,
                MET[each["met"]],
            )


def markdown(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join((f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines))


def write_table(name: str, table: str, path: Path = DOCUMENT) -> None:
    """Replace what stands between the markers of that name."""
    path.write_text(replaced(path.read_text(encoding="utf-8"), name, table), encoding="utf-8")


def replaced(text: str, name: str, table: str) -> str:
    """The text with `table` between the markers of that name. Raises: ValueError: it has no such markers."""
    start, end = f"<!-- {name}: made by the benchmarks -->\n", f"\n<!-- {name}: end -->"
    before, found_start, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not (found_start and found_end):
        raise ValueError(f"expected the markers of the table {name!r}")
    return f"{before}{start}\n{table}\n{end}{after}"


if __name__ == "__main__":
    main()
