"""Reads the output of a run, over as many connections as needed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from arkor_dash.errors import SourceUnavailableError
from arkor_dash.live.backoff import wait_s
from arkor_dash.live.tracebacks import release_frames
from arkor_dash.protocol.exit_trailer import ExitTrailer, RunEnd
from arkor_dash.sources import Runner, RunOutput

from .shown_run import ShownRun


class OutputReader:
    """Reads output into a `ShownRun`. One thread calls `read` and `follow`; any thread may close it."""

    def __init__(self, runner: Runner, shown: ShownRun, *, of_project: bool = True) -> None:
        """Args: of_project: the shown run is one of the project, of which the runner says whether it is running."""
        self._runner = runner
        self._of_project = of_project
        self._shown = shown
        self._log = shown.log
        self._rng = random.Random()  # noqa: S311 - it only spreads retries
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_closed = False
        self._stream: RunOutput | None = None
        self._was_entered = False

    @property
    def is_connected(self) -> bool:
        return self._stream is not None

    def close_connection(self) -> None:
        """Close the connection that is being read, if there is one. A reader that follows a run opens another one."""
        with self._lock:
            stream = self._stream
        if stream is not None:
            stream.close()

    def close(self) -> None:
        """Stop reading for good."""
        with self._lock:
            self._is_closed = True
        self._wake.set()
        self.close_connection()

    def follow(self, job_id: str, connect: Callable[[], RunOutput] | None = None) -> None:
        """Read the kept output of the shown run to its end, or until this is closed.

        Args: connect: the output that follows what was received. By default from the runner.
        Raises: SourceError: the output can't be read, and no retry can help.
        """
        failures = 0
        connect = connect or (lambda: self._runner.output(job_id, self._log.received))
        while not self._is_closed:
            self._was_entered, retry_after_s = False, None
            try:
                if self.read(connect) or self._has_ended(job_id):
                    return
                reason = "The output broke off."
            except SourceUnavailableError as error:
                release_frames(error)
                reason, retry_after_s = str(error), error.retry_after_s
            # The connection to a run that prints nothing for long breaks off, too.
            failures = 1 if self._was_entered else failures + 1
            if failures > 1 and not self._is_closed:
                self._log.update(interrupted=reason)
            self._wake.wait(wait_s(failures, None, retry_after_s, self._rng))

    def read(
        self, connect: Callable[[], RunOutput], entered: Callable[[RunOutput], None] | None = None
    ) -> bool:
        """Read one connection. Returns: whether the output is complete, that is, the exit trailer was received.

        Args: entered: called with the stream once it is entered.
        """
        trailer = ExitTrailer()
        stream = connect()
        with self._lock:
            if self._is_closed:
                return True
            self._stream = stream
        try:
            with stream:
                if entered is not None:
                    entered(stream)
                self._was_entered = True
                self._log.update(interrupted=None)
                try:
                    for piece in stream:
                        self._shown.add(trailer.feed(piece))
                except SourceUnavailableError:
                    if not self._is_complete(trailer, broke_off=True):
                        raise
                    return True
        finally:
            with self._lock:
                self._stream = None
        return self._is_complete(trailer)

    def _is_complete(self, trailer: ExitTrailer, *, broke_off: bool = False) -> bool:
        held, end = trailer.end()
        # If the connection broke off, what looks like the trailer may be the program's own output.
        if end is None or (broke_off and self._is_running()):
            return False
        self._shown.add(held, final=True)
        self._log.update(end=end, interrupted=None)
        return True

    def _is_running(self) -> bool:
        """Whether the runner says that the shown run is running. A runner that keeps no runs does not say so."""
        if not self._of_project:
            return True  # as far as is known: the output is read again from where it broke off
        run = self._runner.current_run()
        return run is not None and run.running and run.job_id == self._log.state.job_id

    def _has_ended(self, job_id: str) -> bool:
        """Whether the run has ended, although its output has ended without an exit trailer."""
        if not self._of_project:
            return False
        run = self._runner.current_run()
        if run is not None and run.job_id == job_id:
            if run.exit_code is not None:
                self._log.update(end=RunEnd(run.exit_code))
            return not run.running
        return True
