"""What all viewers share: the source, and everything that reads from it."""

from __future__ import annotations

import atexit
import importlib
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from arkor_dash.access.rules import Rule
from arkor_dash.access.sign_in import read_sign_in
from arkor_dash.errors import ArkorDashError
from arkor_dash.live.cancellations import Cancellations
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedRegistry
from arkor_dash.live.job_list import JobListPoller
from arkor_dash.live.output.follower import RunOutputFeed
from arkor_dash.settings.load import Settings, load_settings
from arkor_dash.sources import EMBEDDED, Folder, RecordingSource, Source, StudioSource, choose_source
from arkor_dash.sources.embedded import EmbeddedStudio

from . import session
from .text import paragraph


def dashboard() -> Dashboard:
    """What the page reads from: a recording, where its address names one, else the shared parts.

    Those are made by the first viewer. Where they can't be made, the page says why and stops.
    """
    shared = _shared()
    opened: Dashboard | None = None
    if "upload" in st.query_params:
        opened = session.upload(st.query_params["upload"])
    elif "recording" in st.query_params:
        opened = of_folder()
    return opened or shared


def shows_recording() -> bool:
    """Whether the page's address names a recording."""
    return "upload" in st.query_params or "recording" in st.query_params


def of_source(source: Source) -> Dashboard:
    """The shared parts, with another source in place of the shared one."""
    return replace(
        _shared(),
        source=source,
        jobs=JobListPoller(source),
        feeds=FeedRegistry(source),
        output=RunOutputFeed(source),
    )


@st.cache_resource(show_spinner=False)
def of_folder() -> Dashboard | None:
    """The shared parts with the recordings of the folder in the settings; None where they name none."""
    folder = load_settings(os.environ, _secrets()).recordings_dir
    return None if folder is None else of_source(RecordingSource(Folder(folder)))


def _shared() -> Dashboard:
    try:
        return _dashboard()
    except ArkorDashError as error:
        st.html(paragraph("The dashboard has no source of jobs", "arkor-title", tag="h1"))
        st.html(paragraph(str(error), "arkor-banner", tag="div", role="alert"))
        st.button("Try again", icon=":material/refresh:")
        st.stop()


@st.cache_resource(show_spinner="Starting the Studio…")
def _dashboard() -> Dashboard:
    secrets = _secrets()
    settings = load_settings(os.environ, secrets)
    source = choose_source(settings, partial(_start_embedded, settings))
    return Dashboard(
        source=source,
        jobs=JobListPoller(source),
        feeds=FeedRegistry(source),
        output=RunOutputFeed(source),
        cancellations=Cancellations(source),
        rule=Rule(
            settings.actions,
            settings.operators,
            read_sign_in(secrets.get("auth"), authlib=settings.actions != "operators" or _finds_authlib()),
        ),
    )


def _start_embedded(settings: Settings) -> Source:
    """Our own Studio, in a process that ends with this one."""
    studio = EmbeddedStudio(
        settings.project_dir, settings.state_dir, settings.database_url, settings.cancel_grace_s
    )
    atexit.register(studio.close)
    return StudioSource(studio.url, studio.token, EMBEDDED)


def _secrets() -> Mapping[str, object]:
    """Streamlit's secrets; none where there is no file of them."""
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        return {}


def _finds_authlib() -> bool:
    """Whether the part of it that Streamlit signs people in with can be imported, with all that it needs."""
    try:
        importlib.import_module("authlib.integrations.starlette_client")
    except ImportError:
        return False
    return True
