"""The list of jobs has the values of the jobs that were opened, as new as on their own pages."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from arkor_dash.access.rules import Rule
from arkor_dash.access.sign_in import SignIn
from arkor_dash.live.cancellations import Cancellations
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedRegistry
from arkor_dash.live.job_list import JobListPoller
from arkor_dash.live.metric_summaries import SummaryPoller
from arkor_dash.protocol.jobs import Job
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioKind, StudioSource
from arkor_dash.ui.job_columns import DEFAULT_COLUMNS, Column
from arkor_dash.ui.job_table import values_of, with_feeds
from arkor_dash.ui.list_now import ListNow, ListReader, OncePerList
from tests.browser.studio import Studio, job, log, sse_body
from tests.servers import Answer, Request, ScriptedServer, json_answer, sse
from tests.waiting import PATIENCE_S, wait_until

LOSS = Column("last", "loss")


@dataclass
class OurStudio(Studio):
    """A Studio that also lists the step and the loss of one job."""

    listed: tuple[str, float, float] = ("", 0.0, 0.0)

    def respond(self, request: Request) -> Answer:
        job_id, *values = self.listed
        step, loss = ({job_id: [value] * 3} for value in values)
        if request.target == "/api/metrics":
            return json_answer({"names": ["loss"]})
        if request.target.startswith("/api/metrics/summaries"):
            return json_answer({"metrics": {"step": step, "loss": loss}})
        return super().respond(request)


@contextmanager
def dashboard(studio: Studio, kind: StudioKind) -> Iterator[tuple[Dashboard, ScriptedServer]]:
    with ScriptedServer(studio.respond) as server:
        source = StudioSource(server.url, Secret("canary"), kind)
        feeds = FeedRegistry(source)
        yield (
            Dashboard(
                source,
                JobListPoller(source),
                feeds,
                output=None,
                kept_outputs=None,
                cancellations=Cancellations(source),
                rule=Rule("local", frozenset(), SignIn((), ())),
                summaries=SummaryPoller(source),
            ),
            server,
        )
        feeds.close()


def cells(now: ListNow) -> dict[str, list[object]]:
    """What the rows show, by the name of the job."""
    table = values_of(now, DEFAULT_COLUMNS)
    return {each.name: [table.cell(each, column) for column in table.columns] for each in now.listing.jobs}


def test_the_list_of_a_plain_source_has_the_values_of_opened_jobs_and_opens_no_others() -> None:
    studio = Studio()
    fields = {"startedAt": None, "completedAt": None, "config": {"maxSteps": 4}}
    studio.add(job("unseen", **fields), sse_body([log(1, loss=8.0)]))
    events = [
        ("training.started", {"timestamp": "2026-11-23T12:00:00Z"}),
        *(log(n, loss=4 - n) for n in (1, 2)),
    ]
    ended = ("training.completed", {"timestamp": "2026-11-23T12:01:00Z"})
    seen = studio.add(job("seen", **fields), sse_body([*events, ended, ("end", {})]))
    with dashboard(studio, ARKOR_DEV) as (dash, server):
        read = ListReader(dash, DEFAULT_COLUMNS)
        feed = dash.feeds.acquire(seen)
        wait_until(lambda: feed.is_complete and read().listing.loaded)
        assert cells(read()) == {
            "unseen": ["–"] * len(DEFAULT_COLUMNS),
            "seen": [("From 3.0000 to 2.0000", (100, 0)), "2.0000", "2.0000", "50%", "0:01:00"],
        }
        streams = [each.target for each in server.requests if each.target.endswith("/events")]
        assert streams == [f"/api/jobs/{seen}/events"]


def test_a_row_is_as_new_as_the_page_of_its_job_without_asking_the_source_again() -> None:
    stream: queue.Queue[bytes | None] = queue.Queue()
    studio = OurStudio()
    live = studio.add(job("live", "running", completedAt=None), stream)
    studio.listed = (live, 2.0, 5.0)
    with dashboard(studio, EMBEDDED) as (dash, server):
        read = ListReader(dash, (LOSS,))
        shown = read(PATIENCE_S)
        wait_until(lambda: read().listing.loaded)
        feed = dash.feeds.acquire(live)
        last: list[object] = []
        for step, loss, expected in ((1, 9.0, 5.0), (2, 4.0, 4.0), (3, 3.0, 3.0)):
            stream.put(sse("training.log", {"step": step, "loss": loss}, step))
            wait_until(lambda step=step: len(feed.snapshot().metrics.steps) == step)
            summary = read().values.summary(live, "loss")
            last.append((summary and summary.last) == expected)
        assert shown.values.summary(live, "loss") is not None
        assert last == [True, True, True]
        assert sum("/summaries" in request.target for request in server.requests) == 1
        stream.put(None)


def test_what_follows_from_the_list_is_computed_again_when_a_feed_begins_but_not_with_each_event() -> None:
    stream: queue.Queue[bytes | None] = queue.Queue()
    studio = Studio()
    live = studio.add(job("live", "running", completedAt=None), stream)
    with dashboard(studio, ARKOR_DEV) as (dash, _):
        read = ListReader(dash, (LOSS,))
        wait_until(lambda: read().listing.loaded)
        computed: list[list[Job]] = []
        once = OncePerList(lambda now: computed.append(list(now.listing.jobs)))
        once(read())
        feed = dash.feeds.acquire(live)
        for step in range(1, 4):
            stream.put(sse("training.log", {"step": step, "loss": 1.0}, step))
            wait_until(lambda step=step: len(feed.snapshot().metrics.steps) == step)
            once(read())
        assert len(computed) == 2
        stream.put(None)


def test_only_the_rows_of_jobs_whose_feeds_are_held_move_between_two_lists() -> None:
    studio = Studio()
    held = studio.add(job("held"), sse_body([log(1, loss=2.0), ("training.completed", {}), ("end", {})]))
    studio.add(job("other"))
    with dashboard(studio, ARKOR_DEV) as (dash, _):
        read = ListReader(dash, (LOSS,))
        feed = dash.feeds.acquire(held)
        wait_until(lambda: feed.is_complete and read().listing.loaded)
        jobs = read().listing.jobs
        rows = [(each.id, "as it was", "Completed", None, (), "") for each in jobs]
        moved = with_feeds(rows, values_of(read(), (LOSS,)), jobs, ["Completed", "Completed"])
    assert [(row[1], row[4]) for row in moved] == [("as it was", ()), ("held", ("2.0000",))]
