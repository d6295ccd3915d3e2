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
from .studio import ARKOR_DEV, EMBEDDED, Silences, StudioKind, StudioSource, token_file

__all__ = [
    "ARKOR_DEV",
    "EMBEDDED",
    "PYTHON",
    "TYPESCRIPT",
    "Capabilities",
    "EventStream",
    "Frame",
    "Manifest",
    "ProjectWords",
    "RunInfo",
    "RunOutput",
    "Silences",
    "Source",
    "StudioKind",
    "StudioSource",
    "token_file",
]
