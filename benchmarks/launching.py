"""The real processes that are measured, or that feed what is measured."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import requests

from .machine import ROOT

PATIENCE_S = 120.0
TOKEN = "benchmark-token"


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    process: subprocess.Popen[str]

    def tree(self) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def cpu_s(self) -> float:
        """Seconds of CPU that the process and those it started have used."""
        used = (each.cpu_times() for each in self.tree())
        return sum(times.user + times.system for times in used)

    def rss_mb(self) -> float:
        return sum(each.memory_info().rss for each in self.tree()) / 1e6


class Studio(Server):
    """A scripted Studio's process, and what it is told."""

    def emit(self, job_id: str, rate: float, seconds: float) -> None:
        self._tell(f"emit/{job_id}?rate={rate}&seconds={seconds}")

    def end(self, job_id: str) -> None:
        self._tell(f"end/{job_id}")

    def state(self, job_id: str) -> dict[str, Any]:
        state: dict[str, Any] = requests.get(f"{self.url}/bench/state/{job_id}", timeout=30).json()
        return state

    def _tell(self, what: str) -> None:
        requests.post(f"{self.url}/bench/{what}", timeout=30).raise_for_status()


@contextmanager
def scripted_studio(*arguments: str) -> Iterator[Studio]:
    """A Studio made for measuring; see `benchmarks.scripted_studio` for its arguments."""
    with _process([sys.executable, "-m", "benchmarks.scripted_studio", *arguments]) as process:
        yield Studio(_announced(process), process)


@contextmanager
def embedded_studio(project: Path, state: Path) -> Iterator[Server]:
    """The Studio that the dashboard brings along, on a project, as a process of its own; its token is `TOKEN`."""
    command = [
        sys.executable,
        "-m",
        "arkor_dash.studio",
        "--project",
        str(project),
        "--state-dir",
        str(state),
    ]
    with _process(command, ARKOR_STUDIO_TOKEN=TOKEN) as process:
        yield Server(_announced(process), process)


@contextmanager
def dashboard(*flags: str, **settings: str) -> Iterator[Server]:
    """The dashboard as `streamlit run` starts it, with a home of its own, once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", *flags]
    with TemporaryDirectory() as home:
        settings = {"HOME": home, "ARKOR_DASH_STATE_DIR": f"{home}/state", **settings}
        with _process(command, **settings) as process:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: _answers(f"{url}/_stcore/health"), "the dashboard's start")
            yield Server(url, process)


@contextmanager
def watching(studio: Server, **settings: str) -> Iterator[Server]:
    """The dashboard on that Studio."""
    settings = {"ARKOR_DASH_SOURCE": "studio", "ARKOR_STUDIO_URL": studio.url, **settings}
    # A file that is edited meanwhile would be read again in the middle of a measurement.
    with dashboard("--server.fileWatcherType=none", ARKOR_STUDIO_TOKEN=TOKEN, **settings) as server:
        yield server


def wait_until(condition: Callable[[], object], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Raises: TimeoutError: it never held."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took over {timeout_s:g} s")
        time.sleep(0.01)


def listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=128)


def free_port() -> int:
    with listener() as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _process(command: list[str], **settings: str) -> Iterator[subprocess.Popen[str]]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ARKOR_")}
    environment |= settings
    with TemporaryDirectory() as folder, (Path(folder) / "log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield process
        except BaseException:
            log.seek(0)
            print(log.read()[-2000:], file=sys.stderr)
            raise
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _announced(process: subprocess.Popen[str]) -> str:
    """The address in the first line that a server writes."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError(f"the server ended with code {process.wait()}")
    return str(json.loads(line)["url"])


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
