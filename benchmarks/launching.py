"""Start and stop the servers of a benchmark: the dashboard, and the Studios that it reads."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from .machine import ROOT
from .processes import Server, announced, answering, free_port

TOKEN = "benchmark-token"
APP = ROOT / "streamlit_app.py"
NO_WATCHER = "--server.fileWatcherType=none"
"""A flag with which a file that is edited meanwhile is not reloaded in the middle of a measurement."""


class Studio(Server):
    """A running `benchmarks.scripted_studio`, with the requests that control it."""

    def emit(self, job_id: str, rate: float, seconds: float) -> None:
        """Start to send `rate` events per second, for `seconds`."""
        self._post(f"emit/{job_id}?rate={rate}&seconds={seconds}")

    def end(self, job_id: str) -> None:
        """Complete the job."""
        self._post(f"end/{job_id}")

    def state(self, job_id: str) -> dict[str, Any]:
        """The counts of requests and of sent events, as `ScriptedStudio.state` returns them."""
        state: dict[str, Any] = requests.get(f"{self.url}/bench/state/{job_id}", timeout=30).json()
        return state

    def _post(self, path: str) -> None:
        requests.post(f"{self.url}/bench/{path}", timeout=30).raise_for_status()


@contextmanager
def scripted_studio(*arguments: str) -> Iterator[Studio]:
    """A Studio that sends prepared bytes; `benchmarks.scripted_studio` lists the arguments."""
    with announced([sys.executable, "-m", "benchmarks.scripted_studio", *arguments]) as server:
        yield Studio(server.url, server.process)


@contextmanager
def embedded_studio(project: Path, state: Path) -> Iterator[Server]:
    """The embedded Studio of a project, as its own process; its token is `TOKEN`."""
    command = [
        sys.executable,
        "-m",
        "arkor_dash.studio",
        "--project",
        str(project),
        "--state-dir",
        str(state),
    ]
    with announced(command, ARKOR_STUDIO_TOKEN=TOKEN) as server:
        yield server


@contextmanager
def dashboard(
    *flags: str, script: Path = APP, file_limits: tuple[int, int] | None = None, **settings: str
) -> Iterator[Server]:
    """A dashboard started by `streamlit run`, with its own home folder, once it answers requests.

    Args:
        script: another Streamlit app, in the folder whose Streamlit settings it has.
        file_limits: the soft and the hard limit on its open files.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script.name, f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", *flags]
    if file_limits is not None:
        soft, hard = file_limits
        command = ["sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh", *command]
    with TemporaryDirectory() as home:
        settings = {"HOME": home, "ARKOR_DASH_STATE_DIR": f"{home}/state", **settings}
        with answering(
            command, f"http://127.0.0.1:{port}", "/_stcore/health", script.parent, **settings
        ) as app:
            yield app


@contextmanager
def watching(
    studio: Server, *, file_limits: tuple[int, int] | None = None, **settings: str
) -> Iterator[Server]:
    """A dashboard that reads this Studio."""
    settings = {"ARKOR_DASH_SOURCE": "studio", "ARKOR_STUDIO_URL": studio.url, **settings}
    settings = {"ARKOR_STUDIO_TOKEN": TOKEN, **settings}
    with dashboard(NO_WATCHER, file_limits=file_limits, **settings) as server:
        yield server


@contextmanager
def embedding(state: Path) -> Iterator[Server]:
    """A dashboard whose embedded Studio has this state folder."""
    settings = {"ARKOR_DASH_SOURCE": "embedded", "ARKOR_DASH_STATE_DIR": str(state)}
    with dashboard(NO_WATCHER, **settings) as server:
        yield server
