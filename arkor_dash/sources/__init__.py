"""Where jobs and events come from: one protocol, and what speaks it."""

from .base import (
    PYTHON,
    TYPESCRIPT,
    Capabilities,
    EventStream,
    Frame,
    Manifest,
    ProjectWords,
    RunInfo,
    RunOutput,
    Source,
)

__all__ = [
    "PYTHON",
    "TYPESCRIPT",
    "Capabilities",
    "EventStream",
    "Frame",
    "Manifest",
    "ProjectWords",
    "RunInfo",
    "RunOutput",
    "Source",
]
