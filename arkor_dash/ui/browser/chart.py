"""Charts drawn by plotly.js in the browser."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from arkor_dash.charts.growing_chart import GrowingChart, Received
from arkor_dash.charts.theme import DARK_COLOURS
from arkor_dash.live.parts import Data, Part

from .chart_cursor import ChartCursor
from .component import ignore, register
from .live_parts import LiveParts
from .texts import heading_and_note, show_first_texts, texts_json

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
SCRIPTS = ("live", "plotly", "chart_points", "chart_pace")
_chart = register("chart", _CHART_HTML, *SCRIPTS)
_save_image = register("save_image", _SAVE_IMAGE_HTML)
_preload = register("preload", "<!-- -->", "plotly")


def preload_plotly() -> None:
    """Make the browser load plotly.js, the slowest part of a chart. Call this first on a page."""
    _preload(key="preload", data={"library": PLOTLY_JS})


@dataclass(frozen=True, slots=True)
class WholeChart:
    """A chart that is sent as a whole: the figure (as JSON), and its alternative text."""

    figure: Mapping[str, Any]
    alt: str

    def json(self) -> Data:
        return {"figure_as_whole": self.figure, "alt": self.alt}


def show_chart(
    chart: WholeChart, *, key: str, dark: Mapping[str, str] = DARK_COLOURS, clickable: bool = False
) -> int | None:
    """Draw a Plotly figure. Returns the number of the point that was just clicked.

    The component's state `view` is as for `show_growing_chart`.

    Args:
        dark: maps each colour of the figure to its colour in dark mode.
        clickable: whether a click on a point reports its custom data, which is a whole number.
    """
    return _show_whole({"view": key, "clickable": clickable, **chart.json()}, key, dark)


def show_live_chart(parts: LiveParts[Any], part: Part, *, key: str, dark: Mapping[str, str]) -> None:
    """As `show_chart`, for a part whose data are those of a `WholeChart`."""
    _show_whole({"clickable": False, **parts.draw(key, part)}, key, dark)


def _show_whole(data: dict[str, Any], key: str, dark: Mapping[str, str]) -> int | None:
    clicked = _chart(
        key=key,
        data={**data, **_common(dark, _MODE_BAR)},
        on_view_change=ignore,
        on_clicked_change=ignore,
        on_resend_change=ignore,
    ).clicked
    return clicked if isinstance(clicked, int) else None


@dataclass(frozen=True, slots=True)
class ChartHead:
    """The heading of a chart, beside which stands how many points are drawn. `key` is the key of its element.

    `before` and `after` are further notes, or "".
    """

    key: str
    heading: str
    tag: str
    before: str = ""
    after: str = ""

    def show(self, view_id: str, note: str) -> None:
        """Show it with that note, until the chart is drawn and replaces the note by its own."""
        notes = " · ".join(filter(None, (self.before, note, self.after)))
        texts = heading_and_note(self.heading, notes, self.tag)
        show_first_texts(view_id, texts, key=self.key, class_name="arkor-head", width="content")


def show_growing_chart(
    parts: LiveParts[Any],
    chart: GrowingChart,
    update: Callable[[], None],
    cursor: ChartCursor,
    head: ChartHead,
    *,
    key: str,
) -> None:
    """Draw a chart that grows. A button of the page saves it as a picture.

    The component's state `view` becomes `{"x": [low, high] | None, "width": pixels}` when the viewer zooms.

    Args: update: brings the chart up to date. cursor: the viewer's own. head: shows how many points are drawn.
    """
    part = chart_part(chart, update)
    message, received = cursor.next_message(chart)
    parts.add(key, part, received)
    heading, *_ = texts_json(heading_and_note(head.heading, "", head.tag))
    names = {"part": head.key, "view": chart.view_id}
    static = {"head": {**names, "heading": heading, "before": head.before, "after": head.after}}
    _chart(
        key=key,
        data={"part": key, "view": part.view_id, **message, **static, **_common(DARK_COLOURS, _MODE_BAR[1:])},
        on_view_change=ignore,
        on_clicked_change=ignore,
        on_resend_change=cursor.restart,
    )


def chart_part(chart: GrowingChart, update: Callable[[], None]) -> Part:
    """The part that shows the chart. `update` brings it up to date."""

    def news(cursor: Hashable | None) -> tuple[Data, Hashable] | None:
        update()
        received = cursor if isinstance(cursor, Received) else None
        message, now = chart.message(received)
        return None if now == received else (message, now)

    return Part(("chart", chart.view_id), news)


def _common(dark: Mapping[str, str], buttons: list[str]) -> dict[str, Any]:
    config = {"displaylogo": False, "doubleClick": "reset", "modeBarButtons": [buttons]}
    return {"config": config, "library": PLOTLY_JS, "dark": dict(dark)}


def save_image_button(label: str, name: str, *, key: str, disabled: bool, chart: str = "loss_chart") -> None:
    """A button that saves a chart, as the browser shows it, in `name`.png. `chart` is the key of its container."""
    _save_image(key=key, data={"label": label, "name": name, "disabled": disabled, "chart": chart})
