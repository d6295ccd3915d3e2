"""A process that outlives its job blocks the next run only until somebody ends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.studio.process import PATIENT, StudioProcess, wait_until_dead
from tests.waiting import wait_until

from .test_cancel import NO_GRACE, REAL_TRAINER, ended

Launch = Callable[..., StudioProcess]

PROJECT = """
import atexit, multiprocessing, os, signal, sys, threading
from arkor_dash.sdk import create_arkor, create_trainer

def wait_for_ever():
    while True:
        threading.Event().wait(3600)

def ignore_signals_for_ever():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("up", flush=True)
    wait_for_ever()

def train(run):
{hang}
    print("up", flush=True)
{end}

arkor = create_arkor(trainer=create_trainer(name="lingering", train=train))
"""
HANGS = {
    "a thread": "    threading.Thread(target=wait_for_ever).start()",
    "a stuck atexit that ignores SIGTERM": "    atexit.register(ignore_signals_for_ever)",
    "a worker": "    multiprocessing.get_context('fork').Process(target=wait_for_ever).start()",
}
ENDS = {"completed": "    run.log(1, loss=1.0)", "failed": "    raise OSError('no data')"}
LINGERS = "import signal\nsend((1, 'training.completed', {}))\nsignal.pause()"
PROBLEM = (
    "The last job has ended, but its process still runs. It may be saving. To end it, open the job's page."
)


def start_lingering(launch: Launch, project: Path, hang: str, end: str) -> tuple[StudioProcess, str]:
    """A run whose job has ended, with its process still there."""
    entry = project / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(PROJECT.format(hang=hang, end=end))
    studio = launch(*NO_GRACE, trainer=REAL_TRAINER)
    job_id = studio.start()
    wait_until(lambda: studio.job(job_id)["completedAt"], what="the end of the job")
    return studio, job_id


def cancel(studio: StudioProcess, job_id: str) -> tuple[int, dict[str, object]]:
    answer = studio.request("POST", f"/api/jobs/{job_id}/cancel")
    return answer.status_code, answer.json()


@pytest.mark.parametrize("status", list(ENDS))
@pytest.mark.parametrize("hang", list(HANGS))
def test_the_process_of_an_ended_job_is_ended_by_a_cancel_request(
    launch: Launch, project: Path, hang: str, status: str
) -> None:
    studio, job_id = start_lingering(launch, project, HANGS[hang], ENDS[status])
    before, events = studio.job(job_id), list(studio.events(job_id))
    assert before["status"] == status
    family = studio.descendants()
    assert cancel(studio, job_id) == (202, {"job": before})
    assert ended(studio, job_id) == status
    wait_until_dead(family)
    assert studio.job(job_id) == before
    assert list(studio.events(job_id)) == events
    studio.start()


def test_the_exit_code_of_the_ended_process_is_that_of_the_signal(launch: Launch) -> None:
    studio = launch(*NO_GRACE, trainer=LINGERS, env=PATIENT)
    job_id = studio.start()
    wait_until(lambda: studio.job(job_id)["status"] == "completed")
    assert cancel(studio, job_id)[0] == 202
    assert studio.get(f"/api/jobs/{job_id}/output").text.endswith("exit=143\n")
    assert studio.get("/api/train").json()["run"] == {"jobId": job_id, "running": False, "exitCode": 143}
    assert cancel(studio, job_id) == (409, {"error": "The job has ended. There is nothing to cancel."})


def test_a_cancelled_job_whose_process_lingers_is_ended_without_another_request(launch: Launch) -> None:
    code = """
import signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("up", flush=True)
while not os.path.exists(os.environ["ARKOR_RUN_DIR"] + "/cancel"):
    time.sleep(0.01)
send((1, "training.completed", {}))
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
signal.pause()
"""
    studio = launch(*NO_GRACE, trainer=code, env=PATIENT)
    job_id = studio.start()
    wait_until(lambda: studio.output_holds(job_id, "up"))
    assert cancel(studio, job_id)[0] == 202
    assert ended(studio, job_id) == "cancelled"
    assert studio.get("/api/train").json()["run"]["exitCode"] == 143


def test_a_refused_run_says_that_the_process_of_an_ended_job_still_runs(launch: Launch) -> None:
    studio = launch(trainer=LINGERS)
    job_id = studio.start()
    wait_until(lambda: studio.job(job_id)["status"] == "completed")
    answer = studio.request("POST", "/api/train", json={})
    assert (answer.status_code, answer.json()) == (409, {"error": PROBLEM, "jobId": job_id})


def test_a_process_that_goes_on_after_its_job_is_not_ended_by_itself(launch: Launch) -> None:
    code = LINGERS.replace("signal.pause()", "signal.sigwait({10})\nprint('uploaded', flush=True)")
    studio = launch(
        *NO_GRACE, trainer=f"import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {{10}})\n{code}"
    )
    job_id = studio.start()
    wait_until(lambda: studio.job(job_id)["status"] == "completed")
    studio.descendants()[-1].send_signal(10)
    assert studio.get(f"/api/jobs/{job_id}/output").text.endswith("uploaded\n\n---\nexit=0\n")
