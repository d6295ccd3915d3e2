"""However the Studio ends, it leaves no processes behind, and no ended job has the status running."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable
from threading import Thread

import psutil
import pytest
import requests

from tests.waiting import wait_until

from .process import PATIENT, StudioProcess, wait_until_dead

Launch = Callable[..., StudioProcess]

WITH_WORKERS = """
import signal
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
send((1, "training.started", {}), (2, "training.log", {"step": 1, "loss": 2.5}))
for _ in range(3):
    if os.fork() == 0:
        os.write(1, b"worker\\n")
        while True:
            signal.pause()
while True:
    signal.pause()
"""
STOPPED = "The Studio was stopped during the run."
ENDINGS: dict[str, Callable[[StudioProcess], object]] = {
    "SIGTERM": lambda studio: studio.process.send_signal(signal.SIGTERM),
    "SIGINT": lambda studio: studio.process.send_signal(signal.SIGINT),
    "SIGKILL": lambda studio: studio.process.kill(),
    "stdin": lambda studio: studio.process.stdin.close(),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_run_and_its_workers_end_with_the_studio(launch: Launch, ending: str) -> None:
    studio = launch("--exit-with-stdin", trainer=WITH_WORKERS)
    job_id = studio.start()
    wait_until(lambda: (studio.state / "runs" / job_id / "output.log").read_text().count("worker") == 3)
    family = studio.descendants()
    assert len(family) == 5, "a guardian, a trainer and three workers"
    ENDINGS[ending](studio)
    code = studio.process.wait(timeout=60)
    assert code == (-9 if ending == "SIGKILL" else 0)
    wait_until_dead(family)

    again = launch(trainer=WITH_WORKERS)
    assert (again.job(job_id)["status"], again.job(job_id)["error"]) == ("failed", STOPPED)
    frames = [frame[:2] for frame in again.events(job_id)]
    assert frames == [("1", "training.started"), ("2", "training.log"), ("3", "training.failed"), ("", "end")]
    assert again.get("/api/train").json()["run"] == {"jobId": job_id, "running": False, "exitCode": 137}
    assert again.get(f"/api/jobs/{job_id}/output").text == "worker\n" * 3 + "\n---\nexit=137\n"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_manifest_that_hangs_ends_with_the_studio(launch: Launch, ending: str) -> None:
    studio = launch("--exit-with-stdin", manifest="import signal\nwhile True: signal.pause()")

    def request_manifest() -> None:
        with contextlib.suppress(requests.RequestException):
            studio.get("/api/manifest")

    requesting = Thread(target=request_manifest)
    requesting.start()
    wait_until(lambda: len(studio.descendants()) == 2)
    family = studio.descendants()
    ENDINGS[ending](studio)
    studio.process.wait(timeout=60)
    wait_until_dead(family)
    requesting.join(timeout=60)
    assert not requesting.is_alive()


STOPS_GUARDIAN = "import signal\nos.kill(os.getppid(), signal.SIGSTOP)\nprint('up', flush=True)\n"


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux wakes the guardian of a Studio that was killed"
)
@pytest.mark.parametrize(
    ("ending", "then"),
    [
        ("SIGTERM", "signal.pause()"),
        ("SIGTERM", "while True: os.kill(os.getppid(), signal.SIGSTOP)"),
        ("SIGKILL", "signal.pause()"),
    ],
)
def test_a_guardian_stopped_by_its_trainer_still_ends_with_the_studio(
    launch: Launch, ending: str, then: str
) -> None:
    studio = launch(trainer=STOPS_GUARDIAN + then)
    studio.start()
    wait_until(lambda: len(studio.descendants()) == 2)
    family = studio.descendants()
    wait_until(lambda: family[0].status() == psutil.STATUS_STOPPED)
    ENDINGS[ending](studio)
    assert studio.process.wait(timeout=60) == (-9 if ending == "SIGKILL" else 0)
    wait_until_dead(family)


def test_open_streams_get_the_end_and_do_not_delay_it(launch: Launch) -> None:
    studio = launch(trainer=WITH_WORKERS, env=PATIENT)
    job_id = studio.start()
    frames = studio.events(job_id)
    assert next(frames)[1] == "training.started"
    with studio.get(f"/api/jobs/{job_id}/output", stream=True) as output:
        assert studio.stop() == 0
        assert output.content.endswith(b"\n---\nexit=137\n")
    assert [frame[1] for frame in frames] == ["training.log", "training.failed", "end"]


def test_without_the_option_the_end_of_stdin_is_ignored(launch: Launch) -> None:
    studio = launch()
    studio.process.stdin.close()
    job_id = studio.start()
    wait_until(lambda: studio.output_holds(job_id, "up"))
    assert studio.process.poll() is None
