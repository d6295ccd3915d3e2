"""A job's events in columns, from a trainer's reports to the dashboard's source."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

import pytest

from arkor_dash.columns.stretch import Stretch
from arkor_dash.columns.stretch_stream import framed
from arkor_dash.columns.stretch_writer import write_stretch
from arkor_dash.errors import JobNotFoundError, SourceError
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource
from arkor_dash.studio.storage.stretches import LEAST_EVENTS, STRETCH_EVENTS
from tests.servers import Answer, ScriptedServer, chunked, head, json_answer
from tests.studio.process import TOKEN, StudioProcess
from tests.waiting import wait_until

Launch = Callable[..., StudioProcess]
EVENTS = STRETCH_EVENTS + LEAST_EVENTS + 10
REPORTS = f"""
reports = [(seq, "training.log", {{"step": seq, "loss": 1 / seq}}) for seq in range(1, {EVENTS})]
for first in range(0, len(reports), 1_000):
    send(*reports[first : first + 1_000])
send(({EVENTS}, "training.completed", {{}}))
"""


def source_of(url: str) -> StudioSource:
    return StudioSource(url, Secret(TOKEN), EMBEDDED)


def read(source: StudioSource, job_id: str, after: int = 0) -> tuple[list[Stretch], int | None]:
    assert source.archive is not None
    with source.archive.stretches(job_id, after) as stream:
        return list(stream), stream.last_id


def test_an_ended_job_is_served_whole_in_columns_with_the_events_of_its_stream(launch: Launch) -> None:
    studio = launch(trainer=REPORTS)
    job_id, _ = studio.train()
    stretches, last_id = read(source_of(studio.url), job_id)
    assert [(each.first_id, each.last_id) for each in stretches] == [
        (1, STRETCH_EVENTS),
        (STRETCH_EVENTS + 1, EVENTS),
    ]
    assert last_id == EVENTS
    in_columns = [(name, json.loads(data)) for each in stretches for name, data in each.events()]
    assert in_columns == [(name, data) for _, name, data in studio.events(job_id) if name != "end"]
    assert [each.first_id for each in read(source_of(studio.url), job_id, STRETCH_EVENTS)[0]] == [
        STRETCH_EVENTS + 1
    ]
    assert read(source_of(studio.url), job_id, EVENTS) == ([], EVENTS)
    inside = studio.events(job_id, **{"Last-Event-ID": str(STRETCH_EVENTS - 1)})
    assert [next(inside)[0] for _ in range(3)] == [str(STRETCH_EVENTS + number) for number in range(3)]


def test_events_are_stored_in_columns_without_being_asked_for(launch: Launch) -> None:
    studio = launch(trainer=REPORTS)
    studio.train()
    database = studio.state / "studio.sqlite3"
    assert database.exists()

    def rows() -> int:
        with sqlite3.connect(database) as reading:
            return int(reading.execute("select count(*) from events").fetchone()[0])

    wait_until(lambda: rows() == 0, what="the compaction of all events")


def test_a_short_job_has_no_stretches_and_an_unknown_one_is_not_found(launch: Launch) -> None:
    studio = launch(trainer='send((1, "training.completed", {}))')
    job_id, _ = studio.train()
    source = source_of(studio.url)
    assert read(source, job_id) == ([], 1)
    with pytest.raises(JobNotFoundError):
        read(source, "job_none")
    for after in ("x", "-1", "9" * 40):
        assert studio.get(f"/api/jobs/{job_id}/stretches?after={after}").status_code == 200


GOOD = framed(write_stretch(1, [("training.log", '{"step": 1}')]))


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": "Not found"}, "404 Not Found"),
        json_answer({"events": []}),
        Answer([head(Content_Type="application/vnd.arkor-dash.stretches", Content_Length=str(9)), b"x" * 9]),
        Answer(
            [
                head(Content_Type="application/vnd.arkor-dash.stretches", Transfer_Encoding="chunked"),
                *chunked(GOOD[:-1]),
            ]
        ),
        Answer([head(Content_Type="application/vnd.arkor-dash.stretches", Content_Length="10000"), GOOD]),
    ],
    ids=["none", "JSON", "garbage", "cut off", "broken off"],
)
def test_an_answer_that_is_no_stretches_is_an_error_of_the_source(answer: Answer) -> None:
    with ScriptedServer(lambda _: answer) as server, pytest.raises(SourceError) as raised:
        read(source_of(server.url), "job_1")
    assert TOKEN not in str(raised.value)
