"""A real Studio in its own process. Its trainer and its manifest command are given as code."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import psutil
import requests
import sseclient

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
TOKEN = "the-studio-token"
IDLE = "import signal; print('up', flush=True); signal.pause()"
PATIENT = {"STUB_LIMIT_S": "60"}
"""Variables of a Studio that waits long for what must end by itself, as a busy machine may need."""
MANIFEST = "import json, sys; json.dump({'trainer': {'name': 'stub'}}, open(sys.argv[2], 'w'))"


class StudioProcess:
    def __init__(
        self,
        project: Path,
        *arguments: str,
        trainer: str = IDLE,
        manifest: str = MANIFEST,
        token: str = TOKEN,
        env: dict[str, str] | None = None,
        wait: bool = True,
        run_by: tuple[str, ...] = (),
    ) -> None:
        self.project = project
        self.state = project / ".arkor"
        self.process = subprocess.Popen(
            [
                *run_by,
                *(sys.executable, "-m", "tests.studio.stub_studio", trainer, manifest),
                *("--project", str(project), "--port", "0", *arguments),
            ],
            cwd=ROOT,
            env={**os.environ, "ARKOR_STUDIO_TOKEN": token, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = ""
        self.headers = {"X-Arkor-Studio-Token": token}
        if wait:
            line = read_line(self.process)
            assert line, self.process.stderr.read()
            self.url = json.loads(line)["url"]

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=30, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def start(self) -> str:
        """Start a run without reading its output. Returns the job's id."""
        with self.request("POST", "/api/train", json={}, stream=True) as answer:
            assert answer.status_code == 200, answer.text
            return answer.headers["X-Arkor-Job"]

    def train(self) -> tuple[str, str]:
        """Run to the end. Returns the job's id, and the run's output with its trailer."""
        answer = self.request("POST", "/api/train", json={})
        assert answer.status_code == 200, answer.text
        return answer.headers["X-Arkor-Job"], answer.text

    def job(self, job_id: str) -> dict[str, Any]:
        return self.get(f"/api/jobs/{job_id}").json()["job"]

    def events(self, job_id: str, **headers: str) -> Iterator[tuple[str, str, Any]]:
        """The frames of the job's stream as (id, event, data), as they arrive."""
        with self.get(f"/api/jobs/{job_id}/events", stream=True, headers=headers) as answer:
            assert answer.status_code == 200, answer.text
            chunks = iter(lambda: answer.raw.read1(65_536), b"")
            for frame in sseclient.SSEClient(chunks).events():
                yield frame.id or "", frame.event, json.loads(frame.data)

    def output_holds(self, job_id: str, text: str) -> bool:
        return text in (self.state / "runs" / job_id / "output.log").read_text()

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def close(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
            self.process.kill()
            self.process.wait(timeout=20)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


def read_line(process: subprocess.Popen[Any], limit_s: float = 60.0) -> Any:
    """The next line of the process's stdout. A process that prints none in time is killed, and the line is empty."""
    timer = Timer(limit_s, process.kill)
    timer.start()
    try:
        return process.stdout.readline()  # has a limit: the timer kills the process
    finally:
        timer.cancel()


def wait_until_dead(processes: list[psutil.Process]) -> None:
    wait_until(lambda: not any(map(_is_alive, processes)), what="the death of all processes")


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it has gone between the two calls
        return False
