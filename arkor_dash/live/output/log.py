"""What one run has printed: all of it as it came, and the newest lines as a terminal shows them."""

from __future__ import annotations

import contextlib
import re
import tempfile
from dataclasses import dataclass

from arkor_dash.protocol.terminal import TerminalLines

IN_MEMORY = 1024 * 1024
"""Bytes past which the raw output goes to a temporary file."""
_STARTED = re.compile(r"^Started job (\S{1,512})$")


@dataclass(frozen=True, slots=True)
class OutputSnapshot:
    """What a run has printed, as a terminal would show it.

    `lines` are the newest ones, without escape codes; the first has the number `first_line` (from 0), so that
    many earlier ones are no longer here. Only the last line may still change. `version` changes when anything
    here did, `generation` when another run's output took the place of this one's.
    `starting`: a run was asked for; no answer yet. `exit_code` is None until the trailer says it.
    `error` says why a run could not be started, or its output not be read to the end; `interrupted`, while the
    output is out of reach and tried again, why.
    """

    generation: int = 0
    version: int = 0
    job_id: str | None = None
    starting: bool = False
    running: bool = False
    exit_code: int | None = None
    error: str | None = None
    interrupted: str | None = None
    first_line: int = 0
    lines: tuple[str, ...] = ()

    @property
    def total_lines(self) -> int:
        return self.first_line + len(self.lines)


class RunLog:
    """Not for several threads at once. `received` counts the bytes of output taken in."""

    def __init__(self) -> None:
        self.received = 0
        self._terminal = TerminalLines()
        self._raw = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - lives as long as this

    def take(self, output: bytes, *, final: bool = False) -> None:
        self.received += len(output)
        self._terminal.feed(output, final=final)
        with contextlib.suppress(OSError):  # a full disk costs the download, not the view
            self._raw.write(output)

    def lines(self) -> tuple[int, tuple[str, ...]]:
        """The number of the first line that is kept, and the lines from there on."""
        lines = self._terminal.lines()
        return self._terminal.total - len(lines), lines

    def announced_job(self) -> str | None:
        """The job that the run says it has started, in its first lines."""
        first, lines = self.lines()
        if first > 0:
            return None
        started = next(filter(None, map(_STARTED.match, lines[:20])), None)
        return started[1] if started else None

    def raw(self) -> bytes:
        self._raw.seek(0)
        raw = self._raw.read()
        self._raw.seek(0, 2)
        return raw

    def close(self) -> None:
        self._raw.close()
