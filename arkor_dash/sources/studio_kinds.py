"""The Studios there are, and what sets one apart from another."""

from __future__ import annotations

from dataclasses import dataclass

from .base import PYTHON, TYPESCRIPT, Capabilities, ProjectWords


@dataclass(frozen=True, slots=True)
class StudioKind:
    """What sets one Studio apart from another; `name` is for the label, `token_advice` for a wrong token."""

    name: str
    capabilities: Capabilities
    words: ProjectWords
    token_advice: str


EMBEDDED = StudioKind(
    "embedded Studio",
    Capabilities(
        can_run=True,
        keeps_runs=True,
        has_job_route=True,
        can_cancel=True,
        can_download=True,
        can_rerun=True,
        tells_cancelled=True,
    ),
    PYTHON,
    "Restart the dashboard to start a new Studio.",
)
OURS = StudioKind(
    "Studio",
    EMBEDDED.capabilities,
    PYTHON,
    "The token is read from ARKOR_STUDIO_TOKEN: set it to the one that this Studio was started with.",
)
"""A Studio like the embedded one that somebody else has started."""

ARKOR_DEV = StudioKind(
    "arkor dev",
    Capabilities(can_run=True, keeps_runs=False, has_job_route=False, can_cancel=False),
    TYPESCRIPT,
    "The token is read from ARKOR_STUDIO_TOKEN, else from ~/.arkor/studio-token.",
)
