"""The output of the project's run, read once for all who look at it."""

from __future__ import annotations

import itertools
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from arkor_dash.errors import RunInProgressError, SourceError, SourceUnavailableError
from arkor_dash.live.backoff import wait_s
from arkor_dash.live.tracebacks import release_frames
from arkor_dash.protocol.exit_trailer import ExitTrailer
from arkor_dash.sources import Runner, RunOutput

from .log import OutputSnapshot, RunLog

__all__ = ["OutputSnapshot", "RunOutputFeed"]

log = logging.getLogger(__name__)

_generations = itertools.count(1)


class RunOutputFeed:
    """Starts runs and follows their output, in a thread of its own, whoever comes and goes.

    A runner that does not keep runs ends a run with the connection that started it; here it is held open.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._chance = random.Random()  # noqa: S311 - it only spreads retries
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._stream: RunOutput | None = None
        self._state = OutputSnapshot()
        self._start_next = False
        self._stale = False
        self._log = RunLog()

    def start(self) -> None:
        """Start a run, unless one that is known here is on. What comes of it shows in the snapshot."""
        with self._lock:
            if self._state.running or self._state.starting or self._stopping:
                return
            self._update(starting=True, error=None)
            self._start_next = not self._spawn(self._start)

    def attach(self) -> None:
        """Look whether the project has a run that is not shown here yet, and follow it."""
        with self._lock:
            self._spawn(self._attach)

    def snapshot(self) -> OutputSnapshot:
        """The output so far; the same object until something changes."""
        with self._lock:
            if self._stale:
                first, lines = self._log.lines()
                self._state = replace(self._state, lines=lines, first_line=first)
                self._stale = False
            return self._state

    def download(self) -> bytes:
        """All that the run has printed so far, as it came, escape codes and all."""
        with self._lock:
            return self._log.raw()

    def close(self) -> None:
        """Stop reading. Where the source does not keep runs, this ends the run."""
        with self._lock:
            self._stopping = True
            stream = self._stream
            if self._thread is None:
                self._log.close()
        self._wake.set()
        if stream is not None:
            stream.close()

    def _spawn(self, work: Callable[[], None]) -> bool:
        if self._thread is not None or self._stopping:
            return False
        self._thread = threading.Thread(target=self._run, args=(work,), name="run-output", daemon=True)
        self._thread.start()
        return True

    def _run(self, work: Callable[[], None]) -> None:
        while True:
            self._do(work)
            with self._lock:
                if self._stopping or not self._start_next:
                    self._thread = None
                    if self._stopping:
                        self._log.close()
                    return
                self._start_next = False
            work = self._start

    def _do(self, work: Callable[[], None]) -> None:
        failure = None
        try:
            work()
        except SourceError as error:
            release_frames(error)
            failure = str(error)
        except Exception as error:
            log.exception("The run's output could not be read")
            release_frames(error)
            failure = "An unexpected error; the server's log has it."
        with self._lock:
            self._stream = None
            self._update(
                starting=self._start_next,
                running=False,
                interrupted=None,
                error=self._state.error if failure is None or self._stopping else failure,
            )

    def _start(self) -> None:
        try:
            ended = self._read(self._runner.start_run, begin=True)
        except RunInProgressError as error:
            # Whose run it is does not matter: its output is what there is to see.
            with self._lock:
                self._update(starting=False, error=str(error))
            if self._runner.keeps_runs and error.job_id is not None:
                self._show(error.job_id, running=True)
                self._follow(error.job_id)
            return
        except SourceUnavailableError:
            if self._state.starting or not self._runner.keeps_runs:
                raise
            ended = False
        if ended:
            return
        if not self._runner.keeps_runs or self._state.job_id is None:
            raise SourceUnavailableError("The output broke off before the run's end.")
        self._follow(self._state.job_id)

    def _attach(self) -> None:
        run = self._runner.current_run()
        if run is None or (run.job_id == self._state.job_id and self._state.exit_code is not None):
            return
        with self._lock:
            if run.running and self._start_next:
                self._start_next = False
                self._update(starting=False, error=f"Another run is on: job {run.job_id}.")
        self._show(run.job_id, running=run.running)
        self._follow(run.job_id)

    def _follow(self, job_id: str) -> None:
        """Read the kept output to its end, over as many connections as that takes."""
        failures = 0
        while not self._stopping:
            before, retry_after_s = self._log.received, None
            try:
                whole = self._read(lambda: self._runner.output(job_id, self._log.received))
                if whole or self._is_over(job_id):
                    return
                reason = "The output broke off."
            except SourceUnavailableError as error:
                release_frames(error)
                reason, retry_after_s = str(error), error.retry_after_s
            failures = 1 if self._log.received > before else failures + 1
            with self._lock:
                if not self._stopping:
                    self._update(interrupted=reason)
            self._wake.wait(wait_s(failures, None, retry_after_s, self._chance))

    def _is_over(self, job_id: str) -> bool:
        """Whether a run whose output ended without a trailer has ended too."""
        run = self._runner.current_run()
        if run is not None and run.job_id == job_id:
            with self._lock:
                self._update(exit_code=run.exit_code)
            return not run.running
        return True

    def _read(self, ask: Callable[[], RunOutput], *, begin: bool = False) -> bool:
        """Read one connection. Returns: whether the trailer came, so that this was all."""
        trailer = ExitTrailer()
        with self._lock:
            if self._stopping:
                return True
            stream = self._stream = ask()
        with stream:
            if begin:
                self._show(stream.job_id, running=True, anew=True)
            try:
                for piece in stream:
                    self._take(trailer.feed(piece))
            except SourceUnavailableError:
                if not self._is_whole(trailer):
                    raise
                return True
        return self._is_whole(trailer)

    def _is_whole(self, trailer: ExitTrailer) -> bool:
        held, exit_code = trailer.end()
        if exit_code is None:
            return False
        with self._lock:
            self._log.take(held, final=True)
            self._update(exit_code=exit_code, interrupted=None)
        return True

    def _show(self, job_id: str | None, *, running: bool, anew: bool = False) -> None:
        """Make room for the output of a run, unless it is the one that is shown."""
        with self._lock:
            if anew or job_id != self._state.job_id:
                self._log.close()
                self._log = RunLog()
                self._state = OutputSnapshot(
                    generation=next(_generations),
                    version=self._state.version,
                    starting=self._start_next,
                    error=self._state.error,
                )
            self._update(job_id=job_id, running=running)

    def _take(self, output: bytes) -> None:
        if output:
            with self._lock:
                self._log.take(output)
                self._update()
                self._update(interrupted=None, job_id=self._state.job_id or self._log.announced_job())

    def _update(self, **changes: Any) -> None:
        """Change the state, or with no changes, the lines. Call with the lock held."""
        changed = replace(self._state, **changes)
        if changed != self._state or not changes:
            self._state = replace(changed, version=self._state.version + 1)
            self._stale = True
