"""The line in a page's head: the source of the data, and since when it has not answered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from html import escape

import streamlit as st

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.parts import Shared
from arkor_dash.protocol.addresses import shown_address
from arkor_dash.sources import StudioSource

from . import session
from .clock import local_time
from .live_fragment import watch_fragment
from .local_studios import show_studios_note, studios_note
from .notifications import news_of, notify_of_other_jobs
from .resources import dashboard
from .text import markdown_text, paragraph

REFRESH_S = 5.0
QUICK_ANSWER_S = 0.15
"""How long a page waits for an answer before it is drawn without it."""


@st.fragment
def live_source_line() -> None:
    """The line, drawn again when it changes."""
    fragment_watch = watch_fragment("source")
    dash = dashboard()
    dash.jobs.refresh(REFRESH_S - 0.5)
    dash.jobs.wait(QUICK_ANSWER_S)
    watched = session.watched_jobs()

    def current_state(_shared: Shared | None = None) -> object:
        dash.jobs.refresh(REFRESH_S - 0.5)
        return source_state(dash), news_of(dash, watched)

    drawn_state = current_state()
    source_line()
    source_notice()
    notify_of_other_jobs()
    fragment_watch.drawn(current_state, drawn_state)


def source_line(*, stream_is_interrupted: bool = False) -> None:
    """The line as it is now, and the note below it. For fragments that are refreshed anyway.

    The line is a dot and the source's name. The rest is shown to the pointer and to who tabs to it.

    Args: stream_is_interrupted: whether the events of the job on the page can't be read.
    """
    dash = dashboard()
    outage = _outage(dash)
    state = "lost" if outage else "answers" if dash.jobs.snapshot().loaded else "unknown"
    if state == "answers" and stream_is_interrupted:
        state = "partly"
    label = f'<span class="arkor-source-label">{escape(dash.source.label)}</span>'
    mark = f'<span class="arkor-lost" role="status">{escape(outage)}</span>' if outage else ""
    details = "".join(paragraph(text, "arkor-source-detail", tag="span") for text in _details(dash, state))
    with st.container(key="source"):
        st.html(
            f'<div class="arkor-source-box"><p class="arkor-source arkor-source-{state}" tabindex="0" '
            f'aria-describedby="arkor-source-details">{label}{mark}</p>'
            f'<p id="arkor-source-details" class="arkor-source-details" role="tooltip">{details}</p></div>'
        )
    show_studios_note(studios_note(dash, is_lost=outage is not None))


def _details(dash: Dashboard, state: str) -> Iterator[str]:
    """What the source is, its address, and whether it answers."""
    source, since_ms = dash.source, lost_since_ms(dash)
    yield source.label
    if isinstance(source, StudioSource):
        yield shown_address(source.url)
    yield _description(dash)
    if state == "unknown":
        yield "It has not answered yet."
    elif state == "partly":
        yield "It answers, but the event stream of this job is interrupted."
    elif since_ms is None:
        yield "It answers."
    else:
        yield f"It has not answered since {local_time(since_ms):%H:%M:%S}."


def _description(dash: Dashboard) -> str:
    if dash.studio is not None:
        return "The dashboard's own server, which starts runs and keeps their history."
    match dash.source.kind:
        case "studio":
            return "A server that starts runs and knows their jobs."
        case "cloud":
            return "The jobs of an Arkor cloud project."
    return "Jobs that were saved as files."


def source_state(dash: Dashboard) -> object:
    """Changes with the line, the note and the notice. Any thread may call this."""
    since_ms, loaded = lost_since_ms(dash), dash.jobs.snapshot().loaded
    note = studios_note(dash, is_lost=since_ms is not None)
    return dash.source.label, since_ms, loaded, note, dash.source.deprecation_notice


def lost_since_ms(dash: Dashboard) -> float | None:
    """Since when the source is lost, in Unix milliseconds; None if it answers. Any thread may call this."""
    return dash.jobs.snapshot().lost_since_ms(time.time() * 1000)


def source_notice() -> None:
    """Show the source's deprecation notice, once to each viewer."""
    notice = dashboard().source.deprecation_notice
    if notice and session.has_changed("notice", notice):
        st.toast(markdown_text(notice), icon=":material/info:", duration="long")


def _outage(dash: Dashboard) -> str | None:
    since_ms = lost_since_ms(dash)
    if since_ms is None:
        return None
    if not dash.jobs.snapshot().loaded:
        return "no data yet"
    return f"lost since {local_time(since_ms):%H:%M:%S}"
