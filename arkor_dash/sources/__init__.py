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
from .choice import choose_source
from .cloud import CloudSource
from .cloud_access import CloudAccess, cloud_access
from .kinds import ARKOR_DEV, EMBEDDED, OURS, StudioKind
from .silences import Silences
from .studio import StudioSource, token_file

__all__ = [
    "ARKOR_DEV",
    "EMBEDDED",
    "OURS",
    "PYTHON",
    "TYPESCRIPT",
    "Capabilities",
    "CloudAccess",
    "CloudSource",
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
    "choose_source",
    "cloud_access",
    "token_file",
]
