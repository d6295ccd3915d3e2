"""Where jobs come from: the embedded Studio, `arkor dev`, the Arkor cloud, recordings."""

from arkor_dash.recordings.storage import Folder, Upload
from arkor_dash.sources.http.timeouts import ReadTimeouts

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
from .choose import choose_source
from .cloud import CloudSource
from .cloud_credentials import CloudAccess, cloud_access
from .recordings import Entry, RecordingSource, kind_of
from .studio import StudioSource, token_file
from .studio_kinds import ARKOR_DEV, EMBEDDED, OURS, StudioKind

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
    "ReadTimeouts",
    "RecordingSource",
    "RunInfo",
    "RunOutput",
    "Source",
    "StudioKind",
    "StudioSource",
    "Upload",
    "choose_source",
    "cloud_access",
    "kind_of",
    "token_file",
]
