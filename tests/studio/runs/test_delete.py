"""A job is deleted once it and its process have ended: its history, its folder, and what still arrives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.studio.process import PATIENT, StudioProcess
from tests.waiting import wait_until

from .test_lingering import LINGERS

Launch = Callable[..., StudioProcess]

SAVES = """
folder = os.environ["ARKOR_RUN_DIR"] + "/artifacts"
open(folder + "/model", "w").write("m")
os.symlink(os.environ["OUTSIDE"], folder + "/link")
print(os.environ["ARKOR_RUN_TOKEN"], flush=True)
send((1, "training.started", {}), (2, "training.completed", {"artifacts": [{"name": "model"}]}))
"""


def delete(studio: StudioProcess, job_id: str) -> tuple[int, str]:
    answer = studio.request("DELETE", f"/api/jobs/{job_id}")
    return answer.status_code, answer.json().get("error", "")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "kept").write_text("k")
    return folder


def test_a_deleted_job_is_gone_with_its_folder_and_nothing_that_a_link_leads_to(
    launch: Launch, outside: Path
) -> None:
    studio = launch(trainer=SAVES, env={"OUTSIDE": str(outside)})
    (kept, _), (job_id, output) = studio.train(), studio.train()
    token = {"X-Arkor-Studio-Token": output.splitlines()[0]}
    assert delete(studio, job_id) == (200, "")

    assert [job["id"] for job in studio.get("/api/jobs").json()["jobs"]] == [kept]
    for path in ("", "/events", "/stretches", "/output", "/artifacts/model"):
        assert studio.get(f"/api/jobs/{job_id}{path}").status_code == 404, path
    assert [folder.name for folder in (studio.state / "runs").iterdir()] == [kept]
    assert (outside / "kept").read_text() == "k"
    assert studio.get("/api/train").json()["run"]["jobId"] == kept
    late = {"events": [{"seq": 3, "event": "training.log", "data": {}}]}
    assert studio.request("POST", f"/api/jobs/{job_id}/events", headers=token, json=late).status_code == 403
    assert delete(studio, job_id)[0] == 404


def test_a_folder_in_whose_place_is_a_link_is_left_where_the_link_leads(
    launch: Launch, outside: Path
) -> None:
    studio = launch(trainer=SAVES, env={"OUTSIDE": str(outside)})
    job_id, _ = studio.train()
    folder = studio.state / "runs" / job_id
    moved = outside / "moved"
    folder.rename(moved)
    folder.symlink_to(moved)
    assert delete(studio, job_id) == (200, "")
    assert list(folder.parent.iterdir()) == []
    assert (moved / "artifacts" / "model").read_text() == "m"


@pytest.mark.parametrize("trainer", ["import signal; signal.pause()", LINGERS], ids=["running", "lingering"])
def test_a_job_that_runs_or_whose_process_lives_is_not_deleted(launch: Launch, trainer: str) -> None:
    studio = launch(trainer=trainer, env=PATIENT)
    job_id = studio.start()
    if trainer == LINGERS:
        wait_until(lambda: studio.job(job_id)["status"] == "completed")
    assert delete(studio, job_id) == (
        409,
        "The job still runs. Cancel it and wait for its end, then delete it.",
    )
    assert studio.get(f"/api/jobs/{job_id}").status_code == 200
    assert (studio.state / "runs" / job_id).is_dir()


def test_only_the_studios_own_token_changes_and_deletes_jobs(launch: Launch, outside: Path) -> None:
    studio = launch(trainer=SAVES, env={"OUTSIDE": str(outside)})
    job_id, output = studio.train()
    for token in (output.splitlines()[0], "", "wrong"):
        for method in ("PATCH", "DELETE"):
            answer = studio.request(
                method, f"/api/jobs/{job_id}", headers={"X-Arkor-Studio-Token": token}, json={"name": "x"}
            )
            assert answer.status_code == 403, (method, token)
    assert studio.job(job_id)["name"] == "my project"


def test_a_running_job_is_renamed_tagged_and_archived_and_a_restart_keeps_that(launch: Launch) -> None:
    studio = launch(env=PATIENT)
    job_id = studio.start()
    change = {"name": "mine", "tags": ["good"], "notes": "why", "archived": True}
    answer = studio.request("PATCH", f"/api/jobs/{job_id}", json=change)
    assert answer.status_code == 200, answer.text
    assert {field: answer.json()["job"][field] for field in change} == change
    assert studio.request("PATCH", f"/api/jobs/{job_id}", json={"tags": [1]}).status_code == 400
    assert studio.request("PATCH", "/api/jobs/job_none", json=change).status_code == 404
    studio.stop()
    again = launch(env=PATIENT)
    (listed,) = again.get("/api/jobs").json()["jobs"]
    assert {field: listed[field] for field in change} == change


def test_a_deleted_job_of_a_script_takes_no_more_reports(launch: Launch) -> None:
    studio = launch()
    opened = studio.request("POST", "/api/jobs", json={"name": "script"}).json()
    job_id, headers = opened["job"]["id"], {"X-Arkor-Studio-Token": opened["token"]}

    def report(seq: int, name: str) -> int:
        batch = {"events": [{"seq": seq, "event": name, "data": {}}]}
        path = f"/api/jobs/{job_id}/events"
        return studio.request("POST", path, headers=headers, json=batch).status_code

    assert report(1, "training.log") == 200
    assert delete(studio, job_id)[0] == 409
    assert report(2, "training.completed") == 200
    assert delete(studio, job_id) == (200, "")
    assert studio.get("/api/jobs").json()["jobs"] == []
    assert report(3, "training.log") == 403
    assert list((studio.state / "runs").iterdir()) == []
