"""What all viewers share: the source, and everything that reads from it."""

from __future__ import annotations

import atexit
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from ..embedded import EmbeddedStudio
from ..errors import ArkorDashError, SettingsError, SourceError
from ..feed import FeedRegistry
from ..joblist import JobListPoller
from ..output import RunOutputFeed
from ..settings import Settings, load_settings
from ..sources import ARKOR_DEV, EMBEDDED, Source, StudioSource, token_file
from . import plotly_js
from .text import paragraph

log = logging.getLogger(__name__)

CLOUD_IS_NOT_READ = SettingsError(
    "ARKOR_DASH_SOURCE", "set to the Arkor cloud, which this version can't read", "embedded, studio or auto"
)
STATIC = Path(__file__).resolve().parents[2] / "static"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`plotly_js` is the address of plotly.js relative to the app, None if it can't be served; `actions` says who may
    start runs."""

    source: Source
    jobs: JobListPoller
    feeds: FeedRegistry
    output: RunOutputFeed
    plotly_js: str | None
    actions: str


def dashboard() -> Dashboard:
    """The shared parts, made by the first viewer. Where they can't be made, the page says why and stops."""
    try:
        return _dashboard()
    except ArkorDashError as error:
        st.html(paragraph("The dashboard has no source of jobs", "arkor-title", tag="h1"))
        st.html(paragraph(str(error), "arkor-banner", tag="div", role="alert"))
        st.button("Try again", icon=":material/refresh:")
        st.stop()


@st.cache_resource(show_spinner="Starting the Studio…")
def _dashboard() -> Dashboard:
    settings = load_settings(os.environ, _secrets())
    source = _source(settings)
    return Dashboard(
        source=source,
        jobs=JobListPoller(source),
        feeds=FeedRegistry(source),
        output=RunOutputFeed(source),
        plotly_js=plotly_js.publish(STATIC),
        actions=settings.actions,
    )


def _source(settings: Settings) -> Source:
    """The source that the settings name, or with `auto` the first there is; in the end our own Studio."""
    kind = settings.source
    if kind == "cloud" or (kind == "auto" and not settings.studio_configured and _names_a_cloud(settings)):
        raise CLOUD_IS_NOT_READ
    if kind == "studio" or (kind == "auto" and settings.studio_configured):
        return _studio(settings)
    if kind == "auto" and settings.studio_token_file.is_file():
        running = _studio(settings)
        try:
            running.jobs()
        except SourceError as error:
            log.info("No arkor dev on its default port: %s", error)
        else:
            return running
    studio = EmbeddedStudio(settings.project_dir, settings.state_dir, settings.database_url)
    atexit.register(studio.close)
    return StudioSource(studio.url, studio.token, EMBEDDED)


def _studio(settings: Settings) -> StudioSource:
    """The Studio at the address that is set; of our own kind if it has the route that only ours has."""
    token = settings.studio_token or token_file(settings.studio_token_file)
    ours = StudioSource(settings.studio_url, token, EMBEDDED)
    try:
        ours.current_run()
    except SourceError:
        return StudioSource(settings.studio_url, token, ARKOR_DEV)
    return ours


def _names_a_cloud(settings: Settings) -> bool:
    return settings.cloud_url is not None or settings.cloud_token is not None


def _secrets() -> Mapping[str, object]:
    """Streamlit's secrets; none where there is no file of them."""
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        return {}
