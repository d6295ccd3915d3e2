"""The controls of a loss curve. The page's address holds their values, so a shared link shows the same curve."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

from arkor_dash.charts.curve import CurveOptions
from arkor_dash.charts.x_axis import ELAPSED, STEP, TIME_OF_DAY, x_axis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.protocol.metric_names import EPOCH

from . import session

AXES = {"Step": STEP, "Elapsed": ELAPSED, "Time": TIME_OF_DAY, "Epoch": EPOCH}
SCOPES = {"Whole run": None, "In view": None, "Last 100": 100, "Last 1,000": 1_000}
IN_VIEW = "In view"


@dataclass(frozen=True, slots=True)
class Controls:
    """The values of the controls.

    `options` are without an axis, and `axis_kind` is the chosen one.
    """

    options: CurveOptions
    axis_kind: str


def controls(prefix: str = "", plural: str = "losses") -> Controls:
    """Show the Curve button with its controls. Returns their values.

    Args: prefix: begins the keys. A chart with a prefix shares the x axis of the loss chart. plural: what the chart
        shows.
    """
    with st.popover("Curve", icon=":material/tune:", type="tertiary", key=f"{prefix}curve", width="content"):
        smoothing = _smoothing(
            f"The weight of the earlier {plural} in each smoothed one. Values of an evaluation are not smoothed.",
            prefix,
        )
        kind = _shared_axis(prefix) if prefix else axis_control()
        log_y = st.toggle("Log scale", key=f"{prefix}log", bind="query-params")
        clip = st.toggle(
            "Clip outliers",
            key=f"{prefix}clip",
            bind="query-params",
            help=f"Cuts the lowest and the highest 1% of the {plural} in view off the axis.",
        )
    return Controls(CurveOptions(smoothing=smoothing, log_y=log_y, clip=clip), kind)


def on_axis(chosen: Controls, feed: FeedSnapshot) -> tuple[CurveOptions, str]:
    """The options with the run's axis, and a note that the run has no data for it; "" if it has."""
    kind = chosen.axis_kind
    axis = x_axis(kind, feed.metrics, feed.facts.started_at_ms)
    note = f"This run reports no {'epochs' if kind == EPOCH else 'times'} yet." if axis.kind != kind else ""
    return replace(chosen.options, axis=axis), note


def _smoothing(smoothing_help: str, prefix: str) -> float:
    return st.slider(
        "Smoothing", 0.0, 0.99, 0.0, 0.01, key=f"{prefix}smooth", bind="query-params", help=smoothing_help
    )


def axis_control(label_visibility: Literal["visible", "collapsed"] = "visible") -> str:
    """The control of the x axis that all charts of the page share. Returns its kind."""
    chosen = st.segmented_control(
        "X axis",
        list(AXES),
        default="Step",
        required=True,
        key="x",
        bind="query-params",
        label_visibility=label_visibility,
    )
    return AXES[chosen or "Step"]


def _shared_axis(prefix: str) -> str:
    """A second control of the x axis that all charts of the page share. Returns its kind."""
    key = f"{prefix}x"
    session.enter(key, session.entered("x") or "Step")
    chosen = st.segmented_control(
        "X axis of all charts",
        list(AXES),
        required=True,
        key=key,
        on_change=lambda: session.enter("x", session.entered(key)),
    )
    return AXES[chosen or "Step"]


def scope(prefix: str = "") -> str:
    """The part of the run that the statistics describe, one of `SCOPES`. `prefix` begins the control's key."""
    chosen = st.segmented_control(
        "Statistics of",
        list(SCOPES),
        default="Whole run",
        required=True,
        key=f"{prefix}scope",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or "Whole run"
