"""The context of one running Studio: its project, paths, store, tokens, commands and limits."""

from __future__ import annotations

import logging
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

from arkor_dash.studio.storage.problems import UNKNOWN, storage_problem
from arkor_dash.studio.storage.store import Store

from .state_dir import StateDir
from .wakeups import Signal, Wakeups

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 15.0
MANIFEST_LIMIT_S = 30.0
CANCEL_GRACE_S = 30.0
KEEP_RUNS = 200


@dataclass(frozen=True, slots=True)
class Commands:
    """The command lines that the Studio runs. The Studio adds `--out FILE` to `manifest`."""

    start: tuple[str, ...] = (sys.executable, "-m", "arkor_dash", "start")
    manifest: tuple[str, ...] = (sys.executable, "-m", "arkor_dash", "manifest")


@dataclass(frozen=True, slots=True)
class StudioContext:
    """The objects and settings that the parts of a Studio share.

    `url`: the Studio's own address.
    `opener`: a token that can only open jobs and read the events of jobs, for scripts that the Studio did not start.
    `events_stored`: notified with a job's id when its events were stored, and when its run has ended.
    `output_grew`: notified with a job's id when its run has printed something, and when the run has ended.
    `run_ended`: notified when any run has ended.
    `stretch_filled`: notified when a job may have enough events to store them in columns.
    `keep_alive_s`: seconds of silence after which an event stream sends a comment.
    `manifest_limit_s`: seconds after which reading the project is given up.
    `cancel_grace_s`: seconds that a cancelled run may take to save its work.
    `keep_runs`: the number of finished runs whose files are kept; 0 for all.
    """

    project: Path
    state: StateDir
    store: Store
    url: str
    token: str = field(repr=False)
    opener: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False, kw_only=True)
    commands: Commands = field(default_factory=Commands)
    events_stored: Wakeups = field(default_factory=Wakeups)
    output_grew: Wakeups = field(default_factory=Wakeups)
    run_ended: Signal = field(default_factory=Signal)
    stretch_filled: Signal = field(default_factory=Signal)
    keep_alive_s: float = KEEP_ALIVE_S
    manifest_limit_s: float = MANIFEST_LIMIT_S
    cancel_grace_s: float = CANCEL_GRACE_S
    keep_runs: int = KEEP_RUNS

    def problem(self, error: BaseException) -> str:
        """What an error of the database or the disk means, for viewers."""
        return storage_problem(error, self.store.url, self.state.root)

    def log_failure(self, what: str, error: BaseException) -> None:
        """Log what has failed, with a traceback if no words say why."""
        problem = self.problem(error)
        log.error("%s: %s", what, problem, exc_info=error if problem == UNKNOWN else None)
