"""Charts drawn by plotly.js in the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from arkor_dash.charts.theme import DARK_COLOURS

from .component import ignore, register

PLOTLY_JS = "app/static/plotly-basic-4.1.1.min.js"
"""Path of plotly.js relative to the app: the basic bundle, a quarter of the size of the Python package's."""

_CHART_HTML = """
<div class="arkor-plot" role="figure"></div>
<p class="arkor-plot-problem" role="alert"></p>
"""
_SAVE_IMAGE_HTML = """
<button class="arkor-entry" type="button">
  <svg aria-hidden="true" viewBox="0 0 24 24"><path d="M21 19V5a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h14a2
  2 0 0 0 2-2ZM5 5h14v14H5V5Zm3.5 8.5 2.5 3 3.5-4.5L19 18H5l3.5-4.5Z"/></svg><span class="arkor-entry-label"></span>
</button>
<p class="arkor-entry-problem" role="alert"></p>
"""
_MODE_BAR = ["toImage", "zoom2d", "pan2d", "resetScale2d"]
SCRIPTS = ("plotly", "chart_points", "chart_pace")
_chart = register("chart", _CHART_HTML, *SCRIPTS)
_save_image = register("save_image", _SAVE_IMAGE_HTML)
_preload = register("preload", "<!-- -->", "plotly")


def preload_plotly() -> None:
    """Make the browser load plotly.js, the slowest part of a chart. Call this first on a page."""
    _preload(key="preload", data={"library": PLOTLY_JS})


def show_chart(
    figure: dict[str, Any],
    *,
    key: str,
    alt: str,
    dark: Mapping[str, str] = DARK_COLOURS,
    clickable: bool = False,
) -> int | None:
    """Draw a Plotly figure (as JSON) as a whole. Returns the number of the point that was just clicked.

    The component's state `view` is as for `show_growing_chart`.

    Args:
        dark: maps each colour of the figure to its colour in dark mode.
        clickable: whether a click on a point reports its custom data, which is a whole number.
    """
    data = {"figure_as_whole": figure, "view": key, "alt": alt, "clickable": clickable}
    clicked = _chart(
        key=key,
        data={**data, **_common(dark, _MODE_BAR)},
        on_view_change=ignore,
        on_clicked_change=ignore,
        on_resend_change=ignore,
    ).clicked
    return clicked if isinstance(clicked, int) else None


def show_growing_chart(message: Mapping[str, Any], *, key: str, on_gap: Callable[[], None]) -> None:
    """Draw a chart by the next message of a `GrowingChart`. A button of the page saves it as a picture.

    The component's state `view` becomes `{"x": [low, high] | None, "width": pixels}` when the viewer zooms.

    Args: on_gap: called before the page runs again, when the browser has missed messages.
    """
    _chart(
        key=key,
        data={**message, **_common(DARK_COLOURS, _MODE_BAR[1:])},
        on_view_change=ignore,
        on_clicked_change=ignore,
        on_resend_change=on_gap,
    )


def _common(dark: Mapping[str, str], buttons: list[str]) -> dict[str, Any]:
    config = {"displaylogo": False, "doubleClick": "reset", "modeBarButtons": [buttons]}
    return {"config": config, "library": PLOTLY_JS, "dark": dict(dark)}


def save_image_button(label: str, name: str, *, key: str, disabled: bool, chart: str = "loss_chart") -> None:
    """A button that saves a chart, as the browser shows it, in `name`.png. `chart` is the key of its container."""
    _save_image(key=key, data={"label": label, "name": name, "disabled": disabled, "chart": chart})
