"""What a run records about itself is exported with its events, but not as a part of the event log."""

from __future__ import annotations

import gzip
import json

import pytest

from arkor_dash.charts.curve import CurveOptions
from arkor_dash.export.job_files import FILE_FORMATS, ExportedJob
from arkor_dash.live.feed import JobFeed
from arkor_dash.protocol.jobs import Job
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource
from tests.servers import ScriptedServer, sse, sse_answer
from tests.waiting import wait_until

AT = "2026-11-23T10:00:0"
EVENTS = [
    ("training.started", {"timestamp": f"{AT}0Z"}),
    ("training.environment", {"timestamp": f"{AT}1Z", "python": "3.12.1"}),
    ("training.log", {"timestamp": f"{AT}2Z", "step": 1, "loss": 2}),
    ("training.system", {"timestamp": f"{AT}3Z", "system/cpu_percent": 50}),
    ("training.system", {"timestamp": f"{AT}4Z", "system/cpu_percent": 50}),
    ("training.completed", {"timestamp": f"{AT}5Z", "artifacts": []}),
]


@pytest.fixture(params=["numbered", "without ids"])
def files(request: pytest.FixtureRequest) -> dict[str, bytes]:
    """The exported files of a job, by their suffixes."""
    numbered = request.param == "numbered"
    frames = [sse(name, data, n if numbered else None) for n, (name, data) in enumerate(EVENTS, 1)]
    with ScriptedServer(lambda _: sse_answer(*frames, sse("end", {}))) as server:
        source = StudioSource(server.url, Secret("canary"), EMBEDDED)
        feed = JobFeed(source, "job_1")
        feed.start()
        wait_until(lambda: feed.is_complete, what="the feed's end")
        job = Job("job_1", "", "completed")
        exported = ExportedJob(source, job, False, feed.snapshot(), CurveOptions(), None)
        return {each.suffix: each.make(exported) for each in FILE_FORMATS if each.suffix != ".html"}


def test_a_recording_and_the_exported_events_hold_it(files: dict[str, bytes]) -> None:
    _, *recorded = map(json.loads, gzip.decompress(files[".jsonl.gz"]).splitlines())
    assert [(event["name"], json.loads(event["data"])) for event in recorded] == EVENTS
    lines = map(json.loads, files[".events.jsonl"].splitlines())
    assert [(line["event"], line["data"]) for line in lines] == EVENTS


def test_the_use_of_the_machine_is_a_table_of_its_own(files: dict[str, bytes]) -> None:
    assert files[".system.csv"].decode().splitlines() == [
        "seconds,timestamp,system/cpu_percent",
        "3,2026-11-23 10:00:03.000Z,50",
        "4,2026-11-23 10:00:04.000Z,50",
    ]


def test_the_event_log_and_the_points_do_not_show_it(files: dict[str, bytes]) -> None:
    shown = [line.split()[1] for line in files[".events.txt"].decode().splitlines()]
    assert shown == ["training.started", "training.log", "training.completed"]
    assert files[".csv"].decode().splitlines()[0] == "step,loss,eval_loss,timestamp"
