"""The shared list of jobs, with answers that are late, wrong or missing."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests
from urllib3.exceptions import HTTPError

from arkor_dash.errors import UNEXPECTED_ERROR
from arkor_dash.live.job_list import ANSWER_S, JobListPoller
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource
from tests.servers import Answer, Request, ScriptedServer, json_answer
from tests.waiting import wait_until


def listing(*ids: str) -> Answer:
    return json_answer({"jobs": [{"id": job_id} for job_id in ids]})


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def polling(respond: Callable[[Request], Answer]) -> Iterator[tuple[JobListPoller, ScriptedServer, Clock]]:
    """A poller of a Studio whose list is answered by `respond`. It answers nothing else."""
    clock = Clock()

    def answer(request: Request) -> Answer:
        return respond(request) if request.target == "/api/jobs" else json_answer({}, "404 Not Found")

    with ScriptedServer(answer) as server:
        yield JobListPoller(StudioSource(server.url, Secret("canary"), EMBEDDED), clock, clock), server, clock
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "job-list"])


def held(answer: Answer, until: threading.Event) -> Callable[[Request], Answer]:
    """Answers once the event is set."""

    def respond(_: Request) -> Answer:
        until.wait(60)
        return answer

    return respond


def fetches(server: ScriptedServer) -> int:
    return sum(request.target == "/api/jobs" for request in server.requests)


def test_the_list_is_loaded_after_the_first_answer() -> None:
    with polling(lambda _: listing("b", "a")) as (poller, _, _clock):
        assert not poller.snapshot().loaded
        poller.refresh()
        view = poller.wait(20)

    assert [job.id for job in view.jobs] == ["b", "a"]
    assert (view.loaded, view.in_flight, view.error, view.fetched_at_ms) == (True, False, None, 1_000_000)


def test_there_is_one_request_at_a_time_however_often_the_list_is_refreshed() -> None:
    go_on = threading.Event()
    with polling(held(listing("a"), go_on)) as (poller, server, _):
        for _ in range(50):
            poller.refresh()
        assert poller.snapshot().in_flight
        assert not poller.wait(0).loaded
        go_on.set()
        assert poller.wait(20).loaded
        assert fetches(server) == 1


def test_a_list_is_fetched_anew_after_the_fetch_that_is_running() -> None:
    answers = threading.Event()
    with polling(held(listing("a"), answers)) as (poller, server, _):
        poller.refresh()
        wait_until(lambda: fetches(server) == 1)
        poller.fetch_anew()
        poller.fetch_anew()
        answers.set()
        wait_until(lambda: fetches(server) == 2)
        wait_until(lambda: not poller.snapshot().in_flight)
        poller.fetch_anew()
        wait_until(lambda: fetches(server) == 3 and not poller.snapshot().in_flight)


def test_a_list_that_is_fresh_enough_is_not_fetched_again() -> None:
    with polling(lambda _: listing("a")) as (poller, server, clock):
        poller.refresh(5)
        poller.wait(20)
        clock.now += 4.9
        poller.refresh(5)
        assert not poller.snapshot().in_flight
        clock.now += 0.1
        poller.refresh(5)
        poller.wait(20)
        assert fetches(server) == 2
        poller.refresh()
        poller.wait(20)
        assert fetches(server) == 3


def test_a_failure_keeps_the_last_list_and_says_why() -> None:
    answers = iter(
        [listing("a"), json_answer({"error": "Disk full"}, "500 Internal Server Error"), listing("b")]
    )

    with polling(lambda _: next(answers)) as (poller, server, clock):
        views = []
        for _ in range(3):
            poller.refresh()
            views.append(poller.wait(20))
            clock.now += 5

    assert [[job.id for job in view.jobs] for view in views] == [["a"], ["a"], ["b"]]
    assert [view.error for view in views] == [
        None,
        f"The Studio at 127.0.0.1:{server.port} answered 500: Disk full.",
        None,
    ]
    assert [view.fetched_at_ms for view in views] == [1_000_000, 1_000_000, 1_010_000]


def test_failures_in_a_row_have_the_time_of_the_first() -> None:
    down = json_answer({}, "503 Service Unavailable")
    answers = iter([listing("a"), down, down, listing("a"), down])

    with polling(lambda _: next(answers)) as (poller, _, clock):
        since = []
        for _ in range(5):
            poller.refresh()
            since.append(poller.wait(20).failing_since_ms)
            clock.now += 5

    assert since == [None, 1_005_000, 1_005_000, None, 1_020_000]


def test_a_source_that_does_not_answer_is_lost_before_the_request_fails() -> None:
    go_on = threading.Event()
    with polling(held(listing("a"), go_on)) as (poller, _, clock):
        poller.refresh()
        assert poller.snapshot().lost_since_ms((clock.now + ANSWER_S) * 1000) is None
        assert poller.snapshot().lost_since_ms((clock.now + ANSWER_S + 0.1) * 1000) == 1_000_000
        clock.now += 9
        go_on.set()
        assert poller.wait(20).lost_since_ms(clock.now * 1000) is None


def test_a_source_that_is_always_slow_has_twice_the_time_of_its_last_answer() -> None:
    go_on = threading.Event()
    with polling(held(listing("a"), go_on)) as (poller, _, clock):
        poller.refresh()
        clock.now += 5
        go_on.set()
        poller.wait(20)
        go_on.clear()
        poller.refresh()
        assert poller.snapshot().lost_since_ms((clock.now + 9.9) * 1000) is None
        assert poller.snapshot().lost_since_ms((clock.now + 10.1) * 1000) == clock.now * 1000
        go_on.set()


def test_a_request_that_fails_late_has_the_time_at_which_it_began() -> None:
    go_on = threading.Event()
    with polling(held(json_answer({}, "503 Service Unavailable"), go_on)) as (poller, _, clock):
        poller.refresh()
        clock.now += 9
        go_on.set()
        assert poller.wait(20).lost_since_ms(clock.now * 1000) == 1_000_000


def test_a_first_failure_is_not_an_empty_list() -> None:
    with polling(lambda _: json_answer(b"<html>")) as (poller, _, _clock):
        poller.refresh()
        view = poller.wait(20)

    assert not view.loaded
    assert view.error is not None
    assert "web page" in view.error


def test_the_version_changes_with_the_list_and_not_with_each_fetch() -> None:
    answers = iter(
        [
            listing("a"),
            json_answer(json.dumps({"jobs": [{"id": "a"}]}, indent=1).encode()),
            listing("a", "b"),
            json_answer({"jobs": [{"id": "a"}, {"id": "b"}, {}]}),
        ]
    )

    with polling(lambda _: next(answers)) as (poller, _, _clock):
        views = []
        for _ in range(4):
            poller.refresh()
            views.append(poller.wait(20))

    assert views[1].jobs is views[0].jobs
    assert [view.version for view in views] == [1, 1, 2, 3]
    assert views[3].malformed == 1


def test_an_unexpected_error_is_shown_and_ends_the_fetch() -> None:
    class Broken:
        def jobs(self) -> object:
            raise ZeroDivisionError

    poller = JobListPoller(Broken())  # type: ignore[arg-type]
    poller.refresh()
    view = poller.wait(20)

    assert (view.in_flight, view.error) == (False, UNEXPECTED_ERROR)


def test_a_failed_fetch_leaves_no_error_to_the_garbage_collector() -> None:
    def errors() -> int:
        return sum(isinstance(each, (requests.RequestException, HTTPError)) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        with polling(lambda _: Answer([])) as (poller, _, _clock):
            poller.refresh()
            assert poller.wait(20).error is not None
            wait_until(lambda: errors() == 0, timeout_s=10, what="the end of the error")
    finally:
        gc.enable()
