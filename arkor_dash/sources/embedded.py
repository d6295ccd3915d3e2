"""The embedded Studio: started by the dashboard, kept running, and ended with it."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    before_sleep_log,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential,
)

from arkor_dash.errors import SourceUnavailableError, StudioStartError
from arkor_dash.protocol.import_path import python_path
from arkor_dash.settings.load import CANCEL_GRACE_S, KEEP_RUNS
from arkor_dash.settings.secret import Secret

from .studio_process import StudioProcess

log = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
MIN_UPTIME_S = 30.0
"""A Studio that ends sooner than this is restarted after a wait, which doubles each time."""


class EmbeddedStudio:
    """A Studio on a free loopback port, with a token that only this process and the Studio have. Thread-safe.

    A Studio that ends unexpectedly is restarted on the same port. `access` says why it can't be.
    Args: environment: returns what its process inherits. A function, so that no repr shows it.
    Raises: StudioStartError: it did not start. OSError.
    """

    def __init__(
        self,
        project: Path,
        state_dir: Path | None,
        database_url: Secret | None,
        cancel_grace_s: float = CANCEL_GRACE_S,
        keep_runs: int = KEEP_RUNS,
        *,
        environment: Callable[[], Mapping[str, str]] = lambda: os.environ,
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
        self._inherited = environment
        self._problem: str | None = None
        self._closing = threading.Event()
        self._starting = threading.Lock()
        self._process = self._start(port=0)
        self.url = self._process.url
        threading.Thread(target=self._keep_alive, name="embedded-studio", daemon=True).start()

    def access(self) -> Secret:
        """The Studio's token. Raises: SourceUnavailableError: the Studio has ended and can't be started again."""
        problem = self._problem
        if problem is not None:
            raise SourceUnavailableError(problem)
        return self.token

    def close(self) -> None:
        """End the Studio and its run, and wait for their end. May be called twice."""
        self._closing.set()
        with self._starting:
            process = self._process
        process.stop()

    def _start(self, port: int) -> StudioProcess:
        return StudioProcess([*self._command, "--port", str(port)], self._environment())

    def _environment(self) -> dict[str, str]:
        environment = {**self._inherited(), "ARKOR_STUDIO_TOKEN": self.token.reveal()}
        path = python_path(environment.pop("PYTHONPATH", ""))
        if path:
            environment["PYTHONPATH"] = path
        if self._database_url is not None:
            environment["ARKOR_DASH_DATABASE_URL"] = self._database_url.reveal()
        return environment

    def _keep_alive(self) -> None:
        """Start the Studio again whenever it ends, until `close` is called."""
        self._wait_for_end()
        restart = Retrying(
            retry=retry_if_exception_type((StudioStartError, OSError)),
            wait=wait_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S),
            sleep=sleep_using_event(self._closing),
            stop=stop_when_event_set(self._closing),
            before_sleep=self._note_problem,
        )
        while not self._closing.is_set():
            with contextlib.suppress(RetryError):  # closing
                restart(self._run_again)

    def _note_problem(self, attempt: RetryCallState) -> None:
        before_sleep_log(log, logging.WARNING)(attempt)
        error = attempt.outcome.exception() if attempt.outcome else None
        self._problem = str(error)

    def _run_again(self) -> None:
        """Start the Studio and wait for its end.

        Raises: StudioStartError: it did not start, or ended soon after. OSError.
        """
        with self._starting:
            if self._closing.is_set():
                return
            self._process = self._start(port=int(self.url.rsplit(":", 1)[1]))
        self._problem = None
        started = time.monotonic()
        self._wait_for_end()
        if time.monotonic() - started < MIN_UPTIME_S:
            raise StudioStartError(f"The embedded Studio ended within {MIN_UPTIME_S:g} s of its start.")

    def _wait_for_end(self) -> None:
        code = self._process.wait()
        if not self._closing.is_set():
            log.warning("The embedded Studio ended with exit code %s; it will be restarted", code)
