"""Processes that a user starts, in the environment variables of a user."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import requests

from tests.studio.process import TOKEN
from tests.waiting import wait_until

START_TIMEOUT_S = 90.0
TRAINING_TIMEOUT_S = 120.0
HEADLESS = ("--server.port=0", "--server.address=127.0.0.1", "--server.headless=true")


def clean_variables(**further: str) -> dict[str, str]:
    """This process's variables, without those that configure Python or the project."""
    hidden = ("ARKOR_", "STREAMLIT_", "PYTHONPATH", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)} | further


def run(
    command: Sequence[str], cwd: Path, timeout_s: float = 120.0, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. Fail the test if the command fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=clean_variables(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


@contextlib.contextmanager
def running_dashboard(command: Sequence[str], cwd: Path, state: Path, **variables: str) -> Iterator[str]:
    """The address of a dashboard that `command` starts without a browser, once it answers. It ends on exit."""
    own = {
        "HOME": str(state),
        "XDG_DATA_HOME": str(state / "data"),
        "ARKOR_DASH_STATE_DIR": str(state / "state"),
    }
    log = state / "dashboard.log"
    with _running([*command, *HEADLESS], cwd, log, **own, **variables) as process:
        yield _address(process, log)


@contextlib.contextmanager
def running_studio(command: Sequence[str], folder: Path) -> Iterator[Callable[[], str]]:
    """A Studio on a free port, with its state in `folder`. Yields a function that runs 20 steps of its training."""
    log = folder / "studio.log"
    options = ["--port", "0", "--state-dir", str(folder / "state")]
    own = {"XDG_DATA_HOME": str(folder / "data"), "ARKOR_STUDIO_TOKEN": TOKEN, "ARKOR_SAMPLE_STEPS": "20"}
    with _running([*command, *options], folder, log, **own) as process:

        def url() -> str | None:
            assert process.poll() is None, log.read_text("utf-8")
            found = re.search(r'"url": "([^"]+)"', log.read_text("utf-8"))
            return found and found[1]

        wait_until(url, START_TIMEOUT_S, "the Studio's start")

        def train() -> str:
            headers = {"X-Arkor-Studio-Token": TOKEN}
            answer = requests.post(f"{url()}/api/train", json={}, headers=headers, timeout=TRAINING_TIMEOUT_S)
            assert answer.ok, answer.text
            return answer.text

        yield train


@contextlib.contextmanager
def _running(
    command: Sequence[str], cwd: Path, log: Path, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=clean_variables(**variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    def address() -> str | None:
        text = log.read_text("utf-8", errors="replace")
        assert process.poll() is None, text
        found = re.search(r"URL: (http://127\.0\.0\.1:\d+)", text)
        return found[1] if found and _healthy(found[1]) else None

    wait_until(address, START_TIMEOUT_S, "the dashboard's start")
    found = address()
    assert found is not None
    return found


def _healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/_stcore/health", timeout=5).text == "ok"
    except requests.RequestException:
        return False
