"""The loss chart of a job, and its statistics."""

from __future__ import annotations

from collections import deque

import streamlit as st

from arkor_dash.charts.curve import Curve, CurveOptions, View
from arkor_dash.charts.curve_figure import chart_alt, curve_figure_dict
from arkor_dash.charts.loss_curve import loss_curve
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import BY_STEP
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.metrics.history import Metrics
from arkor_dash.protocol.fields import to_number
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import show_chart
from arkor_dash.ui.curve_controls import controls
from arkor_dash.ui.keys import key_part
from arkor_dash.ui.text import paragraph

from .statistics_card import statistics_card

DEFAULT_WIDTH_PX = 900
MAX_WIDTH_PX = 8_000

_charts_by_step: deque[session.ChartCache] = deque(maxlen=8)
"""The latest charts by step, shared by all viewers of a job. Charts over time depend on the viewer's time zone."""


def chart_card(feed: FeedSnapshot, *, ended: bool) -> None:
    """The loss curve, a note on how many points are drawn, and the statistics if Advanced is on."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            head = st.container(width="content")
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                chosen = controls(feed)
                advanced = st.toggle("Advanced", key="advanced", persist_state="session", bind="query-params")
        chart = None if feed.losses.empty else _chart(feed, chosen.options)
        with head:
            notes = " · ".join(note for note in (chart.note if chart else "", chosen.note) if note)
            st.html(
                f'<div class="arkor-head">{paragraph("Loss", "arkor-heading", tag="h2")}'
                f"{paragraph(notes, 'arkor-note') if notes else ''}</div>",
                width="content",
            )
        with st.container(key="loss_chart"):
            if chart:
                show_chart(chart.figure, key=_key(feed, chosen.options), alt=chart.alt)
            else:
                text = "This job reported no loss." if ended else "Waiting for training.log events…"
                st.html(paragraph(text, "arkor-empty", role="status"))
        with st.container(key="findings"):
            for finding in chart.findings if chart else ():
                st.html(
                    paragraph(f"{finding.title}. {finding.rule}", "arkor-note arkor-finding", role="status")
                )
        with st.container():
            if advanced:
                statistics_card(feed, chosen.options.axis, _view(feed, chosen.options))


def _key(feed: FeedSnapshot, options: CurveOptions) -> str:
    """The element key: one for each axis, since a zoom on one axis means nothing on another."""
    return f"loss_chart_{key_part(feed.job_id)}_{options.axis.title}"


def _chart(feed: FeedSnapshot, options: CurveOptions) -> session.ChartCache:
    view = _view(feed, options)
    settings = (options.axis.title, options.smoothing, options.log_y, options.clip)
    data = (feed.losses.version, feed.metrics.restart, feed.metrics.without_step, feed.metrics.checkpoints)
    key = (feed.job_id, feed.generation, data, view, settings)
    for kept in (session.kept_chart(), *_charts_by_step):
        if kept is not None and kept.key == key:
            session.keep_chart(kept)
            return kept
    curve = loss_curve(feed.metrics, view, options)
    figure = wire_json(curve_figure_dict(curve, LIGHT))
    found = curve.findings
    chart = session.ChartCache(key, figure, chart_alt(curve), _note(curve, feed.metrics), found, options)
    session.keep_chart(chart)
    if options.axis is BY_STEP:
        _charts_by_step.append(chart)
    return chart


def _note(curve: Curve, metrics: Metrics) -> str:
    parts = [f"showing {curve.drawn:,} of {curve.total:,} points"] if curve.total else []
    if curve.nonfinite:
        parts.append(f"{curve.nonfinite:,} {'loss' if curve.nonfinite == 1 else 'losses'} not finite")
    if curve.clipped:
        parts.append(f"axis clipped to the 1st–99th percentile, {curve.clipped:,} outside")
    if curve.options.log_y and (hidden := curve.below_zero):
        parts.append(f"{hidden:,} at or below 0 not on the log scale")
    if without := metrics.without_step:
        parts.append(f"{without:,} {'report' if without == 1 else 'reports'} without a step not drawn")
    return " · ".join(parts)


def _view(feed: FeedSnapshot, options: CurveOptions) -> View:
    return reported_view(session.chart_view(_key(feed, options)))


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
