"""Cancellations that viewers request, with a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from arkor_dash.live.cancellations import Cancellations
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioSource
from tests.servers import Answer, Request, ScriptedServer, json_answer
from tests.waiting import wait_until

Respond = Callable[[Request], Answer]


@pytest.fixture
def script() -> list[Respond]:
    """The server answers with the last entry."""
    return [lambda _: json_answer({"job": {}}, "202 Accepted")]


@pytest.fixture
def server(script: list[Respond]) -> Iterator[ScriptedServer]:
    def respond(request: Request) -> Answer:
        return script[-1](request)

    with ScriptedServer(respond) as running:
        yield running


@pytest.fixture
def cancellations(server: ScriptedServer) -> Cancellations:
    return Cancellations(StudioSource(server.url, Secret("token"), EMBEDDED))


def wait_for_requests() -> None:
    wait_until(lambda: not [each for each in threading.enumerate() if each.name == "cancel"])


def test_a_cancellation_is_requested_once_and_kept_until_the_job_has_ended(
    cancellations: Cancellations, server: ScriptedServer
) -> None:
    assert not cancellations.is_requested("job_1")
    cancellations.request("job_1")
    assert cancellations.is_requested("job_1")
    wait_for_requests()
    cancellations.request("job_1")  # a second viewer, a moment later
    wait_for_requests()
    assert [request.target for request in server.requests] == ["/api/jobs/job_1/cancel"]
    assert (cancellations.is_requested("job_1"), cancellations.error("job_1")) == (True, None)
    assert not cancellations.is_requested("job_2")
    cancellations.forget("job_1")
    assert not cancellations.is_requested("job_1")


def test_a_refusal_is_kept_and_the_cancellation_can_be_requested_again(
    cancellations: Cancellations, server: ScriptedServer, script: list[Respond]
) -> None:
    script.append(lambda _: json_answer({"error": "Not this one."}, "409 Conflict"))
    cancellations.request("job_1")
    wait_for_requests()
    assert (cancellations.is_requested("job_1"), cancellations.error("job_1")) == (False, "Not this one.")
    script.pop()
    cancellations.request("job_1")
    assert (cancellations.is_requested("job_1"), cancellations.error("job_1")) == (True, None)
    wait_for_requests()
    assert cancellations.is_requested("job_1")
    assert len(server.requests) == 2


def test_a_refusal_that_arrives_after_the_job_has_ended_is_dropped(
    cancellations: Cancellations, server: ScriptedServer, script: list[Respond]
) -> None:
    hold = threading.Event()

    def late(_: Request) -> Answer:
        hold.wait(30)
        return json_answer({"error": "The job has ended."}, "409 Conflict")

    script.append(late)
    cancellations.request("job_1")
    wait_until(lambda: server.requests)
    cancellations.forget("job_1")
    hold.set()
    wait_for_requests()
    assert (cancellations.is_requested("job_1"), cancellations.error("job_1")) == (False, None)


def test_an_error_says_that_the_source_can_not_cancel_jobs(server: ScriptedServer) -> None:
    cancellations = Cancellations(StudioSource(server.url, Secret("token"), ARKOR_DEV))
    cancellations.request("job_1")
    wait_for_requests()

    assert cancellations.error("job_1") == "This source can't cancel jobs."
    assert server.requests == []
