"""The colours and fonts of the charts, and the layout that they have in common."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from .x_axis import XAxis


@dataclass(frozen=True, slots=True)
class ChartTheme:
    """CSS colours and a CSS font, by name: `inherit` would reach Plotly's own, and measure by the page's."""

    train: str
    eval: str
    nonfinite: str
    text: str
    grid: str
    hover: str
    quiet: str
    background: str = "rgba(0,0,0,0)"
    font: str = '"Source Sans", sans-serif'


LIGHT = ChartTheme("#0d9488", "#db2777", "#b45309", "#334155", "#e2e8f0", "#ffffff", "#64748b")


DARK = ChartTheme("#2dd4bf", "#f472b6", "#fbbf24", "#cbd5e1", "#334155", "#1e293b", "#94a3b8")


IN_THE_DARK = dict(zip(astuple(LIGHT), astuple(DARK), strict=True))
"""What each of the light theme's colours becomes."""


def base_layout(theme: ChartTheme, axis: XAxis) -> dict[str, Any]:
    """What every chart of losses has in common. `axis` runs along it."""
    lines = {"gridcolor": theme.grid, "linecolor": theme.grid, "zeroline": False, "automargin": True}
    return {
        "template": {},
        "font": {"family": theme.font, "color": theme.text, "size": 13},
        "paper_bgcolor": theme.background,
        "plot_bgcolor": theme.background,
        "margin": {"l": 52, "r": 12, "t": 32, "b": 40},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": theme.hover,
            "bordercolor": theme.grid,
            "font": {"family": theme.font, "color": theme.text, "size": 12},
            "align": "left",
        },
        "modebar": {"bgcolor": theme.background, "color": theme.quiet, "activecolor": theme.text},
        "dragmode": "zoom",
        "uirevision": "loss",
        "xaxis": {
            **lines,
            "type": "date" if axis.is_time else "linear",
            "uirevision": axis.title,
            "title": {"text": axis.title, "font": {"size": 12}},
            **({} if axis.is_time else {"exponentformat": "none"}),
        },
        "yaxis": {**lines, "title": {"text": "loss", "font": {"size": 12}}},
    }
