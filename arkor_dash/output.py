"""The output of the project's run, read once for all who look at it."""

from __future__ import annotations

from dataclasses import dataclass

LINES_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class OutputSnapshot:
    """What a run has printed, as a terminal would show it.

    `lines` are the newest ones, without escape codes; the first has the number `first_line` (from 0), so that
    many earlier ones are no longer here. Only the last line may still change. `version` changes when anything
    here did, `generation` when another run's output took the place of this one's.
    `starting`: a run was asked for; no answer yet. `exit_code` is None until the trailer says it.
    `error` says why a run could not be started or its output not be read to the end.
    """

    generation: int = 0
    version: int = 0
    job_id: str | None = None
    starting: bool = False
    running: bool = False
    exit_code: int | None = None
    error: str | None = None
    first_line: int = 0
    lines: tuple[str, ...] = ()

    @property
    def total_lines(self) -> int:
        return self.first_line + len(self.lines)
