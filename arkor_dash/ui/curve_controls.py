"""How the viewer wants the curve drawn. All of it stands in the address, so a link shows what its sender saw."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from arkor_dash.charts.loss_curve import CurveOptions
from arkor_dash.charts.x_axis import ELAPSED, EPOCH, STEP, TIME_OF_DAY, x_axis
from arkor_dash.live.feed import FeedSnapshot

from .clock import utc_offset_ms

AXES = {"Step": STEP, "Elapsed": ELAPSED, "Time": TIME_OF_DAY, "Epoch": EPOCH}
SCOPES = {"Whole run": None, "In view": None, "Last 100": 100, "Last 1,000": 1_000}
IN_VIEW = "In view"


@dataclass(frozen=True, slots=True)
class Controls:
    """What is set. `note` says what a setting can't do with this run, or is ""."""

    options: CurveOptions
    note: str


def controls(feed: FeedSnapshot) -> Controls:
    """The button behind which the settings are, and what they say now."""
    with st.popover("Curve", icon=":material/tune:", type="tertiary", key="curve"):
        smoothing, kind = smoothing_and_axis(
            "How much of the average so far each training loss keeps. Eval losses are drawn as they are."
        )
        log_loss = st.toggle("Log scale", key="log", bind="query-params")
        clip = st.toggle(
            "Clip outliers",
            key="clip",
            bind="query-params",
            help="Leaves the lowest and the highest hundredth of the losses in view off the axis.",
        )
    axis = x_axis(kind, feed.side_series, feed.facts.started_at_ms, utc_offset_ms=utc_offset_ms())
    note = f"This run reports no {'epochs' if kind == EPOCH else 'times'} yet." if axis.kind != kind else ""
    return Controls(CurveOptions(axis, smoothing, log_loss, clip), note)


def smoothing_and_axis(explained: str | None = None) -> tuple[float, str]:
    """How much the training loss is smoothed, and the kind of axis: what every chart of losses can be asked for."""
    smoothing = st.slider(
        "Smoothing", 0.0, 0.99, 0.0, 0.01, key="smooth", bind="query-params", help=explained
    )
    wanted = st.segmented_control(
        "Along", list(AXES), default="Step", required=True, key="x", bind="query-params"
    )
    return smoothing, AXES[wanted or "Step"]


def scope() -> str:
    """Which part of the run the statistics are of."""
    chosen = st.segmented_control(
        "Statistics of",
        list(SCOPES),
        default="Whole run",
        required=True,
        key="scope",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or "Whole run"
