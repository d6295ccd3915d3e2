"""The counts on the chips of a filter."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from arkor_dash.live.parts import value_part

from .component import register
from .live_parts import LiveParts

_HTML = "<style></style>"
_chip_counts = register("chip_counts", _HTML, "live")


def show_chip_counts(
    parts: LiveParts[Any], view: Hashable, counts: Callable[[], tuple[int, ...]], *, key: str, of: str
) -> None:
    """Show a count on each chip. The chip's own label stays: it is the filter's value in the address.

    Args: view: names what `counts` returns. of: the key of the chips.
    """
    part = value_part((parts.view, "counts", view), counts, lambda numbers: {"counts": numbers})
    _chip_counts(key=key, data={**parts.draw(key, part), "of": of})
