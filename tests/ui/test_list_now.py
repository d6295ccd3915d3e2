"""What follows from the list of jobs is computed once for each list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from arkor_dash.access.rules import Rule
from arkor_dash.access.sign_in import SignIn
from arkor_dash.live.cancellations import Cancellations
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedRegistry
from arkor_dash.live.job_list import JobListPoller
from arkor_dash.live.metric_summaries import SummaryPoller
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource
from arkor_dash.ui.job_columns import Column
from arkor_dash.ui.list_now import ListNow, ListReader, OncePerList
from tests.servers import Request, ScriptedServer, json_answer
from tests.waiting import wait_until


class Jobs:
    """The jobs that the Studio lists."""

    def __init__(self) -> None:
        self.ids = ["a", "b"]

    def answer(self, request: Request) -> object:
        if request.target == "/api/jobs":
            return json_answer({"jobs": [{"id": job_id} for job_id in self.ids]})
        return json_answer({}, "404 Not Found")


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def dash(jobs: Jobs) -> Iterator[Dashboard]:
    with ScriptedServer(jobs.answer) as server:
        source = StudioSource(server.url, Secret("canary"), EMBEDDED)
        yield Dashboard(
            source,
            JobListPoller(source),
            FeedRegistry(source),
            output=None,
            kept_outputs=None,
            cancellations=Cancellations(source),
            rule=Rule("local", frozenset(), SignIn((), ())),
            summaries=SummaryPoller(source),
        )


@pytest.mark.parametrize("columns", [(), (Column("last", "loss"),)])
def test_a_list_is_looked_through_once_until_another_one_comes(
    dash: Dashboard, jobs: Jobs, columns: tuple[Column, ...]
) -> None:
    found: list[list[str]] = []

    def ids(now: ListNow) -> list[str]:
        found.append([job.id for job in now.listing.jobs])
        return found[-1]

    read, shown = ListReader(dash, columns), OncePerList(ids)
    wait_until(lambda: shown(read(1.0)) == ["a", "b"])
    assert not any(each is not found[-1] for each in [shown(read()) for _ in range(10)])
    jobs.ids = ["c", "a", "b"]
    dash.jobs.refresh()
    wait_until(lambda: shown(read()) == ["c", "a", "b"])
    assert found[-2:] == [["a", "b"], ["c", "a", "b"]]


def test_what_depends_on_the_time_is_computed_again_after_it(dash: Dashboard) -> None:
    count = 0

    def counted(_: ListNow) -> int:
        nonlocal count
        count += 1
        return count

    now = ListReader(dash)()
    lasting, passing = OncePerList(counted), OncePerList(counted, lasts_s=0.0)
    assert [lasting(now), lasting(now), passing(now), passing(now)] == [1, 1, 2, 3]
