"""What all viewers share: the source, and everything that reads from it."""

from __future__ import annotations

import atexit
import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from ..actions import Rule
from ..cancellations import Cancellations
from ..embedded import EmbeddedStudio
from ..errors import ArkorDashError
from ..feed import FeedRegistry
from ..joblist import JobListPoller
from ..output import RunOutputFeed
from ..settings import Settings, load_settings
from ..sign_in import read_sign_in
from ..sources import EMBEDDED, Folder, RecordingSource, Source, StudioSource, choose_source
from . import state
from .text import paragraph


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`rule` says who may start runs."""

    source: Source
    jobs: JobListPoller
    feeds: FeedRegistry
    output: RunOutputFeed
    cancellations: Cancellations
    rule: Rule


def dashboard() -> Dashboard:
    """What the page reads from: a recording, where its address names one, else the shared parts.

    Those are made by the first viewer. Where they can't be made, the page says why and stops.
    """
    shared = _shared()
    opened: Dashboard | None = None
    if "upload" in st.query_params:
        opened = state.upload(st.query_params["upload"])
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
