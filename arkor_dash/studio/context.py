"""The context of one running Studio: its project, paths, store, tokens, commands and limits."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

from arkor_dash.studio.storage.store import Store

from .state_dir import StateDir
from .wakeups import Signal, Wakeups

KEEP_ALIVE_S = 15.0
MANIFEST_LIMIT_S = 30.0
CANCEL_GRACE_S = 30.0
KEEP_RUNS = 200


@dataclass(frozen=True, slots=True)
class Commands:
    """The command lines that the Studio runs. It adds `--out FILE` to `manifest`."""

    start: tuple[str, ...] = (sys.executable, "-m", "arkor_dash", "start")
    manifest: tuple[str, ...] = (sys.executable, "-m", "arkor_dash", "manifest")


@dataclass(frozen=True, slots=True)
class StudioContext:
    """The objects and settings that the parts of a Studio share.

    `url` is the Studio's own address. `opener` is a token that can only open jobs for scripts outside.
    `events_stored` is notified with a job's id when events of it were stored, `output_grew` when its output
    grew. Both are notified when its run has ended, as is `run_ended`.
    `cancel_grace_s` is how long a cancelled run may take to save its work. `keep_runs` is the number of
    finished runs whose files are kept, 0 for all.
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
    keep_alive_s: float = KEEP_ALIVE_S
    manifest_limit_s: float = MANIFEST_LIMIT_S
    cancel_grace_s: float = CANCEL_GRACE_S
    keep_runs: int = KEEP_RUNS
