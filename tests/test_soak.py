"""The soak in `benchmarks/`: that it runs, and that what goes wrong does not get past it."""

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
from benchmarks.soak.measures import Sample, not_flat
from benchmarks.soak.script import Script, script
from benchmarks.soak.stream import framed
from benchmarks.soak.viewers import Look, Tally

from .servers import ScriptedServer, sse_answer
from .waiting import wait_until

ROOT = Path(__file__).parents[1]
IDLE = Sample(at_s=0, held_mb=30, rss_mb=40, threads=1, descriptors=8)


def test_a_few_seconds_of_it_pass_and_leave_their_counts(tmp_path: Path) -> None:
    report = tmp_path / "soak.json"
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.3", "--steps", "10"]
    command += ["--trouble-every-s", "2", "--json", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    counts = json.loads(report.read_text())

    assert done.returncode == 0, done.stdout + done.stderr
    assert counts["jobs"]["whole"]
    assert (counts["events"]["lost"], counts["events"]["doubled"]) == (0, 0)
    assert counts["faults"]
    assert "lost: 0" in done.stdout


def looked_at(said: Script, frames: list[bytes]) -> Tally:
    """What a look at a job finds whose stream is of these frames."""
    tally = Tally()
    with ScriptedServer(lambda _: sse_answer(*frames, b"event: end\ndata: {}\n\n")) as server:
        feed = JobFeed(StudioSource(server.url, Secret("x"), ARKOR_DEV), said.job_id)
        feed.start()
        wait_until(lambda: feed.finished)
        Look(said, tally).check(feed.snapshot())
    return tally


@pytest.fixture
def said() -> Script:
    return replace(script(1, 20), ids="none")


def test_a_whole_job_is_no_problem(said: Script) -> None:
    tally = looked_at(said, [framed(said, index) for index in range(len(said.events))])

    assert (tally.problems, tally.whole) == ([], {said.job_id: len(said.events)})


def test_lost_and_doubled_events_are_counted(said: Script) -> None:
    frames = [framed(said, index) for index in range(len(said.events))]

    assert looked_at(said, frames[:5] + frames[7:]).lost == {said.job_id: 2}
    assert looked_at(said, frames[:5] + frames[4:]).doubled == {said.job_id: 1}
    assert looked_at(said, frames[:-3]).lost == {said.job_id: 3}
    assert looked_at(said, [*frames[:5], frames[6], frames[5], *frames[7:]]).problems


def test_what_grows_or_stays_open_is_told() -> None:
    rest = Sample(at_s=600, held_mb=50, rss_mb=70, threads=1, descriptors=8)
    larger = replace(rest, held_mb=53)

    assert not_flat(IDLE, [rest, larger, rest]) == []
    assert not_flat(IDLE, [rest, rest, larger]) == ["the memory held rises from 50.0 to 53.0 MB"]
    assert not_flat(IDLE, [replace(rest, threads=2), rest]) == [
        "2 threads are left in the end, of 1 before the start"
    ]
    assert not_flat(IDLE, [rest, replace(rest, descriptors=9)]) == [
        "9 descriptors are left in the end, of 8 before the start"
    ]
