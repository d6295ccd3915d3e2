"""The output of a project's runs, read once for all viewers."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable

from arkor_dash.errors import UNEXPECTED_ERROR, RunInProgressError, SourceError, SourceUnavailableError
from arkor_dash.live.backoff import wait_s
from arkor_dash.live.file_stream import FileStream
from arkor_dash.live.tracebacks import release_frames
from arkor_dash.protocol.exit_trailer import ExitTrailer, RunEnd
from arkor_dash.sources import Runner, RunOutput

from .log import OutputSnapshot
from .shown_run import ShownRun

__all__ = ["OutputSnapshot", "RunOutputFeed"]

log = logging.getLogger(__name__)


class RunOutputFeed:
    """Starts runs and follows their output in a thread of its own.

    A runner that does not keep runs ends a run when the connection that started it is closed. The feed keeps that
    connection open, whether or not anyone watches.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._rng = random.Random()  # noqa: S311 - it only spreads retries
        self._shown = ShownRun(runner)
        self._log = self._shown.log
        # Guards the fields below. Pages take it too, so it is not held while waiting for a disk or a network.
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._stream: RunOutput | None = None
        self._start_next = False
        self._is_ending = False

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
        with self._lock:
            is_asking = self._spawn(lambda: self._attach(answered))
        if is_asking:
            answered.wait(wait_s)

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
            stream = self._stream
            if self._runner.keeps_runs or stream is None:
                return
            self._is_ending = True
        stream.close()

    def close(self) -> None:
        """Stop reading. If the runner does not keep runs, this ends the run."""
        with self._lock:
            self._stopping = True
            stream = self._stream
            is_idle = self._thread is None
        self._wake.set()
        if stream is not None:
            stream.close()
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
            self._stream = None
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
            is_complete = self._read(self._runner.start_run, starts_run=True)
        except RunInProgressError as error:
            self._log.update(starting=False, error=str(error))
            # The run that is in progress is shown instead, no matter who started it.
            if self._runner.keeps_runs and error.job_id is not None:
                self._shown.show(error.job_id, running=True, starting=self._start_next)
                self._follow(error.job_id)
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
        self._follow(job_id)

    def _attach(self, answered: threading.Event) -> None:
        """Show the runner's current run and follow its output to the end. Sets `answered` once the run is shown."""
        try:
            job_id = self._show_current_run()
        finally:
            answered.set()
        if job_id is not None:
            self._follow(job_id)

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

    def _follow(self, job_id: str) -> None:
        """Read the kept output to its end, over as many connections as needed."""
        failures = 0
        while not self._stopping:
            before, retry_after_s = self._log.received, None
            try:
                is_complete = self._read(lambda: self._runner.output(job_id, self._log.received))
                if is_complete or self._has_ended(job_id):
                    return
                reason = "The output broke off."
            except SourceUnavailableError as error:
                release_frames(error)
                reason, retry_after_s = str(error), error.retry_after_s
            failures = 1 if self._log.received > before else failures + 1
            if not self._stopping:
                self._log.update(interrupted=reason)
            self._wake.wait(wait_s(failures, None, retry_after_s, self._rng))

    def _has_ended(self, job_id: str) -> bool:
        """Whether the run has ended, although its output has ended without an exit trailer."""
        run = self._runner.current_run()
        if run is not None and run.job_id == job_id:
            if run.exit_code is not None:
                self._log.update(end=RunEnd(run.exit_code))
            return not run.running
        return True

    def _is_running(self) -> bool:
        """Whether the runner says that the shown run is running. A runner that keeps no runs does not say so."""
        run = self._runner.current_run()
        return run is not None and run.running and run.job_id == self._log.state.job_id

    def _read(self, connect: Callable[[], RunOutput], *, starts_run: bool = False) -> bool:
        """Read one connection. Returns: whether the output is complete, that is, the exit trailer was received."""
        trailer = ExitTrailer()
        stream = connect()
        with self._lock:
            if self._stopping:
                return True
            self._stream = stream
        with stream:
            if starts_run:
                self._shown.show_new(stream.job_id, running=True, starting=self._start_next)
                self._log.update(pid=stream.pid)
            try:
                for piece in stream:
                    self._shown.add(trailer.feed(piece))
            except SourceUnavailableError:
                if not self._is_complete(trailer, broke_off=True):
                    raise
                return True
        return self._is_complete(trailer)

    def _is_complete(self, trailer: ExitTrailer, *, broke_off: bool = False) -> bool:
        held, end = trailer.end()
        # If the connection broke off, what looks like the trailer may be the program's own output.
        if end is None or (broke_off and self._is_running()):
            return False
        self._shown.add(held, final=True)
        self._log.update(end=end, interrupted=None)
        return True
