"""The stream of a job that the source lists as running: no answer ends it for good."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from arkor_dash.access.rules import Rule
from arkor_dash.access.sign_in import SignIn
from arkor_dash.errors import JobNotFoundError, SourceUnavailableError
from arkor_dash.live import backoff
from arkor_dash.live.dashboard import open_dashboard
from arkor_dash.live.feed import FeedRegistry, Interrupted, JobFeed, Refused, reader
from arkor_dash.live.feed.retries import LISTED_LONGEST_WAIT_S, Retries
from arkor_dash.live.job_list import JobListPoller
from arkor_dash.settings.load import load_settings
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, Source, StudioSource
from tests.servers import Answer, Request, ScriptedServer, json_answer, sse_answer
from tests.waiting import wait_until

from .test_reader import a_run, assert_whole, closed, frames_after

FRAMES = a_run()


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr(reader, "CREDENTIALS_CHECK_S", 3_600.0)


@dataclass
class Studio:
    """Lists one job. `stream` and `listing` answer instead of the stream and the list, while they are set."""

    jobs: list[str] = field(default_factory=lambda: ["job_1"])
    stream: Callable[[], Answer] | None = None
    listing: Callable[[], Answer] | None = None
    go_on: threading.Event = field(default_factory=threading.Event)

    def respond(self, request: Request) -> Answer:
        if request.target == "/api/jobs":
            jobs = [{"id": job_id, "status": "running"} for job_id in self.jobs]
            return self.listing() if self.listing else json_answer({"jobs": jobs})
        if not request.target.endswith("/events"):
            return json_answer({}, "404 Not Found")
        if self.stream and "last-event-id" in request.headers:
            return self.stream()
        if "last-event-id" not in request.headers:
            return sse_answer(*FRAMES[:9], whole=False, hold=self.go_on)
        return sse_answer(*frames_after(request, FRAMES))


@contextmanager
def watching(studio: Studio) -> Iterator[tuple[JobFeed, JobListPoller, ScriptedServer]]:
    """The feed of `job_1` after nine events, with a list that was loaded."""
    with ScriptedServer(studio.respond) as server:
        source = StudioSource(server.url, Secret("canary"), EMBEDDED)
        poller = JobListPoller(source)
        feeds = FeedRegistry(source, poller.contains, make=without_grace)
        poller.subscribe(feeds.list_fetched)
        fetched(poller)
        try:
            feed = feeds.acquire("job_1")
            wait_until(lambda: feed.snapshot().events == 9)
            yield feed, poller, server
        finally:
            feeds.close()
            poller.wait(20)
            wait_until(
                lambda: not [t for t in threading.enumerate() if t.name.startswith(("feed-", "job-list"))]
            )


def without_grace(source: Source, job_id: str) -> JobFeed:
    return JobFeed(source, job_id, not_found_grace_s=0.0)


def fetched(poller: JobListPoller) -> None:
    """Fetch the list, and return once the feeds were told."""
    poller.refresh()
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "job-list"])


def streams(server: ScriptedServer) -> int:
    return sum(request.target.endswith("/events") for request in server.requests)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("404 Not Found", "lists this job, but answers that it has no such event stream (404)."),
        ("400 Bad Request", "Not now"),
        ("401 Unauthorized", "answered 401: Not now."),
        ("403 Forbidden", "answered 403: Not now."),
        ("409 Conflict", "Not now"),
        ("451 Unavailable For Legal Reasons", "Not now"),
    ],
)
def test_a_refusal_in_mid_run_is_an_interruption_while_the_list_has_the_job(status: str, reason: str) -> None:
    studio = Studio()
    answers = []

    def refused() -> Answer:
        answers.append(status)
        return json_answer({"error": "Not now"}, status)

    studio.stream = refused
    with watching(studio) as (feed, _, _server):
        studio.go_on.set()
        states = []

        def tried() -> bool:
            states.append(feed.snapshot().connection)
            return len(answers) >= 5

        wait_until(tried)
        interrupted = [state for state in states if isinstance(state, Interrupted) and reason in state.reason]
        assert interrupted
        assert {state.since_ms for state in interrupted} == {interrupted[0].since_ms}
        assert not [state for state in states if isinstance(state, Refused)]
        studio.stream = None
        assert_whole(closed(feed))


def test_a_job_that_the_list_no_longer_has_is_refused() -> None:
    studio = Studio(stream=lambda: json_answer({}, "404 Not Found"))
    with watching(studio) as (feed, poller, _):
        studio.go_on.set()
        wait_until(lambda: isinstance(feed.snapshot().connection, Interrupted))
        studio.jobs = []
        fetched(poller)
        wait_until(lambda: isinstance(feed.snapshot().connection, Refused))
        refused = feed.snapshot().connection

        assert isinstance(refused, Refused)
        assert refused.not_found
        studio.stream, studio.jobs = None, ["job_1"]
        fetched(poller)
        assert_whole(closed(feed))


def test_the_stream_of_an_ended_job_is_not_requested_for_ever() -> None:
    studio = Studio(stream=lambda: json_answer({"error": "No project state"}, "400 Bad Request"))
    with watching(studio) as (feed, _, _server):
        feed.job_ended("completed")
        studio.go_on.set()
        wait_until(lambda: isinstance(feed.snapshot().connection, Refused))


def test_a_waiting_stream_is_requested_as_soon_as_the_list_is_answered_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 3_600.0)
    studio = Studio()
    with watching(studio) as (feed, poller, server):
        server.refuse()
        studio.go_on.set()
        wait_until(lambda: isinstance(feed.snapshot().connection, Interrupted))
        fetched(poller)
        assert isinstance(feed.snapshot().connection, Interrupted)
        server.listen()
        fetched(poller)
        assert_whole(closed(feed))


def test_the_feeds_of_a_dashboard_are_told_of_its_list(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 3_600.0)
    studio = Studio()
    with ScriptedServer(studio.respond) as server:
        named = {
            "ARKOR_STUDIO_URL": server.url,
            "ARKOR_STUDIO_TOKEN": "canary",
            "ARKOR_DASH_SOURCE": "studio",
        }
        settings = load_settings(named, cwd=tmp_path, home=tmp_path)
        opened = open_dashboard(settings, Rule("nobody", frozenset(), SignIn((), ())))
        fetched(opened.jobs)
        feed = opened.feeds.acquire("job_1")
        try:
            wait_until(lambda: feed.snapshot().events == 9)
            server.refuse()
            studio.go_on.set()
            wait_until(lambda: isinstance(feed.snapshot().connection, Interrupted))
            fetched(opened.jobs)
            server.listen()
            fetched(opened.jobs)
            assert_whole(closed(feed))
        finally:
            opened.feeds.close()
            opened.close()


def test_a_stream_that_was_told_to_wait_does_so_though_the_list_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy() -> Answer:
        return json_answer({}, "503 Service Unavailable", Retry_After="3600")

    studio = Studio(stream=busy)
    with watching(studio) as (feed, poller, server):
        studio.listing = busy
        studio.go_on.set()
        wait_until(lambda: "503" in getattr(feed.snapshot().connection, "reason", ""))
        fetched(poller)
        studio.listing = None
        fetched(poller)
        assert streams(server) == 2
        assert isinstance(feed.snapshot().connection, Interrupted)


def test_a_refused_token_is_tried_again_once_the_list_accepts_it() -> None:
    def refused() -> Answer:
        return json_answer({"error": "Missing or invalid token"}, "403 Forbidden")

    studio = Studio(stream=refused)
    with watching(studio) as (feed, poller, _):
        studio.listing = refused
        fetched(poller)
        studio.go_on.set()
        wait_until(lambda: isinstance(feed.snapshot().connection, Refused))
        studio.listing = studio.stream = None
        fetched(poller)
        assert_whole(closed(feed))


@pytest.mark.parametrize("status", ["410 Gone", "426 Upgrade Required"])
def test_a_final_refusal_is_tried_again_once_the_list_is_answered_again(status: str) -> None:
    def refused() -> Answer:
        return json_answer({"error": "Gone"}, status)

    studio = Studio(stream=refused)
    with watching(studio) as (feed, poller, server):
        studio.go_on.set()
        wait_until(lambda: isinstance(feed.snapshot().connection, Refused))
        fetched(poller)
        assert streams(server) == 2  # the list was not down, so it says nothing new
        studio.listing = refused
        fetched(poller)
        studio.listing = studio.stream = None
        fetched(poller)
        assert_whole(closed(feed))


def test_waits_are_short_while_the_list_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    retries = Retries(0.0, lambda: 0.0, random.Random(1))
    retries.list_answers, retries.is_running = True, True
    for failure in (SourceUnavailableError("later"), JobNotFoundError("job_1"), None) * 5:
        _, wait = retries.next_state(failure, 0.0)
        assert wait is not None
        assert wait <= LISTED_LONGEST_WAIT_S
    retries.list_answers = False
    longest = max(retries.next_state(None, 0.0)[1] or 0.0 for _ in range(20))
    assert longest > LISTED_LONGEST_WAIT_S


def test_whoever_subscribes_to_the_list_is_told_whether_it_was_answered() -> None:
    told: list[bool] = []
    studio = Studio()
    with watching(studio) as (_, poller, _server):
        poller.subscribe(told.append)
        fetched(poller)
        studio.listing = lambda: json_answer({}, "500 Internal Server Error")
        fetched(poller)
        wait_until(lambda: told == [True, False])
