"""The dashboard that a page reads from: the one that all viewers share, or that of a recording."""

from __future__ import annotations

import atexit
import importlib
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from arkor_dash.access.rules import Rule
from arkor_dash.access.sign_in import read_sign_in
from arkor_dash.errors import ArkorDashError
from arkor_dash.live.dashboard import Dashboard, kept_outputs_of, open_dashboard, rebuilds_of, run_output_feed
from arkor_dash.live.feed import FeedRegistry
from arkor_dash.live.job_list import JobListPoller
from arkor_dash.live.metric_summaries import SummaryPoller
from arkor_dash.live.server.read_ahead import of_shared_dashboard
from arkor_dash.settings.load import load_settings
from arkor_dash.sources import Folder, RecordingSource, Source

from . import session
from .text import paragraph

_opened = ExitStack()
"""Closes the shared dashboard. Also at the interpreter's exit, for servers that run no lifespan."""
atexit.register(_opened.close)


def dashboard() -> Dashboard:
    """The dashboard of the recording that the page's address names, else the shared dashboard.

    If the shared dashboard can't be opened, the page says why and stops.
    """
    shared = _shared_or_stop()
    opened: Dashboard | None = None
    if "upload" in st.query_params:
        opened = session.uploaded_recording(st.query_params["upload"])
    elif "recording" in st.query_params:
        opened = recordings_dashboard()
    return opened or shared


def shows_recording() -> bool:
    """Whether the page's address names a recording."""
    return "upload" in st.query_params or "recording" in st.query_params


def dashboard_of(source: Source) -> Dashboard:
    """The shared dashboard, but with readers of `source`."""
    jobs = JobListPoller(source)
    return replace(
        _shared_or_stop(),
        source=source,
        jobs=jobs,
        feeds=FeedRegistry(source, jobs.contains),
        output=run_output_feed(source),
        kept_outputs=kept_outputs_of(source),
        summaries=SummaryPoller(source),
        rebuilds=rebuilds_of(source),
        local_studios=None,
    )


@st.cache_resource(show_spinner=False)
def recordings_dashboard() -> Dashboard | None:
    """The dashboard of ARKOR_DASH_RECORDINGS_DIR; None if that is not set."""
    folder = load_settings(os.environ, _secrets()).recordings_dir
    return None if folder is None else dashboard_of(RecordingSource(Folder(folder)))


@st.cache_resource(show_spinner=False)
def shared_dashboard() -> Dashboard:
    """The one dashboard of this process. The first call opens it; concurrent calls wait for it.

    The server calls this when it starts. A server without a lifespan does not; the first viewer's page then does.
    A failed call is not cached, so the next call tries again.
    Raises: ArkorDashError: there is no usable source, or the Studio did not start.
    """
    secrets = _secrets()
    settings = load_settings(os.environ, secrets)
    authlib = settings.actions != "operators" or _authlib_is_installed()
    sign_in = read_sign_in(secrets.get("auth"), authlib=authlib)
    origins = tuple(st.get_option("server.corsAllowedOrigins"))
    rule = Rule(settings.actions, settings.operators, sign_in, origins)
    opened = open_dashboard(settings, rule)
    _opened.callback(opened.close)
    of_shared_dashboard.begin = opened.feeds.read_ahead
    return opened


def close_shared_dashboard() -> None:
    """Close the shared dashboard, if it is open, and wait until its Studio has ended."""
    of_shared_dashboard.begin = None
    _opened.close()
    _shared_for_page.clear()
    shared_dashboard.clear()


@st.cache_resource(show_spinner="Starting the Studio…")
def _shared_for_page() -> Dashboard:
    """The shared dashboard, with a spinner on the page while it opens. The server's own call has no page."""
    return shared_dashboard()


def _shared_or_stop() -> Dashboard:
    try:
        return _shared_for_page()
    except ArkorDashError as error:
        st.html(paragraph("The dashboard has no source of jobs", "arkor-title", tag="h1"))
        st.html(paragraph(str(error), "arkor-banner", tag="div", role="alert"))
        st.button("Try again", icon=":material/refresh:")
        st.stop()


def _secrets() -> Mapping[str, object]:
    """Streamlit's secrets; empty if there is no secrets file."""
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        return {}


def _authlib_is_installed() -> bool:
    """Whether the part of Authlib that Streamlit needs for signing in can be imported."""
    try:
        importlib.import_module("authlib.integrations.starlette_client")
    except ImportError:
        return False
    return True
