"""The output of a project's runs, read once for all viewers."""

from __future__ import annotations

import itertools
import logging
import math
import threading
import time
from collections.abc import Callable

from arkor_dash.errors import UNEXPECTED_ERROR, RunInProgressError, SourceError, SourceUnavailableError
from arkor_dash.live.file_stream import FileStream
from arkor_dash.live.tracebacks import release_frames
from arkor_dash.protocol.exit_trailer import RunEnd
from arkor_dash.sources import Runner, RunOutput

from .log import OutputSnapshot
from .reader import OutputReader
from .shown_run import ShownRun

__all__ = ["OutputSnapshot", "RunOutputFeed"]

log = logging.getLogger(__name__)
_numbers = itertools.count(1)


class RunOutputFeed:
    """Starts runs and follows their output in a thread of its own.

    A runner that does not keep runs ends a run when the connection that started it is closed. The feed keeps that
    connection open, whether or not anyone watches.

    Attributes: number: tells this feed from all others.
    """

    def __init__(self, runner: Runner) -> None:
        self.number = next(_numbers)
        self._runner = runner
        self._shown = ShownRun(runner)
        self._log = self._shown.log
        self._reader = OutputReader(runner, self._shown)
        # Guards the fields below. Pages take it too, so it is not held while waiting for a disk or a network.
        self._lock = threading.Lock()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._start_next = False
        self._is_ending = False
        self._asked_at = -math.inf
        self._answered: threading.Event | None = None

    def start(self) -> None:
        """Start a run, unless one is running or starting. The snapshot shows the result."""
        with self._lock:
            state = self._log.state
            if state.running or state.starting or self._stopping:
                return
            self._is_ending = False
            self._log.update(starting=True, error=None)
            self._start_next = not self._spawn(self._start)

    def attach(self, wait_s: float = 0.0) -> None:
        """Ask for the runner's current run in the background, and follow it. Waits up to `wait_s` for the answer."""
        answered = threading.Event()
        self._asked_at = time.monotonic()
        with self._lock:
            if not self._spawn(lambda: self._attach(answered)):
                return
            self._answered = answered
        answered.wait(wait_s)

    def refresh(self, max_age_s: float) -> None:
        """As `attach`, unless that was asked for less than `max_age_s` ago, or a run is in progress."""
        state = self._log.state
        if not (state.running or state.starting) and time.monotonic() - self._asked_at >= max_age_s:
            self.attach()

    def is_asking(self) -> bool:
        """Whether the runner was asked for its current run, and has not answered yet. Returns at once."""
        return self._answered is not None and not self._answered.is_set()

    def shows(self, job_id: str) -> bool:
        """Whether the shown run is that of the job. Returns at once."""
        return self._log.state.job_id == job_id

    def runs(self, job_id: str) -> bool:
        """Whether the shown run is that of the job, and is in progress. Returns at once."""
        state = self._log.state
        return state.running and state.job_id == job_id

    def snapshot(self) -> OutputSnapshot:
        """The shown run and its newest lines; the same object until something changes."""
        return self._log.snapshot()

    def download(self) -> FileStream:
        """Everything that the shown run has printed so far, escape codes included.

        Its pieces may raise an ArkorDashError. The snapshot's `download_problem` then says so, too.
        """
        return self._shown.download()

    def end(self) -> None:
        """End the run by closing its connection. Does nothing if the runner keeps runs: those are cancelled."""
        with self._lock:
            if self._runner.keeps_runs or not self._reader.is_connected:
                return
            self._is_ending = True
        self._reader.close_connection()

    def close(self) -> None:
        """Stop reading. If the runner does not keep runs, this ends the run."""
        with self._lock:
            self._stopping = True
            is_idle = self._thread is None
        self._reader.close()
        if is_idle:
            self._shown.close()

    def _spawn(self, work: Callable[[], None]) -> bool:
        """Start the thread, unless it is running. Call with the lock held. Returns: whether it was started."""
        if self._thread is not None or self._stopping:
            return False
        self._thread = threading.Thread(target=self._run, args=(work,), name="run-output", daemon=True)
        self._thread.start()
        return True

    def _run(self, work: Callable[[], None]) -> None:
        while True:
            self._do(work)
            with self._lock:
                stopping = self._stopping
                if stopping or not self._start_next:
                    self._thread = None
                    break
                self._start_next = False
            work = self._start
        if stopping:
            self._shown.close()

    def _do(self, work: Callable[[], None]) -> None:
        failure = None
        try:
            work()
        except SourceError as error:
            release_frames(error)
            if self._is_ending:  # `arkor dev` sends this signal when the connection closes
                self._log.update(end=RunEnd(None, "SIGTERM"))
            else:
                failure = str(error)
        except Exception as error:
            log.exception("The run's output could not be read")
            release_frames(error)
            failure = UNEXPECTED_ERROR
        with self._lock:
            keeps_error = failure is None or self._stopping
            self._log.update(
                starting=self._start_next,
                running=False,
                interrupted=None,
                error=self._log.state.error if keeps_error else failure,
            )

    def _start(self) -> None:
        """Start a run and follow its output to the end."""
        try:
            is_complete = self._reader.read(self._runner.start_run, self._show_started)
        except RunInProgressError as error:
            self._log.update(starting=False, error=str(error))
            # The run that is in progress is shown instead, no matter who started it.
            if self._runner.keeps_runs and error.job_id is not None:
                self._shown.show(error.job_id, running=True, starting=self._start_next)
                self._reader.follow(error.job_id)
            return
        except SourceUnavailableError:
            has_started = not self._log.state.starting
            if not (has_started and self._runner.keeps_runs):
                raise
            is_complete = False
        if is_complete:
            return
        job_id = self._log.state.job_id
        if not self._runner.keeps_runs or job_id is None:
            raise SourceUnavailableError("The output broke off before the run's end.")
        self._reader.follow(job_id)

    def _show_started(self, stream: RunOutput) -> None:
        self._shown.show_new(stream.job_id, running=True, starting=self._start_next)
        self._log.update(pid=stream.pid)

    def _attach(self, answered: threading.Event) -> None:
        """Show the runner's current run and follow its output to the end. Sets `answered` once the run is shown."""
        try:
            job_id = self._show_current_run()
        finally:
            answered.set()
        if job_id is not None:
            self._reader.follow(job_id)

    def _show_current_run(self) -> str | None:
        """Show the runner's current run. Returns: the id of its job; None if there is nothing more to read."""
        run, state = self._runner.current_run(), self._log.state
        if run is None or (run.job_id == state.job_id and state.end is not None):
            return None
        with self._lock:
            if run.running and self._start_next:
                self._start_next = False
                self._log.update(starting=False, error=f"Another run is in progress: job {run.job_id}.")
        self._shown.show(run.job_id, running=run.running, starting=self._start_next)
        return run.job_id
