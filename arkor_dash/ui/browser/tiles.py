"""The small charts of a run's metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from arkor_dash.charts.tiles import LARGEST_X, TileAxis, TilePoints
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.metrics.series import FloatArray

from .component import ignore, register
from .row_cursor import OVERLAP

TILES_SEEN = 100
"""The most small charts that are sent to one viewer at a time."""
DEFAULT_WIDTH_PX, MIN_WIDTH_PX, MAX_WIDTH_PX = 160, 50, 1_000

_tiles = register("tiles", '<div class="arkor-metrics"></div>', "tile", "tile_pointer", "tile_choice")


@dataclass(frozen=True, slots=True)
class Tile:
    """A small chart in view. `token` changes with what it draws. `newest` is a text."""

    name: str
    token: str
    newest: str
    points: Callable[[], TilePoints]


@dataclass(frozen=True, slots=True)
class TileGroup:
    """Small charts under a common heading: `tiles` are their names, and what is shown as such.

    `id` stands for the group in the address.
    """

    id: str
    title: str
    tiles: tuple[tuple[str, str], ...]
    is_eval: bool = False


@dataclass(slots=True)
class TileCursor:
    """Which points one viewer's browser has received.

    Points are sent `OVERLAP` times. If the browser misses all of them, it requests them, and `restart` sends them.
    """

    _sent: dict[str, tuple[str, int]] = field(default_factory=dict)

    def restart(self) -> None:
        self._sent.clear()

    def is_due(self, tile: Tile) -> bool:
        """Whether the points have to be sent now. Counts them as sent."""
        token, times = self._sent.get(tile.name, ("", 0))
        times = times if token == tile.token else 0
        self._sent[tile.name] = (tile.token, times + 1)
        return times < OVERLAP


@dataclass(frozen=True, slots=True)
class SeenTiles:
    """What the browser reports: the names of the tiles in view, None before the first report, and their width."""

    names: tuple[str, ...] | None
    width_px: int


def show_tiles(
    groups: Sequence[TileGroup],
    tiles: Sequence[Tile],
    axis: TileAxis,
    cursor: TileCursor,
    *,
    key: str,
    large: str | None,
    folded: Sequence[str],
    number: str,
) -> None:
    """Show small charts in groups; `tiles` are those in view, on a common x axis.

    The component's state `choice` becomes `{"large": name | None, "folded": [group ids], "number": text}` when the
    viewer chooses a chart or folds a group, and `seen` as `seen_tiles` reads it. The component keeps `large` and
    `folded` in the page's address.

    Args: large, folded, number: of the newest choice that was received, or as the page has changed it since.
    """
    data = {
        "groups": [
            {"id": each.id, "title": each.title, "tiles": each.tiles, "isEval": each.is_eval}
            for each in groups
        ],
        "tiles": [_sent(tile, cursor) for tile in tiles],
        "base": axis.base,
        "low": max(axis.low - axis.base, -LARGEST_X),
        "high": min(axis.high - axis.base, LARGEST_X),
        "hover": [axis.relative(axis.steps).astype(np.float32), axis.steps],
        "large": large,
        "folded": folded,
        "number": number,
    }
    _tiles(
        key=key,
        data=wire_json(data),
        on_choice_change=ignore,
        on_seen_change=ignore,
        on_resend_change=cursor.restart,
    )


def seen_tiles(reported: object) -> SeenTiles:
    """The report `seen` of the component, or the default if there is none or it is malformed."""
    match reported:
        case {"names": list(names), "width": int(width)}:
            known = tuple(name for name in names[:TILES_SEEN] if isinstance(name, str))
            return SeenTiles(known, max(MIN_WIDTH_PX, min(width, MAX_WIDTH_PX)))
    return SeenTiles(None, DEFAULT_WIDTH_PX)


def _sent(tile: Tile, cursor: TileCursor) -> dict[str, object]:
    sent: dict[str, object] = {"name": tile.name, "token": tile.token, "newest": tile.newest}
    if cursor.is_due(tile):
        points = tile.points()
        sent["points"] = [
            points.x.astype(np.float32),
            _short(points.y),
            points.nonfinite_x.astype(np.float32),
            points.nonfinite_y,
        ]
    return sent


def _short(values: FloatArray) -> npt.NDArray[Any]:
    """The values as float32, which halves the bytes, unless the line or the text of a value could then change."""
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    limit = min(1e-5 * float(np.ptp(values)), 5e-6) if len(values) else 0.0
    return short if (np.abs(short - values) <= limit).all() else values
