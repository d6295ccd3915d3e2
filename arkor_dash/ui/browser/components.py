"""The parts of a page that Streamlit has no element for, as small browser components.

Each lives in the page's own tree (not in a shadow root), updates its node in place, and writes text as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import rjsmin
import streamlit as st

from arkor_dash.charts.theme import DARK_COLOURS
from arkor_dash.live.push import PATH

_SCRIPTS = Path(__file__).parent / "js"

PLOTLY_JS = "app/static/plotly-basic-4.1.1.min.js"
"""Where plotly.js is, relative to the app: its basic bundle, a quarter of the one in the Python package."""

_ROWS_HTML = """
<div class="arkor-rows" role="log" aria-live="off" tabindex="0">
  <ol></ol><p class="arkor-rows-empty"></p>
</div>
"""
_TABLE_HTML = """
<div class="arkor-table-box"><table class="arkor-table" role="table"><thead><tr role="row">
  <th scope="col">Status</th><th scope="col">Name</th><th scope="col">Created</th><th scope="col">ID</th>
</tr></thead><tbody></tbody></table></div>
"""
_FACTS_HTML = """
<dl class="arkor-facts">
</dl>
"""
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


_PLOTLY_CONFIG = {
    "displaylogo": False,
    "doubleClick": "reset",
    "modeBarButtons": [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
}


def script(*parts: str) -> str:
    """A component's script, of the assets with these names, the last of which is the component's own.

    It is made small, since Streamlit sends it along with each update.
    """
    whole = "\n".join((_SCRIPTS / f"{part}.js").read_text(encoding="utf-8") for part in parts)
    return str(rjsmin.jsmin(whole))


def _component(name: str, html: str, *before: str) -> Any:
    return st.components.v2.component(
        f"arkor_{name}", html=html, js=script(*before, name), isolate_styles=False
    )


_rows = _component("rows", _ROWS_HTML)
_table = _component("table", _TABLE_HTML, "library")
_facts = _component("facts", _FACTS_HTML)
_chart = _component("chart", _CHART_HTML, "library")
_save_image = _component("save_image", _SAVE_IMAGE_HTML)
_wake = _component("wake", "<!-- -->")
_preload = _component("preload", "<!-- -->", "library")


@dataclass(frozen=True, slots=True)
class RowsPart:
    """A piece of a growing list.

    `rows` are those from number `start` on, of a list whose oldest kept row has the number `head`. `total`
    counts all there ever were. A new `generation` makes the browser begin anew; another `list_id` is another
    list, to which nothing of the last one carries over, such as how far it was scrolled.
    """

    list_id: str
    generation: str
    head: int
    start: int
    total: int
    rows: Sequence[str] | Sequence[tuple[float | None, str, str]]


def rows(
    part: RowsPart,
    *,
    key: str,
    kind: str,
    label: str,
    placeholder: str,
    limit: int,
    height_px: int,
    on_gap: Callable[[], None],
) -> None:
    """Show a growing list. `on_gap` is called, before the page runs again, when the browser misses rows."""
    _rows(
        key=key,
        data={
            "list_id": part.list_id,
            "generation": part.generation,
            "head": part.head,
            "start": part.start,
            "total": part.total,
            "rows": part.rows,
            "kind": kind,
            "label": label,
            "placeholder": placeholder,
            "limit": limit,
            "height": height_px,
        },
        on_resend_change=on_gap,
    )


def jobs_table(
    jobs: Sequence[tuple[str, str, str, str | None]],
    *,
    key: str,
    label: str,
    chosen: Sequence[str] | None = None,
    on_choice: Callable[[list[str]], None] | None = None,
) -> str | None:
    """Show jobs as (id, name, status, ISO time of creation); returns the id of a row once, when it is clicked.

    The browser then loads plotly.js at its leisure, for the chart of the job that is opened.

    Args: chosen: the ids of the rows that are ticked; None: rows can't be. on_choice: is told of each change of
        them, before the page runs again.
    """

    def changed() -> None:
        if on_choice:
            on_choice([str(job_id) for job_id in st.session_state[key].get("chosen") or []])

    data = {"jobs": jobs, "label": label, "chosen": chosen, "library": PLOTLY_JS}
    opened: str | None = _table(key=key, data=data, on_open_change=_nothing, on_chosen_change=changed).open
    return opened


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; `meaning` explains the label on hover.

    `kind` is `text`, `copy`, `time` (ISO 8601), or what the browser goes on counting by itself from the seconds in
    `value`: `running` (`0:01:23`) and `ago` (`83 s ago`, `2 min ago`).
    """

    label: str
    value: str | None
    kind: str = "text"
    meaning: str = ""


def facts(items: Sequence[Fact], *, key: str) -> None:
    """Show labels and values."""
    _facts(key=key, data={"facts": [astuple(item) for item in items]})


def preload() -> None:
    """Have the browser load plotly.js, which takes longer than all else that a chart needs. The first on its page."""
    _preload(key="preload", data={"library": PLOTLY_JS})


def wake(token: str | None, *, key: str) -> None:
    """Have the browser run this fragment again whenever the server says so, see `arkor_dash.live.push`.

    Args: token: names the fragment to the server. None: the browser stops listening.
    """
    _wake(key=key, data={"token": token, "path": PATH}, on_news_change=_nothing)


def chart(
    figure: dict[str, Any],
    *,
    key: str,
    alt: str,
    dark: Mapping[str, str] = DARK_COLOURS,
) -> None:
    """Draw a Plotly figure (as JSON). Its state `view` becomes `{"x": [low, high] | None, "width": pixels}`.

    Args: dark: what each colour of the figure becomes in dark mode.
    """
    data = {"figure": figure, "config": _PLOTLY_CONFIG, "alt": alt, "library": PLOTLY_JS, "dark": dict(dark)}
    _chart(key=key, data=data, on_view_change=_nothing)


def save_image(label: str, name: str, *, key: str, disabled: bool) -> None:
    """A button that saves the page's chart as the picture `name`.png, as the browser has drawn it."""
    _save_image(key=key, data={"label": label, "name": name, "disabled": disabled})


def _nothing() -> None:
    """Streamlit offers a component's value only where a callback is given."""
