"""Runs of a real Studio on a small disk that is full now and then: `python -m benchmarks.soak.full_disk --seed 1`.

One run follows another. While the disk is full, the run is cancelled, or its trainer or its guardian is killed, or it
goes on and reports its steps once there is room. Each run must be shown as ended although that can't be stored, be
stored later, hold every step once, and leave no process behind. Once its standard input ends, the program prints a
line of JSON with its counts.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

from arkor_dash.protocol.jobs import CANCELLED, COMPLETED, FAILED, TERMINAL
from tests.studio.process import ROOT, StudioProcess
from tests.studio.small_disk import SmallDisk
from tests.waiting import wait_until

WAIT_S = 60.0
STEPS = 400
REAL_TRAINER = "os.execv(sys.executable, [sys.executable, '-m', 'arkor_dash', 'start'])"
PROJECT = f"""
import subprocess, sys, time
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
    print("training", flush=True)
    for step in range(1, {STEPS} + 1):
        run.log(step, loss=1 / step)
        time.sleep(0.005)
        if run.cancelled:
            return

arkor = create_arkor(trainer=create_trainer(name="on a small disk", train=train))
"""
ENDINGS = {"finished": COMPLETED, "cancelled": CANCELLED, "killed": FAILED, "guardian killed": FAILED}


class FullDiskRuns:
    """Runs on a small disk, and what was wrong with them."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.faults: Counter[str] = Counter()
        self.problems: list[str] = []
        self._rng = rng
        (folder / "src" / "arkor").mkdir(parents=True)
        (folder / ".arkor").mkdir()
        (folder / "src" / "arkor" / "index.py").write_text(PROJECT, encoding="utf-8")
        self._disk = SmallDisk(folder / ".arkor", "32m")
        self._studio = StudioProcess(
            folder, "--cancel-grace-s=2", "--exit-with-stdin", trainer=REAL_TRAINER, run_by=self._disk.run_by
        )
        threading.Thread(target=self._drain, daemon=True).start()

    def close(self) -> None:
        self._studio.close()
        self._disk.close()

    def run_once(self) -> None:
        """One run that ends while the disk is full, or reports its steps afterwards."""
        ending = self._rng.choice(list(ENDINGS))
        job_id = self._studio.start()
        log = self._disk.path / "runs" / job_id / "output.log"
        wait_until(
            lambda: "training" in log.read_text(errors="replace"),
            WAIT_S,
            f"the start of the training of {job_id}",
        )
        threading.Event().wait(self._rng.uniform(0, 1))
        self._disk.fill()
        self.faults[f"full disk: {ending}"] += 1
        if ending == "finished":
            threading.Event().wait(self._rng.uniform(0.5, 3))
        else:
            self._end(job_id, ending)
            wait_until(lambda: not self._is_running(job_id), WAIT_S, f"the end of {job_id} ({ending})")
            self._check_status(job_id, ending)
        self._disk.free()
        wait_until(lambda: not self._is_running(job_id), WAIT_S, f"the end of {job_id} ({ending})")
        wait_until(lambda: self._studio.get("/api/jobs").ok, WAIT_S, "an answer with room on the disk")
        self._check_status(job_id, ending)
        self._check_steps(job_id, ending)
        self._check_orphans(job_id, ending)

    def _end(self, job_id: str, ending: str) -> None:
        processes = psutil.Process(self._studio.process.pid).children(recursive=True)
        if ending == "cancelled":
            answer = self._studio.request("POST", f"/api/jobs/{job_id}/cancel")
            if answer.status_code != 202:
                self.problems.append(f"{job_id}: Cancel was answered {answer.status_code} {answer.text}")
        elif ending == "killed":
            next(each for each in processes if "arkor_dash" in each.cmdline()).kill()
        else:
            processes[0].kill()

    def _is_running(self, job_id: str) -> bool:
        run = self._studio.get("/api/train").json()["run"]
        return bool(run["jobId"] == job_id and run["running"])

    def _check_status(self, job_id: str, ending: str) -> None:
        listed = {job["id"]: job for job in self._studio.get("/api/jobs").json()["jobs"]}
        status = listed[job_id]["status"]
        # A run may have completed before it was ended.
        if status not in (ENDINGS[ending], COMPLETED) or status not in TERMINAL:
            self.problems.append(f"{job_id} ({ending}) is {status}: {listed[job_id]['error']}")

    def _check_steps(self, job_id: str, ending: str) -> None:
        steps = [data["step"] for _, name, data in self._studio.events(job_id) if name == "training.log"]
        if steps != list(range(1, len(steps) + 1)) or (ending == "finished" and len(steps) != STEPS):
            self.problems.append(f"{job_id} ({ending}) has {len(steps)} steps: {steps[:5]}…")

    def _check_orphans(self, job_id: str, ending: str) -> None:
        left = [process for process in psutil.process_iter() if _belongs_to(process, job_id)]
        if left:
            self.problems.append(f"{job_id} ({ending}) left {len(left)} processes")

    def _drain(self) -> None:
        assert self._studio.process.stderr is not None
        for line in self._studio.process.stderr:
            if "Traceback" in line:
                self.problems.append("the Studio has logged a traceback")


def _belongs_to(process: psutil.Process, job_id: str) -> bool:
    try:
        return process.environ().get("ARKOR_RUN_MARK", "").endswith(f":{job_id}")
    except (psutil.Error, OSError):
        return False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    ended = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        try:
            runs = FullDiskRuns(Path(folder), random.Random(options.seed))
        except PermissionError:
            print(json.dumps({"faults": {"full disk: skipped, nothing may be mounted": 1}, "problems": []}))
            return
        try:
            while True:
                runs.run_once()
                if ended.is_set():
                    break
        except (AssertionError, requests.RequestException, OSError, psutil.Error, StopIteration) as error:
            runs.problems.append(f"{type(error).__name__}: {error}")
        finally:
            runs.close()
    print(json.dumps({"faults": runs.faults, "problems": runs.problems}))


@contextmanager
def full_disk_runs(seed: int) -> Iterator[dict[str, Any]]:
    """A dictionary that holds the faults and the problems once `main` has ended.

    It runs in a process of its own, so that it does not change what the soak measures.
    """
    command = [sys.executable, "-m", "benchmarks.soak.full_disk", "--seed", str(seed)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    done: dict[str, Any] = {}
    try:
        yield done
    finally:
        try:
            counts, _ = process.communicate(timeout=4 * WAIT_S)
            done.update(json.loads(counts))
        finally:
            process.kill()
            process.wait(WAIT_S)


if __name__ == "__main__":
    main()
