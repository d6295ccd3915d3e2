"""A cancelled run ends, whatever its trainer does, and its job is cancelled."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.studio.process import PATIENT, StudioProcess, wait_until_dead
from tests.waiting import wait_until

from .test_train import trainer_of

Launch = Callable[..., StudioProcess]

REAL_TRAINER = "os.execv(sys.executable, [sys.executable, '-m', 'arkor_dash', 'start'])"
PROJECT = """
import sys, threading
from pathlib import Path
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    Path("weights").write_text("w")
    run.save_checkpoint(1, "weights")
    print("training", flush=True)
    while not run.cancelled:
        threading.Event().wait(0.02)  # logs nothing
{then}

arkor = create_arkor(trainer=create_trainer(
    name="stoppable", train=train, callbacks={{"on_completed": print, "on_failed": print}}
))
"""
IGNORES = """
import signal
signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"no\\n"))
send((1, "training.started", {}))
for _ in range(2):
    if os.fork() == 0: break
os.write(1, b"up\\n")
while True: signal.pause()
"""
NO_GRACE = ("--cancel-grace-s", "0")


def cancel(studio: StudioProcess, job_id: str) -> None:
    answer = studio.request("POST", f"/api/jobs/{job_id}/cancel")
    assert answer.status_code == 202, answer.text
    assert answer.json()["job"]["status"] in ("cancelling", "cancelled")  # the trainer may have ended already
    assert answer.json()["job"]["id"] == job_id


def ended(studio: StudioProcess, job_id: str) -> str:
    wait_until(lambda: not studio.get("/api/train").json()["run"]["running"])
    status: str = studio.job(job_id)["status"]
    return status


def start_project(launch: Launch, project: Path, then: str, *arguments: str) -> tuple[StudioProcess, str]:
    entry = project / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    body = "\n".join(f"    {line}" for line in then.splitlines())
    entry.write_text(PROJECT.format(then=body))
    studio = launch(*arguments, trainer=REAL_TRAINER)
    job_id = studio.start()
    wait_until(lambda: studio.output_holds(job_id, "training"))
    return studio, job_id


def test_a_trainer_that_checks_for_cancel_saves_its_artifacts_and_returns(
    launch: Launch, project: Path
) -> None:
    studio, job_id = start_project(launch, project, "run.save_artifact('weights')")
    family = studio.descendants()
    cancel(studio, job_id)
    names = [name for _, name, _ in studio.events(job_id)]
    assert names == ["training.started", "checkpoint.saved", "training.cancelled", "end"]
    assert ended(studio, job_id) == "cancelled"
    wait_until_dead(family)
    detail = studio.get(f"/api/jobs/{job_id}").json()
    assert [(each["kind"], each["name"]) for each in detail["artifacts"]] == [
        ("checkpoint", "checkpoint-1/weights"),
        ("artifact", "weights"),
    ]
    assert (detail["job"]["error"], detail["job"]["completedAt"] is None) == (None, False)
    output = studio.get(f"/api/jobs/{job_id}/output").text
    assert f"Job {job_id} finished with status=cancelled\n" in output
    assert output.endswith("exit=0\n")
    assert "Completed(" not in output


@pytest.mark.parametrize(
    ("then", "error"),
    [("raise OSError('disk full')", "OSError: disk full"), ("sys.exit()", None)],
)
def test_a_trainer_that_raises_after_a_cancel_request_is_cancelled_with_its_error(
    launch: Launch, project: Path, then: str, error: str | None
) -> None:
    studio, job_id = start_project(launch, project, then)
    cancel(studio, job_id)
    *_, (_, name, data), _ = studio.events(job_id)
    assert (name, data.get("error")) == ("training.cancelled", error)
    assert ended(studio, job_id) == "cancelled"
    assert "Failed(" not in studio.get(f"/api/jobs/{job_id}/output").text


def test_a_trainer_that_ignores_cancel_and_sigterm_is_killed_with_its_workers(launch: Launch) -> None:
    studio = launch(*NO_GRACE, trainer=IGNORES, env={"STUB_LIMIT_S": "15"})
    job_id = studio.start()
    log = studio.state / "runs" / job_id / "output.log"
    wait_until(lambda: log.read_text().count("up") == 3)
    family = studio.descendants()
    assert len(family) == 4, "a guardian, a trainer and two workers"
    cancel(studio, job_id)
    assert ended(studio, job_id) == "cancelled"
    wait_until_dead(family)
    assert log.read_text().count("no") == 3, "each got SIGTERM first"
    assert studio.get("/api/train").json()["run"]["exitCode"] == 137
    names = [name for _, name, _ in studio.events(job_id)]
    assert names == ["training.started", "training.cancelled", "end"]


def test_a_trainer_that_ignores_the_cancel_request_gets_sigterm_after_the_grace_period(
    launch: Launch,
) -> None:
    studio = launch(*NO_GRACE, env=PATIENT)
    job_id = studio.start()
    wait_until(lambda: studio.output_holds(job_id, "up"))
    cancel(studio, job_id)
    assert ended(studio, job_id) == "cancelled"
    assert studio.get("/api/train").json()["run"]["exitCode"] == 143
    assert studio.job(job_id)["error"] is None


def test_a_cancelling_job_goes_on_reporting_during_the_grace_period(launch: Launch) -> None:
    code = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
print("up", flush=True)
signal.sigwait({signal.SIGUSR1})
send((1, "training.started", {}), (2, "training.log", {"step": 1, "loss": 1.0}))
print("sent", os.path.exists(os.environ["ARKOR_RUN_DIR"] + "/cancel"), flush=True)
signal.sigwait({signal.SIGUSR1})
send((3, "training.completed", {"artifacts": [{"kind": "model", "name": "m"}]}))
"""
    studio = launch(trainer=code)
    job_id = studio.start()
    wait_until(lambda: studio.output_holds(job_id, "up"))
    cancel(studio, job_id)
    trainer = trainer_of(studio)
    trainer.send_signal(10)
    wait_until(lambda: studio.output_holds(job_id, "sent True"))
    cancel(studio, job_id)  # a repeated request has the same answer
    (listed,) = studio.get("/api/jobs").json()["jobs"]
    assert (listed["status"], listed["startedAt"] is None) == ("cancelling", False)
    assert studio.request("POST", "/api/train", json={}).status_code == 409
    trainer.send_signal(10)
    assert ended(studio, job_id) == "cancelled"
    frames = list(studio.events(job_id))
    assert [name for _, name, _ in frames[1:]] == ["training.log", "training.cancelled", "end"]
    assert frames[2][2] == {
        "type": "training.cancelled",
        "artifacts": [{"kind": "model", "name": "m"}],
    }
    assert [each["name"] for each in studio.get(f"/api/jobs/{job_id}").json()["artifacts"]] == ["m"]


