"""The colours of the charts and of the page, each for light and for dark mode, and the charts' font.

The style sheet uses the variables of `css_variables`. `.streamlit/config.toml` repeats these colours, and a test
compares the two.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class ChartTheme:
    """CSS colours for the parts of a chart, and a CSS font.

    `quiet` colours the tool bar, `hover` the background of a hover label. The font can't be `inherit`: Plotly would
    draw in one font and measure in another.
    """

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
DARK = ChartTheme("#2dd4bf", "#f472b6", "#fbbf24", "#cbd5e1", "#243030", "#1e293b", "#94a3b8")

DARK_COLOURS = dict(zip(astuple(LIGHT), astuple(DARK), strict=True))
"""Maps each colour of `LIGHT` to that of `DARK`: the browser recolours a chart when its theme changes."""

RUN_COLOURS = {
    "#0f766e": "#2dd4bf",
    "#c2410c": "#fb923c",
    "#4f46e5": "#a5b4fc",
    "#be185d": "#f472b6",
    "#4d7c0f": "#a3e635",
    "#0369a1": "#38bdf8",
    "#a16207": "#facc15",
    "#7e22ce": "#d8b4fe",
    "#57534e": "#d6d3d1",
    "#b91c1c": "#f87171",
}
"""Maps the light colour of each compared run, in order, to its dark one."""

EVAL_SET_COLOURS = [*RUN_COLOURS][1:]
"""The light colours of the eval losses after the first. The first of the runs is too close to the training loss."""

PAGE_COLOURS = {
    "text": ("#1c2b2b", "#e3ecec"),
    "muted": ("#566868", "#93a6a6"),
    "line": ("#dbe4e4", "#2a3838"),
    "well": ("#f4f7f7", "#131c1c"),
    "teal": ("#0f766e", "#2dd4bf"),
    "green": ("#166534", "#4ade80"),
    "red": ("#b91c1c", "#f87171"),
    "amber": ("#92400e", "#fbbf24"),
    "signal": ("#d17002", "#fbbf24"),
    "blue": ("#1d4ed8", "#93c5fd"),
    "grey": ("#52606d", "#a5b4c3"),
}
"""The light and the dark value of each colour of the page. `signal` is the amber of signs and surfaces, not text."""


TERMINAL_COLOURS = (
    ("#1c2b2b", "#8a9a9a"),
    ("#b91c1c", "#f87171"),
    ("#166534", "#4ade80"),
    ("#854d0e", "#eab308"),
    ("#1d4ed8", "#60a5fa"),
    ("#a21caf", "#e879f9"),
    ("#155e75", "#22d3ee"),
    ("#52606d", "#cbd5d5"),
    ("#64707d", "#9fb0b0"),
    ("#d42020", "#fca5a5"),
    ("#15803d", "#86efac"),
    ("#a16207", "#fde047"),
    ("#2563eb", "#93c5fd"),
    ("#bb22cf", "#f0abfc"),
    ("#0e7490", "#67e8f9"),
    ("#374151", "#ffffff"),
)
"""The 16 colours of a terminal, for text on the page's own background: black, red, green, yellow, blue, magenta, cyan
and white, then the bright ones. All are readable, so that black is grey in dark mode, and white is in light mode."""

XTERM_COLOURS = (
    *(0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5),
    *(0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF),
)
"""The same 16 for backgrounds, and for text on these. Source: xterm's XTerm-col.ad."""


def css_variables() -> dict[str, str]:
    """CSS custom properties and their values: `--arkor-text` and so on, `--arkor-run-0` for each compared run, and
    `--arkor-ansi-0` for each of a terminal's colours.

    A value reads `light-dark(#1c2b2b, #e3ecec)`, which follows the element's `color-scheme`.
    """
    runs = {f"run-{number}": pair for number, pair in enumerate(RUN_COLOURS.items())}
    terminal = {f"ansi-{number}": pair for number, pair in enumerate(TERMINAL_COLOURS)}
    lines = {name: (getattr(LIGHT, name), getattr(DARK, name)) for name in ("train", "eval", "nonfinite")}
    return {
        f"--arkor-{name}": f"light-dark({light}, {dark})"
        for name, (light, dark) in (PAGE_COLOURS | lines | runs | terminal).items()
    }
