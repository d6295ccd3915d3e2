"""Asking jobs to end, for all who look at the dashboard, against a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from arkor_dash.live.cancellations import Cancellations
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, EMBEDDED, StudioSource
from tests.servers import Answer, ScriptedServer, Seen, json_answer
from tests.waiting import wait_until

Respond = Callable[[Seen], Answer]


@pytest.fixture
def script() -> list[Respond]:
    """How the server answers, its last entry."""
    return [lambda _: json_answer({"job": {}}, "202 Accepted")]


@pytest.fixture
def server(script: list[Respond]) -> Iterator[ScriptedServer]:
    def respond(seen: Seen) -> Answer:
        return script[-1](seen)

    with ScriptedServer(respond) as running:
        yield running


@pytest.fixture
def asked(server: ScriptedServer) -> Cancellations:
    return Cancellations(StudioSource(server.url, Secret("token"), EMBEDDED))


def settled() -> None:
    wait_until(lambda: not [each for each in threading.enumerate() if each.name == "cancel"])


def test_a_job_is_under_way_to_its_end_until_that_is_seen(
    asked: Cancellations, server: ScriptedServer
) -> None:
    assert not asked.under_way("job_1")
    asked.ask("job_1")
    assert asked.under_way("job_1")
    settled()
    asked.ask("job_1")  # a second viewer, a moment later
    settled()
    assert [seen.target for seen in server.seen] == ["/api/jobs/job_1/cancel"]
    assert (asked.under_way("job_1"), asked.problem("job_1")) == (True, None)
    assert not asked.under_way("job_2")
    asked.forget("job_1")
    assert not asked.under_way("job_1")


def test_a_refusal_is_told_and_it_can_be_asked_again(
    asked: Cancellations, server: ScriptedServer, script: list[Respond]
) -> None:
    script.append(lambda _: json_answer({"error": "Not this one."}, "409 Conflict"))
    asked.ask("job_1")
    settled()
    assert (asked.under_way("job_1"), asked.problem("job_1")) == (False, "Not this one.")
    script.pop()
    asked.ask("job_1")
    assert (asked.under_way("job_1"), asked.problem("job_1")) == (True, None)
    settled()
    assert asked.under_way("job_1")
    assert len(server.seen) == 2


def test_a_refusal_of_a_job_that_has_ended_meanwhile_is_none(
    asked: Cancellations, server: ScriptedServer, script: list[Respond]
) -> None:
    hold = threading.Event()

    def late(_: Seen) -> Answer:
        hold.wait(30)
        return json_answer({"error": "The job has ended."}, "409 Conflict")

    script.append(late)
    asked.ask("job_1")
    wait_until(lambda: server.seen)
    asked.forget("job_1")
    hold.set()
    settled()
    assert (asked.under_way("job_1"), asked.problem("job_1")) == (False, None)


def test_a_source_that_can_not_cancel_jobs_is_reported_as_the_problem(server: ScriptedServer) -> None:
    cancellations = Cancellations(StudioSource(server.url, Secret("token"), ARKOR_DEV))
    cancellations.ask("job_1")
    settled()

    assert cancellations.problem("job_1") == "This source can't cancel jobs."
    assert server.seen == []