def test_cancelling_an_ended_unknown_or_foreign_job_is_refused(launch: Launch) -> None:
    studio = launch(trainer="send((1, 'training.completed', {}))")
    job_id, _ = studio.train()
    for path, status, error in (
        (job_id, 409, "The job has ended. There is nothing to cancel."),
        ("job_x", 404, "There is no such job."),
        ("%2e%2e", 404, "There is no such job."),
    ):
        answer = studio.request("POST", f"/api/jobs/{path}/cancel")
        assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert studio.job(job_id)["status"] == "completed"
    refused = studio.request("POST", f"/api/jobs/{job_id}/cancel", headers={"X-Arkor-Studio-Token": "x"})
    assert refused.status_code == 403


def test_a_run_can_not_cancel_with_its_own_token(launch: Launch) -> None:
    code = "print(json.dumps(call('POST', f'/api/jobs/{JOB}/cancel', b'')))"
    status, _ = json.loads(launch(trainer=code).train()[1].splitlines()[0])
    assert status == 403


@pytest.mark.parametrize("ending", ["SIGTERM", "SIGKILL"])
def test_a_studio_that_ends_while_it_cancels_leaves_a_cancelled_job(launch: Launch, ending: str) -> None:
    studio = launch(trainer=IGNORES)
    job_id = studio.start()
    wait_until(lambda: studio.output_holds(job_id, "up"))
    family = studio.descendants()
    cancel(studio, job_id)
    if ending == "SIGTERM":
        studio.stop()
    else:
        studio.process.kill()
        studio.process.wait(timeout=20)
    wait_until_dead(family)
    again = launch(trainer=IGNORES)
    assert (again.job(job_id)["status"], again.job(job_id)["error"]) == ("cancelled", None)
    assert [name for _, name, _ in again.events(job_id)][-2:] == ["training.cancelled", "end"]


@pytest.mark.skipif(sys.platform != "linux", reason="a stopped guardian is woken on Linux only")
def test_a_guardian_stopped_by_its_trainer_still_ends_the_cancelled_run(launch: Launch) -> None:
    code = "import signal\nos.kill(os.getppid(), signal.SIGSTOP)\nprint('up', flush=True)\nsignal.pause()"
    studio = launch(*NO_GRACE, trainer=code, env={"STUB_LIMIT_S": "15"})
    job_id = studio.start()
    wait_until(lambda: len(studio.descendants()) == 2)
    family = studio.descendants()
    wait_until(lambda: family[0].status() == psutil.STATUS_STOPPED)
    cancel(studio, job_id)
    assert ended(studio, job_id) == "cancelled"
    assert studio.get("/api/train").json()["run"]["exitCode"] == 143
    wait_until_dead(family)


@pytest.mark.parametrize("planted", ["os.mkfifo(path)", "os.symlink('/etc/x', path)", "os.mkdir(path)"])
def test_something_else_in_place_of_the_cancel_file_does_not_block_the_studio(
    launch: Launch, planted: str
) -> None:
    code = f"path = os.environ['ARKOR_RUN_DIR'] + '/cancel'\n{planted}\nprint('up', flush=True)\n"
    studio = launch(*NO_GRACE, trainer=code + "import signal\nsignal.pause()")
    job_id = studio.start()
    wait_until(lambda: studio.output_holds(job_id, "up"))
    cancel(studio, job_id)
    assert ended(studio, job_id) == "cancelled"
