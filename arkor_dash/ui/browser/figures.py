"""A strip of figures: large values with their labels, and a bar for the progress."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass
from typing import Any

from arkor_dash.live.parts import Part, value_part

from .component import register
from .live_parts import LiveParts

_figures = register("figures", "<dl></dl>", "live")


@dataclass(frozen=True, slots=True)
class Figure:
    """A value as text, its label, and a note on it, or "".

    `tone` is `train`, `eval`, `warning` (the note says why it needs a look) or "". `share`, in [0, 1], is drawn as a
    bar.
    """

    label: str
    value: str
    note: str = ""
    tone: str = ""
    share: float | None = None


def figures_part(view: Hashable, figures: Callable[[], tuple[Figure, ...]]) -> Part:
    """The part that shows these figures."""
    return value_part(view, figures, lambda shown: {"figures": [asdict(figure) for figure in shown]})


def show_figures(parts: LiveParts[Any], part: Part, *, key: str, label: str) -> None:
    """Show the figures of a part. Args: label: the name of the strip, for screen readers."""
    _figures(key=key, data={**parts.draw(key, part), "label": label})
