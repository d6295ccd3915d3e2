"""The job of a trainer that ends without a terminal event fails with the reason."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest

from arkor_dash.protocol.fields import parse_time
from arkor_dash.studio.api.bodies import LISTED_ERROR_LIMIT
from tests.studio.process import StudioProcess, wait_until_dead
from tests.waiting import wait_until

from .test_train import trainer_of

Launch = Callable[..., StudioProcess]

BEGINS = """
send((1, "training.started", {}), (2, "training.log", {"step": 1, "loss": 2.5}))
for n in range(30):
    print(f"\\x1b[32mline {n}\\x1b[0m")
"""
LAST_LINES = "\n".join(f"line {n}" for n in range(10, 30))


@pytest.mark.parametrize(
    ("end", "cause"),
    [
        ("os.kill(os.getpid(), 9)", "was killed by SIGKILL (often out of memory)"),
        ("os.kill(os.getpid(), 15)", "was killed by SIGTERM"),
        ("sys.exit(3)", "ended with exit code 3"),
        ("sys.exit()", "ended without completing (exit code 0)"),
        ("os._exit(7)", "ended with exit code 7"),
    ],
)
def test_the_cause_and_the_last_lines_are_the_error(launch: Launch, end: str, cause: str) -> None:
    studio = launch(trainer=BEGINS + end)
    job_id, _ = studio.train()
    job = studio.job(job_id)
    assert job["status"] == "failed"
    assert job["error"] == f"The trainer {cause}.\nLast lines of its output:\n{LAST_LINES}"
    *_, failed, end_frame = studio.events(job_id)
    assert failed[:2] == ("3", "training.failed")
    assert (failed[2]["type"], failed[2]["jobId"], failed[2]["error"]) == (
        "training.failed",
        job_id,
        job["error"],
    )
    assert failed[2]["timestamp"] == job["completedAt"]
    assert end_frame == ("", "end", {})


def test_a_traceback_is_among_the_last_lines(launch: Launch) -> None:
    studio = launch(trainer="raise ValueError('loss is a string')")
    error = studio.job(studio.train()[0])["error"]
    assert error.startswith("The trainer ended with exit code 1.\nLast lines of its output:\nTraceback")
    assert error.endswith("ValueError: loss is a string")


def test_an_open_stream_gets_the_failure_of_a_trainer_that_died(launch: Launch) -> None:
    studio = launch(trainer=BEGINS + "import signal; signal.pause()")
    job_id = studio.start()
    frames = studio.events(job_id)
    assert [next(frames)[1], next(frames)[1]] == ["training.started", "training.log"]
    trainer_of(studio).kill()
    assert [frame[1] for frame in frames] == ["training.failed", "end"]


def test_the_death_of_the_guardian_ends_the_trainer_and_fails_the_job(launch: Launch) -> None:
    studio = launch()
    job_id = studio.start()
    trainer = trainer_of(studio)
    wait_until(lambda: studio.output_holds(job_id, "up"))
    (guardian,) = psutil.Process(studio.process.pid).children()
    guardian.kill()
    wait_until(lambda: studio.job(job_id)["status"] == "failed")
    wait_until_dead([trainer])
    assert studio.get("/api/train").json()["run"]["exitCode"] == 137


def test_events_sent_before_the_trainer_died_come_before_the_failure(launch: Launch) -> None:
    # The trainer dies before its last batches are answered.
    code = """
import socket, urllib.parse
address = urllib.parse.urlparse(os.environ["ARKOR_RUN_URL"])
for first, count in ((1, 500), (501, 20_000)):
    batch = [
        {"seq": seq, "event": "training.log", "data": {"step": seq, "x": "y" * 20}}
        for seq in range(first, first + count)
    ]
    body = json.dumps({"events": batch}).encode()
    wire = socket.create_connection((address.hostname, address.port))
    wire.sendall(
        f"POST /api/jobs/{JOB}/events HTTP/1.1\\r\\nHost: localhost\\r\\n"
        f"X-Arkor-Studio-Token: {os.environ['ARKOR_RUN_TOKEN']}\\r\\n"
        f"Content-Length: {len(body)}\\r\\n\\r\\n".encode() + body
    )
    if first > 1:
        os.kill(os.getpid(), 9)
    wire.recv(1)
"""
    studio = launch(trainer=code)
    job_id, _ = studio.train()
    frames = list(studio.events(job_id))
    assert [frame[1] for frame in frames] == ["training.log"] * 20_500 + ["training.failed", "end"]


def test_an_ended_job_keeps_its_status_whatever_its_process_does_later(launch: Launch) -> None:
    studio = launch(trainer="send((1, 'training.completed', {})); os.kill(os.getpid(), 9)")
    job_id, output = studio.train()
    assert output.endswith("exit=137\n")
    assert (studio.job(job_id)["status"], studio.job(job_id)["error"]) == ("completed", None)


def test_a_run_is_in_progress_while_its_process_lives_even_after_the_jobs_end(launch: Launch) -> None:
    studio = launch(
        trainer="send((1, 'training.completed', {})); print('over', flush=True)\n"
        "import signal; signal.pause()"
    )
    job_id = studio.start()
    wait_until(lambda: studio.job(job_id)["status"] == "completed")
    assert studio.get("/api/train").json()["run"]["running"]
    assert studio.request("POST", "/api/train", json={}).status_code == 409


def test_the_failure_is_stored_within_two_seconds_of_the_trainers_death(launch: Launch) -> None:
    # The limit is a requirement, not a guess. A busy machine may exceed it now and then, but not three times.
    studio = launch()

    def seconds_until_stored() -> float:
        job_id = studio.start()
        trainer = trainer_of(studio)
        died_at = time.time()
        trainer.kill()
        frames = list(studio.events(job_id))
        failed_at = parse_time(frames[-2][2]["timestamp"])
        assert failed_at is not None
        wait_until(lambda: not studio.get("/api/train").json()["run"]["running"])
        return failed_at.timestamp() - died_at

    assert any(seconds_until_stored() < 2 for _ in range(3))


def test_the_list_of_jobs_has_the_beginning_and_the_end_of_a_long_error(launch: Launch) -> None:
    studio = launch(trainer="send((1, 'training.failed', {'error': 'begins ' + 'x' * 19_000 + ' ends'}))")
    job_id, _ = studio.train()
    (listed,) = studio.get("/api/jobs").json()["jobs"]
    whole = studio.job(job_id)
    assert len(whole["error"]) == 19_012
    assert len(listed["error"]) <= LISTED_ERROR_LIMIT
    assert (listed["error"][:6], listed["error"][-4:]) == ("begins", "ends")
    assert {**listed, "error": ""} == {**whole, "error": ""}


@pytest.mark.parametrize(
    "replaced",
    [
        "os.mkfifo(log)",
        "os.mkdir(log)",
        "os.symlink('/dev/zero', log)",
        "os.symlink('/etc/hostname', log)",
        "import socket; os.chdir(os.path.dirname(log)); socket.socket(socket.AF_UNIX).bind('output.log')",
        "import shutil; shutil.rmtree(os.environ['ARKOR_RUN_DIR'])",
    ],
)
def test_a_trainer_that_replaces_or_removes_its_log_only_loses_its_output(
    launch: Launch, replaced: str
) -> None:
    code = "log = os.environ['ARKOR_RUN_DIR'] + '/output.log'\nos.unlink(log)\n"
    studio = launch(trainer=f"{code}{replaced}\nprint('unheard')\nsys.exit(3)")
    job_id, output = studio.train()
    assert output == "\n---\nexit=3\n"
    assert studio.job(job_id)["error"] == "The trainer ended with exit code 3."
