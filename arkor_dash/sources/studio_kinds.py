"""The implementations of the Studio API, and how they differ."""

from __future__ import annotations

from dataclasses import dataclass

from .base import PYTHON, TYPESCRIPT, ProjectNames


@dataclass(frozen=True, slots=True)
class StudioKind:
    """One implementation of the Studio API.

    `is_ours`: whether it is this package's Studio. That adds to the API of `arkor dev`: a route for one job,
    cancelling, running again with a config, naming, tagging and deleting jobs, summaries of their metrics, their
    events in columns, artifacts, and runs whose output is kept. It also reports a cancellation in the event stream.
    `token_advice`: the advice for the viewer if the token is refused.
    """

    name: str
    is_ours: bool
    names: ProjectNames
    token_advice: str


EMBEDDED = StudioKind("embedded Studio", True, PYTHON, "Restart the dashboard to start a new Studio.")
"""Our Studio, started by this dashboard."""
OURS = StudioKind(
    "Studio",
    True,
    PYTHON,
    "The token is read from ARKOR_STUDIO_TOKEN: set it to the one that this Studio was started with.",
)
"""Our Studio, started by somebody else."""
ARKOR_DEV = StudioKind(
    "arkor dev",
    False,
    TYPESCRIPT,
    "The token is read from ARKOR_STUDIO_TOKEN, else from the Studio's page or ~/.arkor/studio-token.",
)
"""The Studio that `arkor dev` starts for a TypeScript project."""
