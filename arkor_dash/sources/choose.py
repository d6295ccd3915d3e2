"""The choice of the source that the dashboard reads from."""

from __future__ import annotations

import logging
from collections.abc import Callable

from arkor_dash.recordings.storage import Folder
from arkor_dash.settings.load import Settings

from .base import Source
from .cloud import CloudSource
from .cloud_credentials import cloud_access
from .local_studios import LocalStudios
from .recordings import RecordingSource
from .studio import StudioSource
from .studio_tokens import FoundToken, token_file

log = logging.getLogger(__name__)


def choose_source(
    settings: Settings, start_embedded: Callable[[], Source], local_studios: LocalStudios | None = None
) -> Source:
    """The source that the settings name. It may not be reachable.

    With `auto`, the first of these: a configured Studio, the configured cloud, the `arkor dev` that answers on the
    lowest port, and the embedded Studio. The cloud counts as configured by a setting only: its two files exist for
    everyone who has used `arkor dev`.

    Args: local_studios: surveyed if no Studio is configured. None: those on the ports that the settings name.
    """
    match settings.source:
        case "embedded":
            return start_embedded()
        case "cloud":
            return CloudSource(cloud_access(settings))
        case "recordings" if settings.recordings_dir is not None:
            return RecordingSource(Folder(settings.recordings_dir))
        case "auto" if settings.cloud_configured and not settings.studio_configured:
            return CloudSource(cloud_access(settings))
    if settings.studio_configured:
        return _studio(settings, settings.studio_url)
    local_studios = local_studios or LocalStudios(settings.studio_ports, settings.studio_token_file)
    survey = local_studios.survey()
    if survey.studios:
        return _studio(settings, survey.studios[0].url)
    if survey.problem is not None:
        log.warning(survey.problem)
    return start_embedded() if settings.source == "auto" else _studio(settings, settings.studio_url)


def _studio(settings: Settings, url: str) -> StudioSource:
    if settings.studio_token is not None:
        return StudioSource(url, settings.studio_token)
    file = token_file(settings.studio_token_file)
    return StudioSource(url, FoundToken(url, file, is_configured=settings.studio_configured))
