"""When the run panel refreshes the list of jobs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from arkor_dash.live.output.follower import OutputSnapshot
from arkor_dash.protocol.exit_trailer import RunEnd
from arkor_dash.ui.run_panel import _listed_status
from tests.live.test_job_list import fetches, polling
from tests.servers import json_answer

STARTED = OutputSnapshot(job_id="mine", running=True)
ENDED = OutputSnapshot(job_id="mine", end=RunEnd(0))


@pytest.mark.parametrize(
    ("listed", "output", "is_refreshed"),
    [
        ([], STARTED, True),
        ([{"id": "mine", "status": "queued"}], STARTED, True),
        ([{"id": "mine", "status": "running"}], STARTED, False),
        ([{"id": "mine", "status": "running"}], ENDED, True),
        ([{"id": "mine", "status": "completed"}], ENDED, False),
        ([], OutputSnapshot(), False),
    ],
)
def test_a_list_that_is_behind_the_run_is_refreshed(listed, output, is_refreshed):
    with polling(lambda _: json_answer({"jobs": listed})) as (poller, server, clock):
        poller.refresh()
        poller.wait(20)
        clock.now += 1
        status = _listed_status(SimpleNamespace(jobs=poller), output)
        poller.wait(20)
        assert fetches(server) == 1 + is_refreshed
    assert status == (listed[0]["status"] if listed else None)
