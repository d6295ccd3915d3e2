"""The loss chart of a job, and its statistics."""

from __future__ import annotations

from typing import Any

import streamlit as st

from .. import statistics
from ..charts import DARK, LIGHT, chart_alt, figure_json, loss_figure
from ..curves import LossCurve, View, loss_curve
from ..feed import FeedSnapshot
from ..losses import Losses, Series
from . import components, state
from .resources import dashboard
from .text import paragraph

DEFAULT_WIDTH_PX = 900
MAX_WIDTH_PX = 8_000


def chart_card(feed: FeedSnapshot, *, ended: bool) -> None:
    """The curve, how much of it is drawn, and behind the toggle its statistics."""
    chart = None if feed.losses.empty else _drawn(feed)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            note = paragraph(chart.note, "arkor-note") if chart else ""
            st.html(
                f'<div class="arkor-head">{paragraph("Loss", "arkor-heading", tag="h2")}{note}</div>',
                width="content",
            )
            advanced = st.toggle("Advanced", key="advanced", persist_state="session")
        with st.container(key="loss_chart"):
            if chart:
                _chart(feed.job_id, chart)
            else:
                word = "This job reported no loss." if ended else "Waiting for training.log events…"
                st.html(paragraph(word, "arkor-empty", role="status"))
        with st.container():
            if advanced:
                _statistics(feed.losses)


def _chart(job_id: str, chart: state.ChartCache) -> None:
    script = dashboard().plotly_js
    if script is None:
        st.plotly_chart(chart.figure, key="loss_chart_static", alt=chart.alt, theme=None)
        st.html(paragraph("The app's static folder can't be written, so updates undo a zoom.", "arkor-note"))
        return
    components.chart(chart.figure, key=_key(job_id), alt=chart.alt, library=script, themes=(LIGHT, DARK))


def _key(job_id: str) -> str:
    return f"loss_chart_{job_id}"


def _drawn(feed: FeedSnapshot) -> state.ChartCache:
    view = state.chart_view(_key(feed.job_id))
    key = (feed.job_id, feed.generation, feed.losses.version, repr(view))
    kept = state.kept_chart()
    if kept is not None and kept.key == key:
        return kept
    curve = loss_curve(feed.losses, _view(view))
    chart = state.ChartCache(key, figure_json(loss_figure(curve, LIGHT)), chart_alt(curve), _note(curve))
    state.keep_chart(chart)
    return chart


def _note(curve: LossCurve) -> str:
    parts = [f"showing {curve.drawn:,} of {curve.total:,} points"] if curve.total else []
    if curve.nonfinite:
        parts.append(f"{curve.nonfinite:,} {'loss' if curve.nonfinite == 1 else 'losses'} not finite")
    return " · ".join(parts)


def _view(view: dict[str, Any] | None) -> View:
    """The browser's report as a view; what does not look like one counts as the whole run."""
    match view:
        case {"x": [int() | float() as low, int() | float() as high], "width": int(width)}:
            return View((float(low), float(high)), min(width, MAX_WIDTH_PX))
        case {"width": int(width)}:
            return View(None, min(width, MAX_WIDTH_PX))
        case _:
            return View(None, DEFAULT_WIDTH_PX)


def _statistics(losses: Losses) -> None:
    with st.grid(2, min_column_width=260):
        if losses.train or not losses.eval:
            _card("stats_train", "Training loss", losses.train)
        if losses.eval:
            _card("stats_eval", "Eval loss", losses.eval)


def _card(key: str, heading: str, series: Series) -> None:
    with st.container(border=True, key=key):
        count = f"{len(series):,} sample{'' if len(series) == 1 else 's'}"
        st.html(paragraph(heading, "arkor-heading", tag="h3") + paragraph(count, "arkor-note"))
        if not len(series):
            st.html(paragraph("No finite values yet.", "arkor-note"))
            return
        rows = statistics.rows(statistics.summarize(series.values))
        components.facts([(label, text, "text") for label, text in rows], key=f"{key}_facts")
