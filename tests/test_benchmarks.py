"""The command line of the benchmarks, and how they start servers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.compare import Compared, line, unpacked
from benchmarks.harness import Figure, Result, percentile
from benchmarks.processes import announced
from benchmarks.tables import markdown, replaced, rows

ROOT = Path(__file__).parents[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)


@pytest.mark.timeout(900)
def test_a_benchmark_prints_its_figures_and_keeps_those_of_others(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    kept.write_text('{"older": {}}', encoding="utf-8")
    done = run("compute", "--runs", "2", "--json", str(kept))
    assert done.returncode == 0, done.stderr
    written = json.loads(kept.read_text(encoding="utf-8"))
    assert set(written) == {"older", "compute"}
    assert {"machine", "commit", "load", "others_percent"} < set(written["compute"])
    figures = {figure["name"]: figure for figure in written["compute"]["figures"]}
    assert set(figures) == {"statistics", "chart"}
    for name, figure in figures.items():
        assert len(figure["runs"]) == 2
        assert figure["spread"][0] <= figure["median"] <= figure["spread"][1]
        assert any(line.startswith("compute") and name in line for line in done.stdout.splitlines())


@pytest.mark.timeout(900)
def test_an_unknown_benchmark_is_refused() -> None:
    done = run("compute", "nonsense")
    assert done.returncode == 2
    assert "nonsense" in done.stderr
    assert "compute" not in done.stdout


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("x", "ms", at_most=2), True),
        (Figure("x", "ms", at_most=1.9), False),
        (Figure("x", "/s", at_least=2), True),
        (Figure("x", "/s", at_least=2.1), False),
        (Figure("x", "ms"), None),
    ],
)
def test_a_target_is_compared_with_the_median(figure: Figure, met: bool | None) -> None:
    result = Result(figure, (9.0, 1.0, 2.0))
    assert (result.median, result.spread, result.met) == (2.0, (1.0, 9.0), met)


def test_a_percentile_is_one_of_the_values() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [percentile(values, p) for p in (1, 20, 50, 95, 100)] == [1.0, 1.0, 3.0, 5.0, 5.0]


def test_a_server_that_does_not_announce_itself_in_time_is_given_up() -> None:
    silent = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(TimeoutError, match="the server's first line"), announced(silent, timeout_s=0.5):
        pass


def test_a_server_that_ends_before_it_announces_itself_fails_at_once() -> None:
    ending = [sys.executable, "-c", "import sys; sys.exit(3)"]
    with pytest.raises(RuntimeError, match="ended with code 3"), announced(ending, timeout_s=60):
        pass


def test_a_server_can_write_more_than_a_pipe_holds() -> None:
    code = "print('{\"url\": \"http://server\"}', flush=True); print('x' * 1_000_000)"
    with announced([sys.executable, "-c", code]) as server:
        assert server.url == "http://server"
        assert server.process.wait(30) == 0


def test_a_comparison_shows_both_medians_and_their_ratio() -> None:
    compared = Compared(before=[9.0, 200.0, 400.0], after=[50.0, 60.0, 70.0], loads=[0.5, 2.25, 1.0])
    shown = line("latency-1", Figure("row p50", "ms", at_most=50), compared)
    assert shown.split() == [
        "latency-1",
        "row",
        "p50",
        "200",
        "60",
        "0.3",
        "≤",
        "50",
        "ms",
        "0.5",
        "–",
        "2.25",
    ]


def test_a_figure_that_could_not_be_measured_has_no_ratio() -> None:
    compared = Compared(after=[50.0])
    assert (compared.medians, compared.ratio) == ((None, 50.0), None)


def test_an_earlier_commit_is_measured_by_the_benchmarks_of_this_checkout(tmp_path: Path) -> None:
    folder = unpacked("HEAD", tmp_path / "before")
    assert (folder / "arkor_dash" / "__init__.py").is_file()
    ours = {path.name: path.read_bytes() for path in (ROOT / "benchmarks").glob("*.py")}
    assert {path.name: path.read_bytes() for path in (folder / "benchmarks").glob("*.py")} == ours


def test_a_table_is_written_between_its_markers_and_nothing_else_is_changed() -> None:
    text = "Above.\n\n<!-- peers: made by the benchmarks -->\nold\n<!-- peers: end -->\n\nBelow.\n"
    table = markdown(("a", "b"), iter([("1", "2")]))
    assert table == "| a | b |\n|---|---|\n| 1 | 2 |"
    once = replaced(text, "peers", table)
    assert once == text.replace("old", f"\n{table}\n")
    assert replaced(once, "peers", table) == once
    with pytest.raises(ValueError, match="markers of the table 'benchmarks'"):
        replaced(text, "benchmarks", "")


def test_the_table_of_the_benchmarks_names_each_one_once() -> None:
    figure = {
        "unit": "ms",
        "median": 51.0,
        "spread": [48.0, 52.0],
        "at_most": 50,
        "at_least": None,
        "met": False,
    }
    results = {
        "latency-1": {"what": "a delay", "figures": [{"name": each, **figure} for each in ("p50", "p95")]}
    }
    assert list(rows(results)) == [
        ("a delay", "p50", "51", "48 – 52", "≤ 50", "ms", "**no**"),
        ("", "p95", "51", "48 – 52", "≤ 50", "ms", "**no**"),
    ]
