"""The chart card of a job: its losses, or a metric of it, and their statistics."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import streamlit as st

from arkor_dash.charts.curve import Curve, CurveOptions, View
from arkor_dash.charts.curve_figure import chart_alt, curve_figure_dict
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import BY_STEP
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.metrics.groups import metric_groups
from arkor_dash.metrics.history import Metrics
from arkor_dash.protocol.fields import to_number
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import show_chart
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.chart_cache import ChartCache, keep_chart, kept_chart
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


_charts_by_step: deque[ChartCache] = deque(maxlen=16)
"""The latest charts by step, shared by all viewers of a job. Charts over time depend on the viewer's time zone."""


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
    subject: ChartSubject, chart: ChartCache | None, options: CurveOptions, waiting: str
) -> None:
    with st.container(key=f"{subject.kind}_chart"):
        if chart:
            show_chart(chart.figure, key=_key(subject, options), alt=chart.alt, has_own_png=True)
        else:
            st.html(paragraph(waiting, "arkor-empty", role="status"))


def _found(chart: ChartCache | None, prefix: str) -> None:
    with st.container(key=f"{prefix}findings"):
        for finding in chart.findings if chart else ():
            st.html(paragraph(f"{finding.title}. {finding.rule}", "arkor-note arkor-finding", role="status"))


def _view_of(subject: ChartSubject, options: CurveOptions) -> View:
    return reported_view(session.chart_view(_key(subject, options)))


def _key(subject: ChartSubject, options: CurveOptions) -> str:
    """The element key: one for each axis, since a zoom on one axis means nothing on another."""
    return f"{subject.kind}_chart_{subject.id}_{options.axis.title}"


def _chart(subject: ChartSubject, feed: FeedSnapshot, options: CurveOptions, view: View) -> ChartCache:
    settings = (options.axis.title, options.smoothing, options.log_y, options.clip)
    key = (subject.kind, subject.id, feed.generation, subject.version, view, settings)
    for kept in (kept_chart(subject.kind), *_charts_by_step):
        if kept is not None and kept.key == key:
            keep_chart(kept, subject.kind)
            return kept
    curve = subject.curve(view, options)
    figure = wire_json(curve_figure_dict(curve, LIGHT, subject.unit))
    note = _note(curve, feed.metrics, subject.plural)
    chart = ChartCache(key, figure, chart_alt(curve), note, curve.findings, options)
    keep_chart(chart, subject.kind)
    if options.axis is BY_STEP:
        _charts_by_step.append(chart)
    return chart


def _note(curve: Curve, metrics: Metrics, plural: str) -> str:
    parts = [f"showing {curve.drawn:,} of {curve.total:,} points"] if curve.total else []
    if curve.nonfinite:
        parts.append(
            f"{curve.nonfinite:,} {plural.removesuffix('s') if curve.nonfinite == 1 else plural} not finite"
        )
    if curve.clipped:
        parts.append(f"axis clipped to the 1st–99th percentile, {curve.clipped:,} outside")
    if curve.options.log_y and (hidden := curve.below_zero):
        parts.append(f"{hidden:,} at or below 0 not on the log scale")
    if without := metrics.without_step:
        parts.append(f"{without:,} {'report' if without == 1 else 'reports'} without a step not drawn")
    return " · ".join(parts)


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
