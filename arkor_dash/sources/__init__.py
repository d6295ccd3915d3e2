"""The sources of jobs: the embedded Studio, `arkor dev`, the Arkor cloud, recordings."""

from arkor_dash.recordings.storage import Folder, Upload
from arkor_dash.sources.http.timeouts import ReadTimeouts

from .base import (
    PYTHON,
    TYPESCRIPT,
    ArtifactStore,
    EventArchive,
    JobControl,
    JobKeeper,
    Manifest,
    MetricSummaries,
    ProjectNames,
    RunInfo,
    Runner,
    Source,
)
from .choose import choose_source
from .cloud import CloudSource
from .cloud_credentials import CloudAccess, cloud_access
from .local_studios import LocalStudio, LocalStudios, Survey
from .recording_list import Entry
from .recordings import RecordingSource
from .streams import Download, EventStream, Frame, RunOutput, StretchStream
from .studio import StudioSource
from .studio_kinds import ARKOR_DEV, EMBEDDED, OURS, StudioKind
from .studio_tokens import FoundToken, token_file

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
    "EventArchive",
    "EventStream",
    "Folder",
    "FoundToken",
    "Frame",
    "JobControl",
    "JobKeeper",
    "LocalStudio",
    "LocalStudios",
    "Manifest",
    "MetricSummaries",
    "ProjectNames",
    "ReadTimeouts",
    "RecordingSource",
    "RunInfo",
    "RunOutput",
    "Runner",
    "Source",
    "StretchStream",
    "StudioKind",
    "StudioSource",
    "Survey",
    "Upload",
    "choose_source",
    "cloud_access",
    "token_file",
]
