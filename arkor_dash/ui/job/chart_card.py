"""The chart card of a job: its losses, or a metric of it, and their statistics."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import streamlit as st

from arkor_dash.charts.curve import CurveOptions, View
from arkor_dash.charts.growing_chart import GrowingChart
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.x_axis import x_axis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.metrics.groups import metric_groups
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import show_growing_chart
from arkor_dash.ui.browser.chart_head import ChartHead
from arkor_dash.ui.browser.chart_view import Zoom, view_of
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.texts import Text, show_texts, texts_part
from arkor_dash.ui.chart_cache import growing_chart
from arkor_dash.ui.curve_controls import controls, on_axis
from arkor_dash.ui.text import paragraph

from .chart_subject import ChartSubject, losses_of, metric_of
from .job_now import JobNow
from .statistics_card import statistics_card
from .wording import no_loss_text

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
    with st.container(border=True):
        return draw_chart(parts, subject_of, lambda now: now.feed, no_loss_text(ended), note=note)


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
            chosen = controls(prefix, subject.plural)
            advanced = st.toggle(
                "Advanced", key=f"{prefix}advanced", persist_state="session", bind="query-params"
            )
            if tools:
                tools()
    frame = (f"{prefix}chart", subject.id, chosen.axis_kind)
    parts.depends(frame, partial(_frame, feed_of, subject_of, chosen.axis_kind))
    options, axis_note = on_axis(chosen, feed)
    key, zoom = _key(subject, options), Zoom(f"{prefix}zoom", options.axis.title)
    view = view_of(key, zoom)
    shown = ChartHead(f"{key}_head", subject.heading, heading_tag, f"{prefix}hidden", note, axis_note)
    read = partial(_read, parts.read, feed_of, subject_of)
    chart, update = shared_chart(parts.view, read, options, view)
    update()
    session.keep_open_chart(subject.kind, chart)
    with head:
        shown.show(chart.note)
    with st.container(key=f"{subject.kind}_chart"):
        if subject.empty:
            st.html(paragraph(waiting, "arkor-empty", role="status"))
        else:
            cursor = session.chart_cursor(subject.kind)
            show_growing_chart(parts, chart, update, cursor, key=key, zoom=zoom, head=shown, has_own_png=True)
    with st.container(key=f"{prefix}findings"):
        found = texts_part((chart.view_id, "findings"), lambda: _found(chart))
        show_texts(parts, found, key=f"{prefix}findings_texts")
    with st.container():
        if advanced:
            statistics_card(parts, read, prefix, options.axis, view)
    return DrawnChart(options, view)


def _read(
    read: Callable[[], JobNow], feed_of: Callable[[JobNow], FeedSnapshot], subject_of: SubjectOf
) -> tuple[ChartSubject, FeedSnapshot]:
    feed = feed_of(read())
    return subject_of(feed), feed


def _frame(
    feed_of: Callable[[JobNow], FeedSnapshot], subject_of: SubjectOf, axis_kind: str, now: JobNow
) -> object:
    """What the elements around the chart depend on: whether there is a value yet, and the unit of the x axis."""
    feed = feed_of(now)
    return subject_of(feed).empty, x_axis(axis_kind, feed.metrics, feed.facts.started_at_ms).title


def _found(chart: GrowingChart) -> list[Text]:
    return [
        Text(f"{finding.title}. {finding.rule}", "arkor-note arkor-finding", role="status")
        for finding in chart.curve.findings
    ]


def _key(subject: ChartSubject, options: CurveOptions) -> str:
    """The element key: one for each axis, since a zoom on one axis means nothing on another."""
    return f"{subject.kind}_chart_{subject.id}_{options.axis.title}"


def shared_chart(
    view_id: Hashable,
    read: Callable[[], tuple[ChartSubject, FeedSnapshot]],
    options: CurveOptions,
    view: View,
) -> tuple[GrowingChart, Callable[[], None]]:
    """The chart, which all who look at the view `view_id` share, and a function that brings it up to date."""
    subject = read()[0]
    settings = (options.axis.title, options.smoothing, options.log_y, options.clip)
    chart = growing_chart(
        (view_id, subject.kind, subject.id, view, settings),
        lambda: GrowingChart(view, LIGHT, subject.unit, subject.plural),
    )

    def update() -> None:
        subject, feed = read()
        chart.update(
            (feed.generation, feed.version),
            subject.version,
            subject.content,
            lambda: replace(options, axis=x_axis(options.axis.kind, feed.metrics, feed.facts.started_at_ms)),
        )

    return chart, update
