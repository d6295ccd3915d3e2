"""The metrics of a job apart from its losses: small charts in groups, one of which can be made large."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from arkor_dash.charts.curve import View
from arkor_dash.charts.system_steps import with_system
from arkor_dash.charts.tiles import TileAxis, tile_axis, tile_points, tile_stage, tile_version
from arkor_dash.charts.x_axis import x_axis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.metrics.groups import MetricGroup, metric_groups, name_in_group
from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.metric import Metric
from arkor_dash.metrics.value_format import short_value
from arkor_dash.protocol.file_names import file_name
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import save_image_button
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.tiles import (
    SeenTiles,
    Tile,
    TileCursor,
    TileGroup,
    TilesNow,
    seen_tiles,
    show_tiles,
)
from arkor_dash.ui.curve_controls import axis_control
from arkor_dash.ui.keys import key_part
from arkor_dash.ui.text import paragraph

from .chart_card import DrawnChart, draw_chart
from .chart_subject import metric_of
from .job_now import JobNow
from .metrics_view import close_large, metrics_view

SEARCHED_FROM = 7
"""The number of metrics from which on there is a search."""
FIRST_TILES = 12
"""Small charts that are sent before the browser has reported which ones are in view."""
TILES_S = 5.0
"""Seconds after which small charts are sent again that have changed by less than a pixel."""
GENERAL_ID = "/"
"""Stands for the metrics without a group in the address. No group has a slash in its name."""

_cursor: session.VisitValue[tuple[str, TileCursor] | None] = session.VisitValue("tile_cursor", None)


def metrics_card(parts: LiveParts[JobNow]) -> None:
    """The small charts of all metrics that the loss chart does not show, and above them the one that is large.

    Those of the run's machine are among them. The small charts follow the zoom of the large one.
    """
    feed = _with_machine(parts.now)
    groups = metric_groups(feed.metrics.metrics)
    names = [name for group in groups for name in group.metrics]
    key = f"metrics_{key_part(feed.job_id)}"
    chosen = metrics_view(feed.job_id, key)
    large = chosen.large if chosen.large in names else None
    with st.container(border=True, key="metrics"):
        if not names:
            st.html(paragraph("Metrics", "arkor-heading", tag="h2"))
            st.html(paragraph(_no_metrics(parts.now), "arkor-empty", role="status"))
            return
        search, axis_kind = _head(len(names))
        with st.container(key="metric_large"):
            drawn = None if large is None else _large(parts, large)
        found = metric_groups(feed.metrics.metrics, search) if search else groups
        with st.container():
            if not found:
                st.html(paragraph("No metric has such a name.", "arkor-empty", role="status"))
        seen = seen_tiles(session.reported(key).get("seen"))
        shown = _in_view(found, chosen.folded, seen)
        view = View(drawn.view.x_range if drawn else None, seen.width_px)
        read = parts.read
        show_tiles(
            parts,
            ("tiles", parts.view, tuple(shown), view, axis_kind),
            lambda: _tiles_now(read(), shown, view, axis_kind),
            [_tile_group(group) for group in found],
            _tile_cursor(feed.job_id),
            key=key,
            large=chosen.large,
            folded=chosen.folded,
            number=chosen.number,
        )


def metric_names(now: JobNow) -> tuple[str, ...]:
    """The names of the metrics. Those of the machine have no place before the run's second report."""
    metrics = now.feed.metrics
    return *metrics.metrics, *(now.feed.system.metrics if len(metrics.times) > 1 else ())


def count_metrics(now: JobNow) -> int:
    """How many small charts there are."""
    return sum(len(group.metrics) for group in metric_groups(metric_names(now)))


def _no_metrics(now: JobNow) -> str:
    return "This job reported no metrics besides its losses." if now.state.ended else "No metrics yet."


def _tiles_now(now: JobNow, names: Sequence[str], view: View, axis_kind: str) -> TilesNow:
    feed = _with_machine(now)
    axis = tile_axis(feed.metrics, view, x_axis(axis_kind, feed.metrics, feed.facts.started_at_ms))
    stage = feed.generation, tile_stage(axis), int(time.monotonic() / TILES_S)
    return TilesNow(tiles_of(feed.metrics, names, axis, feed.generation), axis, stage)


def tiles_of(metrics: Metrics, names: Sequence[str], axis: TileAxis, generation: int) -> list[Tile]:
    """The small charts of those metrics that have these names. `generation` is that of the history."""
    return [
        Tile(
            name,
            metric.version,
            partial(_token, generation, metric, axis),
            short_value(metric.newest.value if metric.newest else math.nan),
            partial(tile_points, metric, axis),
        )
        for name in names
        if (metric := metrics.metrics.get(name))
    ]


def _token(generation: int, metric: Metric, axis: TileAxis) -> str:
    return key_part(repr((generation, tile_version(metric, axis))))


def _head(count: int) -> tuple[str, str]:
    """The heading, the x axis and, if there are many metrics, the search.

    Returns: what is searched for, and the kind of the axis.
    """
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(paragraph("Metrics", "arkor-heading", tag="h2"), width="content")
        axis_kind = axis_control("collapsed")
        if count < SEARCHED_FROM:
            return "", axis_kind
        search = st.text_input(
            "Search metrics",
            type="search",
            live=True,
            key="metrics_q",
            bind="query-params",
            placeholder="Search: reward|kl",
            label_visibility="collapsed",
            width=260,
        )
        return search, axis_kind


def _large(parts: LiveParts[JobNow], name: str) -> DrawnChart:
    def tools() -> None:
        file = file_name(f"{parts.now.job_id}-{name}")
        meaning = f"Chart of {name} as PNG"
        save_image_button(
            "PNG", file, key="metric_png", disabled=False, chart="metric_chart", meaning=meaning
        )
        st.button("Close", icon=":material/close:", type="tertiary", key="metric_close", on_click=close_large)

    return draw_chart(parts, partial(metric_of, name=name), _with_machine, heading_tag="h3", tools=tools)


def _with_machine(now: JobNow) -> FeedSnapshot:
    """The job's feed, whose metrics are those of the run and of its machine."""
    return replace(now.feed, metrics=with_system(now.feed.metrics, now.feed.system))


def _tile_group(group: MetricGroup) -> TileGroup:
    return TileGroup(
        id=group.name or GENERAL_ID,
        title=group.name or "General",
        tiles=tuple((name, name_in_group(name)) for name in group.metrics),
        is_eval=group.name == "eval",
    )


def _in_view(groups: Sequence[MetricGroup], folded: Sequence[str], seen: SeenTiles) -> list[str]:
    """The names of the small charts in view; of the first ones if the browser has not reported any of them."""
    shown = [name for group in groups if (group.name or GENERAL_ID) not in folded for name in group.metrics]
    reported = set(seen.names or ()) & set(shown)
    return [name for name in shown if name in reported] if reported else shown[:FIRST_TILES]


def restart_small_charts() -> None:
    """Send the points again: the browser forgets them with the tab."""
    _cursor.set(None)


def _tile_cursor(job_id: str) -> TileCursor:
    kept = _cursor.get()
    if kept is None or kept[0] != job_id:
        kept = job_id, TileCursor()
        _cursor.set(kept)
    return kept[1]
