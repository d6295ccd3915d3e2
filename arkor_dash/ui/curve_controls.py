"""The controls of a loss curve. The page's address holds their values, so a shared link shows the same curve."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from arkor_dash.charts.curve import CurveOptions
from arkor_dash.charts.x_axis import ELAPSED, STEP, TIME_OF_DAY, x_axis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.protocol.metric_names import EPOCH

AXES = {"Step": STEP, "Elapsed": ELAPSED, "Time": TIME_OF_DAY, "Epoch": EPOCH}
SCOPES = {"Whole run": None, "In view": None, "Last 100": 100, "Last 1,000": 1_000}
IN_VIEW = "In view"


@dataclass(frozen=True, slots=True)
class Controls:
    """The values of the controls. `note` says that the run has no data for the chosen axis, and is "" otherwise."""

    options: CurveOptions
    note: str


def controls(feed: FeedSnapshot) -> Controls:
    """Show the Curve button with its controls. Returns their values."""
    with st.popover("Curve", icon=":material/tune:", type="tertiary", key="curve"):
        smoothing, kind = smoothing_and_axis(
            "The weight of the earlier losses in each smoothed training loss. Eval losses are not smoothed."
        )
        log_y = st.toggle("Log scale", key="log", bind="query-params")
        clip = st.toggle(
            "Clip outliers",
            key="clip",
            bind="query-params",
            help="Cuts the lowest and the highest 1% of the losses in view off the axis.",
        )
    axis = x_axis(kind, feed.metrics, feed.facts.started_at_ms)
    note = f"This run reports no {'epochs' if kind == EPOCH else 'times'} yet." if axis.kind != kind else ""
    return Controls(CurveOptions(axis, smoothing, log_y, clip), note)


def smoothing_and_axis(smoothing_help: str | None = None) -> tuple[float, str]:
    """The controls that every chart of losses has. Returns the smoothing, 0 to 0.99, and the kind of the x axis."""
    smoothing = st.slider(
        "Smoothing", 0.0, 0.99, 0.0, 0.01, key="smooth", bind="query-params", help=smoothing_help
    )
    chosen = st.segmented_control(
        "X axis", list(AXES), default="Step", required=True, key="x", bind="query-params"
    )
    return smoothing, AXES[chosen or "Step"]


def scope() -> str:
    """The part of the run that the statistics describe, one of `SCOPES`."""
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
