"""What the comparison with other tools reads and writes. No tool is installed for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.peers.drawn import has_spike
from benchmarks.peers.environments import REQUIREMENTS, environments
from benchmarks.peers.measures import log_calls
from benchmarks.peers.table import table
from benchmarks.peers.tools import tools
from benchmarks.peers.writers.series import SPIKE, SPIKE_STEP, batches, loss

ROOT = Path(__file__).parents[1]


def test_each_requirement_has_an_environment_at_its_version() -> None:
    found = environments("# a comment\n\ntensorboard==2.21.0\ntrackio==0.43.0  # why\n")
    assert [(each.package, each.version) for each in found.values()] == [
        ("tensorboard", "2.21.0"),
        ("trackio", "0.43.0"),
    ]
    assert ROOT not in found["trackio"].folder.parents


def test_a_requirement_without_a_version_is_refused() -> None:
    with pytest.raises(ValueError, match="mlflow>=3"):
        environments("mlflow>=3\n")


def test_every_tool_has_a_requirement_and_a_writer() -> None:
    pinned = environments(REQUIREMENTS.read_text(encoding="utf-8"))
    names = [each.name for each in tools(pinned)]
    assert names == ["arkor-dash", "TensorBoard", "MLflow", "trackio"]
    writers = ROOT / "benchmarks" / "peers" / "writers"
    assert {path.stem for path in writers.glob("to_*.py")} == {"to_arkor", *(f"to_{name}" for name in pinned)}


def test_every_tool_gets_the_same_series_with_one_spike() -> None:
    assert max(range(1, 100_001), key=loss) == SPIKE_STEP
    assert loss(SPIKE_STEP) == SPIKE
    assert [list(steps) for steps in batches(5, 2)] == [[1, 2], [3, 4], [5]]


@pytest.mark.parametrize(
    ("line", "drawn"),
    [
        ("M0,70L54.3,10L54.4,98L100,99", True),
        ("M0,70L54.3,97L54.4,98L100,99", False),
        ("M0,70L20,10L54.3,98L100,99", False),
        ("M5.5,7e1L59.8,-1.5e1L105.5,99", True),
    ],
)
def test_the_spike_is_the_highest_point_where_it_belongs(line: str, drawn: bool) -> None:
    assert has_spike(line, 0.54321) is drawn


def test_the_log_calls_are_the_complete_lines_of_step_and_time(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_text(
        "* Trackio project initialized: peers\n1 1700000000.5\n2 1700000001.5\n3 17000", "utf-8"
    )
    assert log_calls(output) == {1: 1700000000500, 2: 1700000001500}


def test_the_table_has_a_column_for_each_tool_and_the_load() -> None:
    def tool(version: str, ms: float, *, spike: bool) -> dict[str, object]:
        opened = [{"ms": ms * factor, "points": 1268, "spike": spike} for factor in (1, 2, 0.5)]
        return {"version": version, "opened": {"100000": opened}, "visible": [[60.0, 40.0, 2500.0]]}

    found = {
        "machine": "a machine",
        "python": "3.11.7",
        "commit": "abc",
        "at": "2026-11-27T03:00:00+00:00",
        "load": [1.5, 0.25],
        "tools": {
            "arkor-dash": tool("0.1.0", 900, spike=True),
            "TensorBoard": tool("2.21.0", 1400, spike=False),
        },
    }
    assert table(found) == (
        "|  | arkor-dash 0.1.0 | TensorBoard 2.21.0 |\n"
        "|---|---|---|\n"
        "| log call → visible, at 1/s, p50 / p95 | 60 ms / 2.5 s | 60 ms / 2.5 s |\n"
        "| open 100,000 steps | 900 ms | 1.4 s |\n"
        "| points drawn of 100,000 | 1,268 | 1,268 |\n"
        "| spike of one step among 100,000 | yes | no |\n"
        "\n"
        "On a machine, Python 3.11.7, commit abc, 2026-11-27. The load average before each round was 0.25 to 1.5."
    )


def test_the_peers_are_refused_without_a_known_name() -> None:
    command = [sys.executable, "-m", "benchmarks.peers", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "nonsense" in done.stderr
