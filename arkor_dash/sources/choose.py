"""The choice of the source that the dashboard reads from."""

from __future__ import annotations

import logging
from collections.abc import Callable

from arkor_dash.errors import SourceError
from arkor_dash.recordings.storage import Folder
from arkor_dash.settings.load import Settings
from arkor_dash.sources.http.timeouts import DEFAULT_TIMEOUTS, ReadTimeouts

from .base import Source
from .cloud import CloudSource
from .cloud_credentials import cloud_access
from .recordings import RecordingSource
from .studio import StudioSource, token_file

log = logging.getLogger(__name__)

PROBE_TIMEOUTS = ReadTimeouts(default_s=2.0)
"""For checking whether an `arkor dev` is running, which delays the start of the dashboard."""


def choose_source(settings: Settings, start_embedded: Callable[[], Source]) -> Source:
    """The source that the settings name. It may not be reachable.

    With `auto`, the first of these: a configured Studio, the configured cloud, an `arkor dev` that answers, and the
    embedded Studio. The cloud counts as configured by a setting only: its two files exist for everyone who has used
    `arkor dev`.
    """
    match settings.source:
        case "embedded":
            return start_embedded()
        case "studio":
            return _studio(settings)
        case "cloud":
            return CloudSource(cloud_access(settings))
        case "recordings" if settings.recordings_dir is not None:
            return RecordingSource(Folder(settings.recordings_dir))
    if settings.studio_configured:
        return _studio(settings)
    if settings.cloud_configured:
        return CloudSource(cloud_access(settings))
    return _studio(settings) if _is_running(settings) else start_embedded()


def _studio(settings: Settings, timeouts: ReadTimeouts = DEFAULT_TIMEOUTS) -> StudioSource:
    token = settings.studio_token or token_file(settings.studio_token_file)
    return StudioSource(settings.studio_url, token, timeouts=timeouts)


def _is_running(settings: Settings) -> bool:
    """Whether an `arkor dev` answers to the token on disk."""
    if token_file(settings.studio_token_file)() is None:
        return False
    try:
        _studio(settings, PROBE_TIMEOUTS).jobs()
    except SourceError as error:
        log.info("There is no arkor dev on its default port: %s", error)
        return False
    return True
