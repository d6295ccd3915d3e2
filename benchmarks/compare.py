"""Measure an earlier commit and this checkout in turn: `python -m benchmarks.compare --before COMMIT NAME…`.

The earlier commit is unpacked into a temporary folder, and its benchmarks are replaced by these, so that both are
measured the same way. Each run of a benchmark measures first one, then the other, because the load of a shared
machine changes meanwhile.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from . import machine
from .harness import Figure, number
from .processes import end, exit_on_signals
from .registry import BENCHMARKS

RUN_TIMEOUT_S = 900.0
HEAD = f"{'benchmark':14} {'figure':24} {'before':>10} {'after':>10} {'ratio':>7} {'target':>9}  unit         load"


@dataclass
class Compared:
    """The values of one figure before and after, one for each run, and the load before each run."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)

    @property
    def medians(self) -> tuple[float | None, float | None]:
        """None: it could not be measured."""
        before, after = (statistics.median(each) if each else None for each in (self.before, self.after))
        return before, after

    @property
    def ratio(self) -> float | None:
        """The median after, divided by that before."""
        before, after = self.medians
        return after / before if before and after is not None else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the named benchmarks. The exit code is 1 if one of them could not be measured."""
    options = _parse(arguments)
    exit_on_signals()
    print(", ".join(f"{name} {value}" for name, value in machine.description().items()))
    print(f"{HEAD}  (before: {options.before})", flush=True)
    failed = []
    with TemporaryDirectory() as folder:
        before = unpacked(options.before, Path(folder, "before"))
        for name in options.names:
            compared = {figure.name: Compared() for figure in BENCHMARKS[name].figures}
            for _ in range(options.runs):
                _run(name, before, compared)
            for figure in BENCHMARKS[name].figures:
                print(line(name, figure, compared[figure.name]), flush=True)
            if any(None in each.medians for each in compared.values()):
                failed.append(name)
    if failed:
        print(f"Not measured: {', '.join(failed)}")
    return 1 if failed else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", choices=sorted(BENCHMARKS), help="a benchmark")
    parser.add_argument("--before", required=True, metavar="COMMIT", help="the commit to compare with")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="runs of each benchmark; 5")
    return parser.parse_args(arguments)


def unpacked(commit: str, folder: Path) -> Path:
    """The files of the commit in `folder`, with the benchmarks of this checkout."""
    command = ["git", "archive", commit]
    archive = subprocess.run(command, cwd=machine.ROOT, capture_output=True, check=True, timeout=60).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    shutil.rmtree(folder / "benchmarks")
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(machine.ROOT / "benchmarks", folder / "benchmarks", ignore=unwanted)
    return folder


def _run(name: str, before: Path, compared: dict[str, Compared]) -> None:
    """Measure both once and add the values."""
    load = round(os.getloadavg()[0], 2)
    for side, folder in (("before", before), ("after", machine.ROOT)):
        for figure, values in _measured(name, folder).items():
            getattr(compared[figure], side).extend(values)
    for each in compared.values():
        each.loads.append(load)


def _measured(name: str, folder: Path) -> dict[str, list[float]]:
    """The values of one run by the name of the figure. Empty if it could not be measured."""
    with TemporaryDirectory() as results:
        file = Path(results, "results.json")
        command = [sys.executable, "-m", "benchmarks", name, "--runs", "1", "--json", str(file)]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            code: int | None = process.wait(RUN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            end(process, timeout_s=60)  # it ends what it has started
        if code != 0:
            print(f"{name} could not be measured in {folder}", file=sys.stderr, flush=True)
            return {}
        figures = json.loads(file.read_text(encoding="utf-8"))[name]["figures"]
        return {figure["name"]: figure["runs"] for figure in figures}


def line(name: str, figure: Figure, compared: Compared) -> str:
    """A line of the table."""
    before, after = map(number, compared.medians)
    loads = f"{min(compared.loads):g} – {max(compared.loads):g}"
    start = (
        f"{name:14} {figure.name:24} {before:>10} {after:>10} {number(compared.ratio):>7} {figure.target:>9}"
    )
    return f"{start}  {figure.unit:11}  {loads}"


if __name__ == "__main__":
    sys.exit(main())
