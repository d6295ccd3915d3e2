"""The sources of jobs: the embedded Studio, `arkor dev`, the Arkor cloud, recordings."""

from arkor_dash.recordings.storage import Folder, Upload
from arkor_dash.sources.http.timeouts import ReadTimeouts

from .base import (
    PYTHON,
    TYPESCRIPT,
    ArtifactStore,
    Download,
    EventStream,
    Frame,
    JobControl,
    Manifest,
    ProjectNames,
    RunInfo,
    Runner,
    RunOutput,
    Source,
)
from .choose import choose_source
from .cloud import CloudSource
from .cloud_credentials import CloudAccess, cloud_access
from .recording_list import Entry
from .recordings import RecordingSource
from .studio import StudioSource, token_file
from .studio_kinds import ARKOR_DEV, EMBEDDED, OURS, StudioKind

__all__ = [
    "ARKOR_DEV",
    "EMBEDDED",
    "OURS",
    "PYTHON",
    "TYPESCRIPT",
    "ArtifactStore",
    "CloudAccess",
    "CloudSource",
    "Download",
    "Entry",
    "EventStream",
    "Folder",
    "Frame",
    "JobControl",
    "Manifest",
    "ProjectNames",
    "ReadTimeouts",
    "RecordingSource",
    "RunInfo",
    "RunOutput",
    "Runner",
    "Source",
    "StudioKind",
    "StudioSource",
    "Upload",
    "choose_source",
    "cloud_access",
    "token_file",
]
