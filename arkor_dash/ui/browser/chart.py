"""Charts drawn by plotly.js in the browser."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from arkor_dash.charts.growing_figure import Received
from arkor_dash.charts.theme import DARK_COLOURS
from arkor_dash.live.parts import Data, Part, value_part

from .chart_cursor import ChartCursor, Growing
from .chart_head import ChartHead
from .chart_view import Zoom
from .component import ignore, register
from .live_parts import LiveParts

T = TypeVar("T")
PLOTLY_JS = "app/static/plotly-basic-4.1.1.min.js"
"""Path of plotly.js relative to the app: the basic bundle, a quarter of the size of the Python package's."""

CHART_HTML = """
<div class="arkor-chart">
  <div class="arkor-plot" role="figure"></div>
  <button class="arkor-reset" type="button" hidden>Reset zoom</button>
</div>
<p class="arkor-reading" role="status"></p>
<p class="arkor-plot-problem" role="alert"></p>
"""
_SAVE_IMAGE_HTML = """
<button class="arkor-entry" type="button">
  <svg aria-hidden="true" viewBox="0 0 24 24"><path d="M21 19V5a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h14a2
  2 0 0 0 2-2ZM5 5h14v14H5V5Zm3.5 8.5 2.5 3 3.5-4.5L19 18H5l3.5-4.5Z"/></svg><span class="arkor-entry-label"></span>
</button>
<p class="arkor-entry-problem" role="alert"></p>
"""
_MODE_BAR = ["toImage", "zoom2d", "pan2d"]
SCRIPTS = (
    *("live", "plotly", "address", "last_up_to", "chart_points", "chart_pace", "chart_time", "chart_zoom"),
    *("chart_legend", "svg", "chart_crosshair", "chart_keys"),
)
_chart = register("chart", CHART_HTML, *SCRIPTS)
_save_image = register("save_image", _SAVE_IMAGE_HTML)
_preload = register("preload", "<!-- -->", "plotly")


def preload_plotly() -> None:
    """Make the browser load plotly.js, the slowest part of a chart. Call this first on a page."""
    _preload(key="preload", data={"library": PLOTLY_JS})


def figure_part(
    view: Hashable,
    value: Callable[[], T],
    figure: Callable[[T], Mapping[str, Any] | None],
    alt: Callable[[T], str],
) -> Part:
    """The part that shows the figure of a hashable value, as a whole.

    Args: figure: returns it as JSON; None if there is nothing to show. alt: returns its alternative text.
    """
    return value_part(view, value, lambda shown: {"figure_as_whole": figure(shown), "alt": alt(shown)})


def show_chart(parts: LiveParts[Any], part: Part, *, key: str, dark: Mapping[str, str]) -> int | None:
    """Draw a figure as a whole. Returns the custom data of the point that was just clicked, a whole number.

    Args: dark: maps each colour of the figure to its colour in dark mode.
    """
    clicked = _chart(
        key=key,
        data={**parts.draw(key, part), **common_data(dark, _MODE_BAR)},
        on_view_change=ignore,
        on_clicked_change=ignore,
        on_resend_change=ignore,
    ).clicked
    return clicked if isinstance(clicked, int) else None


def show_growing_chart(
    parts: LiveParts[Any],
    chart: Growing,
    update: Callable[[], None],
    cursor: ChartCursor,
    *,
    key: str,
    zoom: Zoom,
    head: ChartHead | None = None,
    dark: Mapping[str, str] = DARK_COLOURS,
    has_own_png: bool = False,
) -> None:
    """Draw a chart that grows.

    The component's state `view` becomes `{"x": [low, high] | None, "width": pixels}` when the viewer zooms.

    Args:
        update: brings the chart up to date.
        cursor: the viewer's own.
        zoom: where the address holds the range in view.
        head: shows the legend, and how many points are drawn.
        dark: maps each colour of the figure to its colour in dark mode.
        has_own_png: whether a button of the page saves the chart, so that the chart's tool bar needs none.
    """
    part = chart_part(chart, update)
    message, received = cursor.next_message(chart)
    parts.add(key, part, received)
    common = common_data(dark, _MODE_BAR[1:] if has_own_png else _MODE_BAR)
    shown_head = head.data() if head else None
    _chart(
        key=key,
        data={
            "part": key,
            "view": part.view_id,
            "head": shown_head,
            "zoom": asdict(zoom),
            **message,
            **common,
        },
        on_view_change=ignore,
        on_clicked_change=ignore,
        on_resend_change=cursor.restart,
    )


def chart_part(chart: Growing, update: Callable[[], None]) -> Part:
    """The part that shows the chart. `update` brings it up to date."""

    def news(cursor: Hashable | None) -> tuple[Data, Hashable] | None:
        update()
        received = cursor if isinstance(cursor, Received) else None
        message, now = chart.message(received)
        return None if now == received else (message, now)

    return Part(("chart", chart.view_id), news)


def common_data(dark: Mapping[str, str], buttons: list[str]) -> dict[str, Any]:
    config = {"displaylogo": False, "showTips": False, "doubleClick": "reset", "modeBarButtons": [buttons]}
    return {"config": config, "library": PLOTLY_JS, "dark": dict(dark)}


def save_image_button(
    label: str, name: str, *, key: str, disabled: bool, chart: str = "loss_chart", meaning: str = ""
) -> None:
    """A button that saves a chart, as the browser shows it, in `name`.png.

    Args: chart: the key of its container. meaning: the button's name for screen readers, if the label is too short.
    """
    data = {"label": label, "meaning": meaning or label, "name": name, "disabled": disabled, "chart": chart}
    _save_image(key=key, data=data)
