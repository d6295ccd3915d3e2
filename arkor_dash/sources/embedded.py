"""The embedded Studio's process: started by the dashboard, watched, and ended with it."""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO

from arkor_dash.errors import StudioStartError
from arkor_dash.settings.load import CANCEL_GRACE_S, KEEP_RUNS
from arkor_dash.settings.secret import Secret

log = logging.getLogger(__name__)

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
LONGEST_WAIT_S = 30.0
STAYED_UP_S = 30.0
"""A Studio that ran for so long counts as one that came up."""


class EmbeddedStudio:
    """A Studio on a free loopback port, with a token that only this process and it know.

    The Studio's standard input is a pipe from here: when this process is gone, however it ended, the pipe closes
    and the Studio ends itself and its run. A Studio that dies is started again on the same port.
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
        self._last_words: deque[str] = deque(maxlen=20)
        self._closing = threading.Event()
        self._starting = threading.Lock()
        self._process, self.url = self._start(port=0)
        threading.Thread(target=self._keep_alive, name="embedded-studio", daemon=True).start()

    def close(self) -> None:
        """End the Studio and its run; return when they are gone."""
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
            start_new_session=True,  # Ctrl-C is for the dashboard; the Studio then follows by its pipe
        )
        self._listen_to(process.stderr)
        url = self._ready_url(process)
        self._listen_to(process.stdout)
        if url is None:
            process.kill()
            process.wait()
            _close_stdin(process)
            raise StudioStartError(self._failure())
        return process, url

    def _ready_url(self, process: subprocess.Popen[str]) -> str | None:
        """The address in the line that the Studio writes when it answers; None if it ends or hangs before."""
        timer = threading.Timer(START_TIMEOUT_S, process.kill)
        timer.start()
        try:
            return str(json.loads(process.stdout.readline())["url"]) if process.stdout else None
        except (ValueError, KeyError, TypeError):
            return None
        finally:
            timer.cancel()

    def _environment(self) -> dict[str, str]:
        package_parent = str(Path(__file__).resolve().parents[2])
        paths = [package_parent, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {
            **os.environ,
            "ARKOR_STUDIO_TOKEN": self.token.reveal(),
            "PYTHONPATH": os.pathsep.join(paths),
        }
        if self._database_url is not None:
            environment["ARKOR_DASH_DATABASE_URL"] = self._database_url.reveal()
        return environment

    def _listen_to(self, stream: IO[str] | None) -> None:
        """Keep what the Studio says, and keep its pipe from filling up."""

        def listen(stream: IO[str]) -> None:
            with stream:
                for line in stream:
                    self._last_words.append(line.rstrip())
                    log.info("studio: %s", line.rstrip())

        if stream is not None:
            threading.Thread(target=listen, args=(stream,), name="embedded-studio-log", daemon=True).start()

    def _failure(self) -> str:
        words = "\n".join(self._last_words).strip()
        return f"The embedded Studio did not start. {words or 'It said nothing.'}"

    def _keep_alive(self) -> None:
        """Start the Studio again whenever it ends, with growing waits while it does not stay up."""
        failures = 0
        began = time.monotonic()
        while True:
            self._process.wait()
            _close_stdin(self._process)
            failures = 0 if time.monotonic() - began > STAYED_UP_S else failures + 1
            if self._closing.wait(min(2.0 ** min(failures, 10) - 1, LONGEST_WAIT_S)):
                return
            log.warning("The embedded Studio ended with code %s; starting it again", self._process.returncode)
            began = time.monotonic()
            with self._starting:
                if self._closing.is_set():
                    return
                try:
                    self._process, _ = self._start(port=int(self.url.rsplit(":", 1)[1]))
                except (StudioStartError, OSError) as error:
                    log.warning("%s", error)


def _close_stdin(process: subprocess.Popen[str]) -> None:
    """Let go of the Studio's pipe, which tells it to end; whoever listens to the others closes those."""
    if process.stdin is not None:
        process.stdin.close()
