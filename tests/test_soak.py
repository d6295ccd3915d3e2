"""The soak of `benchmarks/` runs, and finds faults and leaks."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from arkor_dash.live.feed import JobFeed
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, StudioSource
from benchmarks.soak.measures import Sample, leaks
from benchmarks.soak.script import JobScript, job_script
from benchmarks.soak.stream import event_frame
from benchmarks.soak.viewers import SnapshotCheck, Tally

from .servers import ScriptedServer, sse_answer
from .waiting import wait_until

ROOT = Path(__file__).parents[1]
IDLE = Sample(at_s=0, held_mb=30, rss_mb=40, threads=1, descriptors=8)


def test_a_soak_of_a_few_seconds_passes_and_writes_its_report(tmp_path: Path) -> None:
    report = tmp_path / "soak.json"
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.3", "--steps", "10"]
    command += ["--trouble-every-s", "2", "--json", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    counts = json.loads(report.read_text())

    assert done.returncode == 0, done.stdout + done.stderr
    assert counts["jobs"]["complete"]
    assert (counts["events"]["lost"], counts["events"]["duplicated"]) == (0, 0)
    assert counts["faults"]
    assert any(fault.startswith("full disk") for fault in counts["faults"])
    assert "lost: 0" in done.stdout


def checked(script: JobScript, frames: list[bytes]) -> Tally:
    """The findings about a job whose stream holds these frames."""
    tally = Tally()
    with ScriptedServer(lambda _: sse_answer(*frames, b"event: end\ndata: {}\n\n")) as server:
        feed = JobFeed(StudioSource(server.url, Secret("x"), ARKOR_DEV), script.job_id)
        feed.start()
        wait_until(lambda: feed.is_complete)
        SnapshotCheck(script, tally).check(feed.snapshot())
    return tally


@pytest.fixture
def script() -> JobScript:
    return replace(job_script(1, 20), ids="none")


def test_a_complete_job_has_no_problem(script: JobScript) -> None:
    tally = checked(script, [event_frame(script, index) for index in range(len(script.events))])

    assert (tally.problems, tally.complete) == ([], {script.job_id: len(script.events)})


def test_lost_and_duplicated_events_are_counted(script: JobScript) -> None:
    frames = [event_frame(script, index) for index in range(len(script.events))]

    assert checked(script, frames[:5] + frames[7:]).lost == {script.job_id: 2}
    assert checked(script, frames[:5] + frames[4:]).duplicated == {script.job_id: 1}
    assert checked(script, frames[:-3]).lost == {script.job_id: 3}
    assert checked(script, [*frames[:5], frames[6], frames[5], *frames[7:]]).problems


def test_leaks_of_memory_threads_and_descriptors_are_found() -> None:
    rest = Sample(at_s=600, held_mb=50, rss_mb=70, threads=1, descriptors=8)
    larger = replace(rest, held_mb=53)

    assert leaks(IDLE, [rest, larger, rest]) == []
    assert leaks(IDLE, [rest, rest, larger]) == ["the memory held rose from 50.0 to 53.0 MB"]
    assert leaks(IDLE, [replace(rest, threads=2), rest]) == ["2 threads at the end, 1 before the start"]
    assert leaks(IDLE, [rest, replace(rest, descriptors=9)]) == [
        "9 descriptors at the end, 8 before the start"
    ]
