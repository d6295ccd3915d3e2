"""Where jobs and events come from: one protocol, and what speaks it."""

from .base import (
    PYTHON,
    TYPESCRIPT,
    Capabilities,
    Download,
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
from .history import events_so_far, output_so_far
from .kinds import ARKOR_DEV, EMBEDDED, OURS, StudioKind
from .recordings import Entry, RecordingSource, kind_of
from .shelves import Folder, Upload
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
    "Download",
    "Entry",
    "EventStream",
    "Folder",
    "Frame",
    "Manifest",
    "ProjectWords",
    "RecordingSource",
    "RunInfo",
    "RunOutput",
    "Silences",
    "Source",
    "StudioKind",
    "StudioSource",
    "Upload",
    "choose_source",
    "cloud_access",
    "events_so_far",
    "kind_of",
    "output_so_far",
    "token_file",
]
