"""The state of the shown run, and its output."""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import dataclass, replace
from typing import Any

from arkor_dash.live.notifier import changes
from arkor_dash.protocol.exit_trailer import RunEnd
from arkor_dash.protocol.styled_line import Line, line_text
from arkor_dash.protocol.terminal import TerminalLines

ANNOUNCED_WITHIN = 20
"""The number of lines at the start of the output in which a run may name the job that it has started."""
_STARTED = re.compile(r"^Started job (\S{1,512})$")

_LINE_END = re.compile(rb"[\r\n]")

_generations = itertools.count(1)


@dataclass(frozen=True, slots=True)
class OutputSnapshot:
    """The shown run at one moment, with its output as a terminal would show it.

    `lines` are the newest lines, with their styles instead of escape codes. `first_line` is the number of the first
    one, counted from 0; the lines before it are no longer kept. Only the last line may still change. `begins_at` is
    the number of bytes before line 0 that were not read, since only the end of a long output is.
    `pid` is the process of the run, as the source counts; None if it does not say.
    `version` grows with every change. `generation` changes when another run takes the place of the shown one.
    `starting` says that a run was requested and the source has not answered yet. `end` is None until the run
    has ended. `error` says why a run could not be started, or why its output could not be read to the end.
    `interrupted` says why the output can't be read at the moment, while reading is retried. `download_problem` says
    why the output can't be downloaded, or only in part.
    """

    generation: int = 0
    version: int = 0
    job_id: str | None = None
    pid: int | None = None
    starting: bool = False
    running: bool = False
    end: RunEnd | None = None
    error: str | None = None
    interrupted: str | None = None
    download_problem: str | None = None
    begins_at: int = 0
    first_line: int = 0
    lines: tuple[Line, ...] = ()

    @property
    def exit_code(self) -> int | None:
        """None until the run has ended, and for a run that ended without one."""
        return self.end.exit_code if self.end else None

    @property
    def total_lines(self) -> int:
        return self.first_line + len(self.lines)

    @property
    def state(self) -> object:
        """Changes with everything apart from the lines: it changes only with the first one of them."""
        without = replace(self, version=0, begins_at=0, first_line=0, lines=(), download_problem=None)
        return without, self.total_lines > 0


class RunLog:
    """The snapshot of the shown run, and its changes. Thread-safe.

    Pages and the server's event loop take the lock, so nothing here waits for a disk or a network.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = OutputSnapshot()
        self._lines_are_old = False
        self._reset()

    @property
    def state(self) -> OutputSnapshot:
        """The snapshot, except that its `lines` may be old. Cheaper than `snapshot`."""
        return self._state

    @property
    def received(self) -> int:
        """The number of bytes of the shown run's output that were added."""
        return self._received

    def snapshot(self) -> OutputSnapshot:
        """The run as it is now; the same object until something changes."""
        with self._lock:
            if self._lines_are_old:
                lines = self._terminal.lines()
                first_line = self._terminal.total - len(lines)
                self._state = replace(self._state, lines=lines, first_line=first_line)
                self._lines_are_old = False
            return self._state

    def job_and_size(self) -> tuple[str | None, int]:
        """The id of the shown run's job, and the number of bytes of its output that were added."""
        with self._lock:
            return self._state.job_id, self._received

    def update(self, **changes: Any) -> None:
        """Change fields of the snapshot."""
        with self._lock:
            self._set(replace(self._state, **changes))

    def show(self, job_id: str | None, *, running: bool, starting: bool, begins_at: int = 0) -> None:
        """Show another run, with no output yet. The output that is added begins with the byte `begins_at`."""
        with self._lock:
            self._reset(begins_at)
            self._set(
                OutputSnapshot(
                    generation=next(_generations),
                    version=self._state.version,
                    job_id=job_id,
                    starting=starting,
                    running=running,
                    error=self._state.error,
                    begins_at=begins_at,
                )
            )

    def add(self, output: bytes, *, final: bool = False) -> None:
        """Add the next bytes of the output. `final` says that no more will follow."""
        with self._lock:
            self._received += len(output)
            if self._is_within_line:
                output = self._after_line(output)
            self._terminal.feed(output, final=final)
            self._lines_are_old = True
            job_id = self._state.job_id or self._announced_job()
            self._state = replace(
                self._state, version=self._state.version + 1, job_id=job_id, interrupted=None
            )
        changes.notify()

    def _reset(self, begins_at: int = 0) -> None:
        self._received = begins_at
        self._is_within_line = begins_at > 0
        self._terminal = TerminalLines()
        self._may_announce = not begins_at

    def _after_line(self, output: bytes) -> bytes:
        """What follows the line in which the output begins."""
        end = _LINE_END.search(output)
        if end is None:
            return b""
        self._is_within_line = False
        return output[end.end() :]

    def _announced_job(self) -> str | None:
        """The id of the job that the run has started, if its first lines name the job."""
        if not self._may_announce:
            return None
        self._may_announce = self._terminal.total < ANNOUNCED_WITHIN
        found = filter(None, map(_STARTED.match, map(line_text, self._terminal.lines()[:ANNOUNCED_WITHIN])))
        started = next(found, None)
        return started[1] if started else None

    def _set(self, state: OutputSnapshot) -> None:
        if state != self._state:
            self._state = replace(state, version=self._state.version + 1)
            changes.notify()
