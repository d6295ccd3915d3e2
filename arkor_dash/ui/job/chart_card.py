"""The chart card of a job: its losses, or a metric of it, and their statistics."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import streamlit as st

from arkor_dash.charts.curve import CurveOptions, View
from arkor_dash.charts.growing_chart import GrowingChart
from arkor_dash.charts.theme import LIGHT
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.metrics.groups import metric_groups
from arkor_dash.protocol.fields import to_number
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import show_growing_chart
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.chart_cache import growing_chart
from arkor_dash.ui.curve_controls import controls
from arkor_dash.ui.text import heading_with_note, paragraph

from .chart_subject import ChartSubject, losses_of, metric_of
from .job_now import JobNow
from .statistics_card import statistics_card

DEFAULT_WIDTH_PX = 900
MAX_WIDTH_PX = 8_000


SubjectOf = Callable[[FeedSnapshot], ChartSubject]
"""Takes what a chart shows from a feed."""


class DrawnChart(NamedTuple):
    """The options with which a chart was drawn, and its view."""

    options: CurveOptions
    view: View


def chart_card(parts: LiveParts[JobNow]) -> DrawnChart:
    """The loss curve, a note on how many points are drawn, and the statistics if Advanced is on.

    An ended run without a loss has its first metric there.
    """
    feed, ended = parts.now.feed, parts.now.state.ended
    subject_of: SubjectOf = losses_of
    note = ""
    parts.depends("no loss", lambda now: now.feed.losses.empty)
    if feed.losses.empty and ended and (groups := metric_groups(feed.metrics.metrics)):
        subject_of, note = (
            partial(metric_of, name=groups[0].metrics[0], kind="loss"),
            "this job reported no loss",
        )
    waiting = "This job reported no loss." if ended else "Waiting for training.log events…"
    with st.container(border=True):
        return draw_chart(parts, subject_of, lambda now: now.feed, waiting, note=note)


def draw_chart(
    parts: LiveParts[JobNow],
    subject_of: SubjectOf,
    feed_of: Callable[[JobNow], FeedSnapshot],
    waiting: str = "",
    *,
    note: str = "",
    heading_tag: str = "h2",
    tools: Callable[[], None] | None = None,
) -> DrawnChart:
    """Draw the head with its controls, the chart, what was found in it, and the statistics if Advanced is on.

    Args:
        feed_of: the job's feed, with what the subject is taken from.
        waiting: the text in place of an empty chart.
        note: precedes the other notes.
        tools: draws more controls.
    """
    feed = feed_of(parts.now)
    subject = subject_of(feed)
    prefix = "" if subject.kind == "loss" else f"{subject.kind}_"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        head = st.container(width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            chosen = controls(feed, prefix, subject.plural)
            advanced = st.toggle(
                "Advanced", key=f"{prefix}advanced", persist_state="session", bind="query-params"
            )
            if tools:
                tools()
    parts.depends(f"{prefix}chart", lambda now: subject_of(feed_of(now)).version)
    options, view = chosen.options, _view_of(subject, chosen.options)
    chart = None if subject.empty else _chart(subject, feed, options, view)
    with head:
        notes = " · ".join(text for text in (note, chart.note if chart else "", chosen.note) if text)
        st.html(heading_with_note(subject.heading, notes, tag=heading_tag), width="content")
    _chart_or_text(subject, chart, options, waiting)
    _found(chart, prefix)
    with st.container():
        if advanced:
            statistics_card(
                parts, partial(_read, parts.read, feed_of, subject_of), prefix, options.axis, view
            )
    return DrawnChart(options, view)


def _read(
    read: Callable[[], JobNow], feed_of: Callable[[JobNow], FeedSnapshot], subject_of: SubjectOf
) -> tuple[ChartSubject, FeedSnapshot]:
    feed = feed_of(read())
    return subject_of(feed), feed


def _chart_or_text(
    subject: ChartSubject, chart: GrowingChart | None, options: CurveOptions, waiting: str
) -> None:
    with st.container(key=f"{subject.kind}_chart"):
        if chart:
            cursor = session.chart_cursor(subject.kind)
            message = cursor.next_message(chart)
            show_growing_chart(message, key=_key(subject, options), on_gap=cursor.restart)
        else:
            st.html(paragraph(waiting, "arkor-empty", role="status"))


def _found(chart: GrowingChart | None, prefix: str) -> None:
    with st.container(key=f"{prefix}findings"):
        for finding in chart.curve.findings if chart else ():
            st.html(paragraph(f"{finding.title}. {finding.rule}", "arkor-note arkor-finding", role="status"))


def _view_of(subject: ChartSubject, options: CurveOptions) -> View:
    return reported_view(session.chart_view(_key(subject, options)))


def _key(subject: ChartSubject, options: CurveOptions) -> str:
    """The element key: one for each axis, since a zoom on one axis means nothing on another."""
    return f"{subject.kind}_chart_{subject.id}_{options.axis.title}"


def _chart(subject: ChartSubject, feed: FeedSnapshot, options: CurveOptions, view: View) -> GrowingChart:
    settings = (options.axis.title, options.smoothing, options.log_y, options.clip)
    key = (subject.kind, subject.id, feed.generation, view, settings)
    chart = growing_chart(key, lambda: GrowingChart(view, LIGHT, subject.unit, subject.plural), subject.kind)
    chart.update(feed.version, subject.version, subject.content, options)
    return chart


def reported_view(reported: object) -> View:
    """The range in view as the browser reports it; the whole run if the report is missing or malformed."""
    match reported:
        case {"x": [low, high], "width": int(width)}:
            ends = (to_number(low), to_number(high))
        case {"width": int(width)}:
            ends = (None, None)
        case _:
            return View(None, DEFAULT_WIDTH_PX)
    low_x, high_x = ends
    in_view = None if low_x is None or high_x is None else (low_x, high_x)
    return View(in_view, min(width, MAX_WIDTH_PX))
