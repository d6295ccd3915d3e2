"""Whatever a run has started ends with it, also when the processes that watch over it are killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest
import requests

from arkor_dash.studio.runs.leftovers import MARK_VARIABLE
from tests.studio.process import ROOT, StudioProcess, read_line, wait_until_dead
from tests.waiting import wait_until

Launch = Callable[..., StudioProcess]

PAUSE = "import signal; signal.pause()"
# As the SDK does, the trainer removes the variables of its run before it starts anything.
WORKERS = f"""
import subprocess
for name in ("ARKOR_RUN_URL", "ARKOR_RUN_JOB", "ARKOR_RUN_TOKEN"):
    os.environ.pop(name, None)
started = [subprocess.Popen([sys.executable, "-c", {PAUSE!r}], start_new_session=True).pid]
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(write, str(os.getpid()).encode())
        import signal
        signal.pause()
    os._exit(0)
started.append(int(os.read(read, 20)))
print("workers", *started, flush=True)
"""
RUNS = WORKERS + PAUSE


@pytest.fixture
def strays() -> Iterator[list[psutil.Process]]:
    """Processes that are killed after the test, whatever it finds."""
    processes: list[psutil.Process] = []
    yield processes
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
        if isinstance(each, psutil.Popen):
            each.wait(20)


def workers_of(output: Callable[[], str], strays: list[psutil.Process]) -> list[psutil.Process]:
    """The workers that the trainer has named in its output: one of a session of its own, one that was orphaned."""
    wait_until(lambda: "workers" in output() and output().endswith("\n"))
    (line,) = [line for line in output().splitlines() if line.startswith("workers")]
    found = [psutil.Process(int(pid)) for pid in line.split()[1:]]
    strays += found
    return found


def run(
    studio: StudioProcess, strays: list[psutil.Process], state: Path | None = None
) -> list[psutil.Process]:
    log = (state or studio.state) / "runs" / studio.start() / "output.log"
    return workers_of(log.read_text, strays)


def guardian_of(studio: StudioProcess) -> psutil.Process:
    (guardian,) = psutil.Process(studio.process.pid).children()
    return guardian


def kill_both(studio: StudioProcess) -> None:
    """Kill guardian and Studio so that neither can end anything."""
    guardian = guardian_of(studio)
    psutil.Process(studio.process.pid).suspend()
    guardian.kill()
    studio.process.kill()
    studio.process.wait(timeout=20)


def test_only_the_workers_of_a_run_end_when_its_guardian_is_killed(
    launch: Launch, strays: list[psutil.Process]
) -> None:
    studio = launch(trainer=RUNS)
    workers = run(studio, strays)
    other = start(f"{workers[0].environ()[MARK_VARIABLE]}0", strays)
    guardian_of(studio).kill()
    wait_until_dead(workers)
    wait_until(lambda: not studio.get("/api/train").json()["run"]["running"])
    assert other.is_running()


def test_workers_end_when_the_studio_is_killed(launch: Launch, strays: list[psutil.Process]) -> None:
    studio = launch(trainer=RUNS)
    workers = run(studio, strays)
    studio.process.kill()
    wait_until_dead(workers)


def test_workers_whose_guardian_and_studio_were_killed_end_at_the_next_start(
    launch: Launch, strays: list[psutil.Process]
) -> None:
    studio = launch(trainer=RUNS)
    workers = run(studio, strays)
    kill_both(studio)
    assert all(each.is_running() for each in workers), "nobody is left to end them"
    launch()
    wait_until_dead(workers)


def test_workers_of_a_manifest_end_when_its_guardian_is_killed(
    launch: Launch, project: Path, strays: list[psutil.Process]
) -> None:
    output = project / "workers"
    prints = f"import os, sys\nsys.stdout = open({str(output)!r}, 'w')\n"
    studio = launch(manifest=prints + RUNS)

    def request_manifest() -> None:
        with contextlib.suppress(requests.RequestException):
            studio.get("/api/manifest")

    requesting = Thread(target=request_manifest)
    requesting.start()
    workers = workers_of(lambda: output.read_text() if output.exists() else "", strays)
    guardian_of(studio).kill()
    wait_until_dead(workers)
    requesting.join(60)
    assert not requesting.is_alive()


def start(mark: str, strays: list[psutil.Process]) -> psutil.Process:
    """A process with that mark, which is no part of any run."""
    command = [sys.executable, "-c", f"print(flush=True); {PAUSE}"]
    process = psutil.Popen(command, env={**os.environ, MARK_VARIABLE: mark}, stdout=subprocess.PIPE)
    strays.append(process)
    read_line(process)
    process.stdout.close()
    return process


def test_processes_with_another_mark_survive(
    launch: Launch, tmp_path: Path, strays: list[psutil.Process]
) -> None:
    studio = launch(trainer=RUNS)
    workers = run(studio, strays)
    mark = workers[0].environ()[MARK_VARIABLE]
    folder, _, job_id = mark.partition(":")
    others = [start(other, strays) for other in (f"0{mark}", f"{folder}0:{job_id}", job_id, "")]
    others += run(launch("--state-dir", str(tmp_path / "other"), trainer=RUNS), strays, tmp_path / "other")

    kill_both(studio)
    launch()
    wait_until_dead(workers)
    assert all(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in others)


def test_a_copied_state_folder_does_not_end_the_runs_of_the_original(
    launch: Launch, tmp_path: Path, strays: list[psutil.Process]
) -> None:
    studio = launch(trainer=RUNS)
    workers = run(studio, strays)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "studio-id").write_text((studio.state / "studio-id").read_text())
    launch("--state-dir", str(copy))
    assert all(each.is_running() for each in workers)


def test_a_studio_that_was_started_inside_a_run_and_its_parents_are_spared() -> None:
    ends = "from arkor_dash.studio.runs.leftovers import end_marked; print(end_marked('folder'), flush=True)"
    starts = (
        "import subprocess, sys; "
        f"subprocess.run([sys.executable, '-c', {ends!r}], check=True, timeout=60); print('alive')"
    )
    done = subprocess.run(
        [sys.executable, "-c", starts],
        env={**os.environ, MARK_VARIABLE: "folder:job"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "0\nalive\n"
