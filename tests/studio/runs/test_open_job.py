"""A notebook reads the reports of a job from a real Studio."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pandas as pd
import pytest

from arkor_dash.errors import JobNotFoundError, SourceError, SourceUnavailableError
from arkor_dash.sdk import init, open_job
from tests.studio.process import TOKEN, StudioProcess


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    """The only Studio that can be found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        for name in ("ARKOR_STUDIO_URL", "ARKOR_STUDIO_TOKEN"):
            patch.delenv(name, raising=False)
        running = StudioProcess(tmp_path_factory.mktemp("project"))
        yield running
        running.close()


def test_a_job_is_read_by_its_id(studio: StudioProcess) -> None:
    with init(name="read") as run:
        run.log(1, loss=2.0, learning_rate=2e-5)
        run.log(2, loss=float("nan"))
    frame = open_job(run.job_id)
    assert frame.index.tolist() == [1, 2]
    assert frame.loc[1, ["loss", "learning_rate"]].tolist() == [2.0, 2e-5]
    assert pd.isna(frame.loc[2, "loss"])
    assert str(frame["timestamp"].dt.tz) == "UTC"


def test_a_job_of_more_events_than_the_studio_reads_at_once_is_read_whole(studio: StudioProcess) -> None:
    count = 5_000
    with init(name="long") as run:
        for step in range(1, count + 1):
            run.log(step, loss=1 / step)
    frame = open_job(run.job_id)
    assert frame.index.tolist() == list(range(1, count + 1))
    assert frame["loss"].iloc[-1] == 1 / count


def test_the_events_so_far_are_lines_in_the_form_of_the_export(studio: StudioProcess) -> None:
    opened = studio.request("POST", "/api/jobs", json={"name": "going"}).json()
    job_id, own = opened["job"]["id"], {"X-Arkor-Studio-Token": opened["token"]}
    log = {"seq": 1, "event": "training.log", "data": {"step": 1, "loss": 0.5}}
    body = json.dumps({"events": [log]})
    assert studio.request("POST", f"/api/jobs/{job_id}/events", data=body, headers=own).status_code == 200
    answer = studio.get(f"/api/jobs/{job_id}/events.jsonl")
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    (line,) = answer.text.splitlines()
    assert json.loads(line) == {"id": "1", "event": "training.log", "data": {"step": 1, "loss": 0.5}}
    assert open_job(job_id)["loss"].tolist() == [0.5]


@pytest.mark.parametrize("job_id", ["job_nobody", "../jobs", "a b"])
def test_a_job_that_no_studio_has_is_named(studio: StudioProcess, job_id: str) -> None:
    with pytest.raises(JobNotFoundError, match=job_id.replace(".", r"\.")):
        open_job(job_id)


def test_a_studio_can_be_given_by_its_address_and_token(studio: StudioProcess) -> None:
    with init(name="given") as run:
        run.log(1, loss=1.0)
    assert open_job(run.job_id, url=studio.url, token=TOKEN)["loss"].tolist() == [1.0]
    assert open_job(run.job_id, url=studio.url)["loss"].tolist() == [1.0]
    with pytest.raises(SourceError, match=r"refuses the token \(HTTP 403\)") as refused:
        open_job(run.job_id, url=studio.url, token="wrong-token")
    assert "wrong-token" not in str(refused.value)


def test_a_machine_without_a_studio_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(SourceUnavailableError, match="No dashboard was found on this machine"):
        open_job("job_1")
    with pytest.raises(SourceError, match="no answer"):
        open_job("job_1", url="http://127.0.0.1:1", token="x")
