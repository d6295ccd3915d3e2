"""The real dashboard, as `streamlit run` starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class App:
    """A running dashboard."""

    url: str
    process: subprocess.Popen[bytes]
    state_dir: Path

    def children(self) -> list[psutil.Process]:
        """The processes that the dashboard has started: its Studio and the Studio's runs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def run_processes(self) -> list[psutil.Process]:
        """Those of them that belong to a run: its trainer, and the guardian that starts the trainer."""
        return [process for process, words in self._commands() if words[-2:] == ["arkor_dash", "start"]]

    def trainers(self) -> list[psutil.Process]:
        return [process for process, words in self._commands() if words[1:] == ["-m", "arkor_dash", "start"]]

    def _commands(self) -> Iterator[tuple[psutil.Process, list[str]]]:
        for process in self.children():
            with suppress(psutil.Error):  # it has ended meanwhile
                yield process, process.cmdline()


def launch(
    folder: Path, settings: dict[str, str], *flags: str, file_limits: tuple[int, int] | None = None
) -> App:
    """A dashboard that answers, with its own state in `folder`. Its log is `app.log` there.

    `file_limits`: the soft and the hard limit on its open files.
    """
    folder.mkdir(exist_ok=True)
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ARKOR_")}
    environment |= {
        "HOME": str(folder),
        "ARKOR_DASH_STATE_DIR": str(folder / "state"),
        "ARKOR_RECORD": "none",
    }
    if not any(name.startswith(("ARKOR_STUDIO_", "ARKOR_CLOUD_")) for name in settings):
        environment["ARKOR_DASH_SOURCE"] = (
            "embedded"  # an `arkor dev` of this machine's user is not the test's
        )
    environment |= settings
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py")]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    command += ["--server.fileWatcherType=none", *flags]
    if file_limits is not None:
        soft, hard = file_limits
        command = ["sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh", *command]
    with (folder / "app.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    app = App(f"http://127.0.0.1:{port}", process, Path(environment["ARKOR_DASH_STATE_DIR"]))
    wait_until(lambda: _is_healthy(app.url), timeout_s=180, what="the app's start")
    return app


def stop(app: App) -> None:
    app.process.terminate()
    try:
        app.process.wait(60)
    except subprocess.TimeoutExpired:
        app.process.kill()
        app.process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/_stcore/health", timeout=2).ok
    except requests.RequestException:
        return False
