"""The process of the embedded Studio: started by the dashboard, kept running, and ended with it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import site
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO

from tenacity import (
    RetryError,
    Retrying,
    before_sleep_log,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential,
)

from arkor_dash.errors import StudioStartError
from arkor_dash.settings.load import CANCEL_GRACE_S, KEEP_RUNS
from arkor_dash.settings.secret import Secret

log = logging.getLogger(__name__)

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
STAYED_UP_S = 30.0
"""A Studio that ends sooner than this is started again after a wait, which doubles each time."""


class EmbeddedStudio:
    """A Studio on a free loopback port, with a token that only this process and the Studio know. Thread-safe.

    A Studio that ends unexpectedly is started again on the same port. The Studio's standard input is a pipe from this
    process: it closes when this process ends, in whatever way, and then the Studio ends itself and its run.
    Raises: StudioStartError.
    """

    def __init__(
        self,
        project: Path,
        state_dir: Path | None,
        database_url: Secret | None,
        cancel_grace_s: float = CANCEL_GRACE_S,
        keep_runs: int = KEEP_RUNS,
    ) -> None:
        self.token = Secret(secrets.token_urlsafe(32))
        self._command = [
            sys.executable,
            "-m",
            "arkor_dash.studio",
            "--project",
            str(project),
            "--exit-with-stdin",
            f"--cancel-grace-s={cancel_grace_s}",
            f"--keep-runs={keep_runs}",
        ]
        if state_dir is not None:
            self._command += ["--state-dir", str(state_dir)]
        self._database_url = database_url
        self._last_lines: deque[str] = deque(maxlen=20)
        self._closing = threading.Event()
        self._starting = threading.Lock()
        self._process, self.url = self._start(port=0)
        threading.Thread(target=self._keep_alive, name="embedded-studio", daemon=True).start()

    def close(self) -> None:
        """End the Studio and its run, and wait for their end. May be called twice."""
        self._closing.set()
        with self._starting:
            process = self._process
        _close_stdin(process)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self, port: int) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [*self._command, "--port", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=self._environment(),
            start_new_session=True,  # so that Ctrl-C reaches the dashboard only
        )
        self._read_output(process.stderr)
        url = self._ready_url(process)
        self._read_output(process.stdout)
        if url is None:
            process.kill()
            process.wait()
            _close_stdin(process)
            raise StudioStartError(self._failure())
        return process, url

    def _ready_url(self, process: subprocess.Popen[str]) -> str | None:
        """The URL in the line that the Studio prints when it is ready; None if it ends or hangs before."""
        timer = threading.Timer(START_TIMEOUT_S, process.kill)
        timer.start()
        try:
            return str(json.loads(process.stdout.readline())["url"]) if process.stdout else None
        except (ValueError, KeyError, TypeError):
            return None
        finally:
            timer.cancel()

    def _environment(self) -> dict[str, str]:
        environment = {**os.environ, "ARKOR_STUDIO_TOKEN": self.token.reveal()}
        python_path = _python_path()
        if python_path is not None:
            environment["PYTHONPATH"] = python_path
        if self._database_url is not None:
            environment["ARKOR_DASH_DATABASE_URL"] = self._database_url.reveal()
        return environment

    def _read_output(self, stream: IO[str] | None) -> None:
        """Log the Studio's output in a thread, and keep its last lines. A pipe that nobody reads would fill up."""

        def read(stream: IO[str]) -> None:
            with stream:
                for line in stream:
                    self._last_lines.append(line.rstrip())
                    log.info("studio: %s", line.rstrip())

        if stream is not None:
            threading.Thread(target=read, args=(stream,), name="embedded-studio-log", daemon=True).start()

    def _failure(self) -> str:
        lines = "\n".join(self._last_lines).strip()
        return f"The embedded Studio did not start. {lines or 'It printed nothing.'}"

    def _keep_alive(self) -> None:
        """Start the Studio again whenever it ends, until `close` is called."""
        self._wait_for_end()
        restart = Retrying(
            retry=retry_if_exception_type((StudioStartError, OSError)),
            wait=wait_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S),
            sleep=sleep_using_event(self._closing),
            stop=stop_when_event_set(self._closing),
            before_sleep=before_sleep_log(log, logging.WARNING),
        )
        while not self._closing.is_set():
            with contextlib.suppress(RetryError):  # closing
                restart(self._run_again)

    def _run_again(self) -> None:
        """Start the Studio and wait for its end.

        Raises: StudioStartError: it did not start, or ended soon after. OSError.
        """
        with self._starting:
            if self._closing.is_set():
                return
            self._process, _ = self._start(port=int(self.url.rsplit(":", 1)[1]))
        started = time.monotonic()
        self._wait_for_end()
        if time.monotonic() - started < STAYED_UP_S:
            raise StudioStartError(f"The embedded Studio ended within {STAYED_UP_S:g} s of its start.")

    def _wait_for_end(self) -> None:
        self._process.wait()
        _close_stdin(self._process)
        if not self._closing.is_set():
            code = self._process.returncode
            log.warning("The embedded Studio ended with exit code %s and is started again", code)


def _python_path() -> str | None:
    """PYTHONPATH for a process that imports this package; None if it needs none.

    Entries of PYTHONPATH come before the standard library, so the folder of an installed package, with all the other
    installed packages in it, must not be one.
    """
    package_parent = Path(__file__).resolve().parents[2]
    current = os.environ.get("PYTHONPATH")
    entries = current.split(os.pathsep) if current else []
    importable = [*site.getsitepackages(), site.getusersitepackages(), *entries]
    if package_parent in [Path(entry).resolve() for entry in importable]:
        return current
    return os.pathsep.join([*entries, str(package_parent)])


def _close_stdin(process: subprocess.Popen[str]) -> None:
    """Close the pipe to the Studio, which makes it end. The threads that read its output close the other pipes."""
    if process.stdin is not None:
        process.stdin.close()
