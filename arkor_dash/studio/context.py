"""What one running Studio works with."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

from arkor_dash.studio.storage.store import Store

from .state_dir import StateDir
from .wakeups import Wakeups

KEEP_ALIVE_S = 15.0
MANIFEST_LIMIT_S = 30.0
CANCEL_GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class Commands:
    """What the Studio runs. `--out FILE` is added to `manifest`."""

    start: tuple[str, ...] = (sys.executable, "-m", "arkor_dash", "start")
    manifest: tuple[str, ...] = (sys.executable, "-m", "arkor_dash", "manifest")


@dataclass(frozen=True, slots=True)
class Setup:
    """`landed` is rung for a job when its events were stored, `grown` when its output has grown; both are
    rung when its run has ended. `url` is the Studio's own, `opener` a token that only opens jobs for scripts outside.
    `cancel_grace_s` is how long a run that was asked to end may take to save."""

    project: Path
    state: StateDir
    store: Store
    url: str
    token: str = field(repr=False)
    opener: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False, kw_only=True)
    commands: Commands = field(default_factory=Commands)
    landed: Wakeups = field(default_factory=Wakeups)
    grown: Wakeups = field(default_factory=Wakeups)
    keep_alive_s: float = KEEP_ALIVE_S
    manifest_limit_s: float = MANIFEST_LIMIT_S
    cancel_grace_s: float = CANCEL_GRACE_S
