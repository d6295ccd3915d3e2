"""The small charts of a run's metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from arkor_dash.charts.tiles import LARGEST_X, TileAxis, TilePoints
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.live.parts import Data, Part
from arkor_dash.metrics.series import FloatArray

from .component import ignore, register
from .live_parts import LiveParts
from .row_cursor import OVERLAP

TILES_SEEN = 100
"""The most small charts that are sent to one viewer at a time."""
DEFAULT_WIDTH_PX, MIN_WIDTH_PX, MAX_WIDTH_PX = 160, 50, 1_000

_tiles = register(
    "tiles",
    '<div class="arkor-metrics"></div>',
    *("live", "address", "last_up_to", "svg", "tile", "tile_pointer", "tile_choice"),
)


@dataclass(frozen=True)
class Tile:
    """A small chart in view. `version` and `token` change with what it draws. `newest` is a text."""

    name: str
    version: Hashable
    make_token: Callable[[], str]
    newest: str
    points: Callable[[], TilePoints]

    @cached_property
    def token(self) -> str:
        return self.make_token()


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


@dataclass(frozen=True, slots=True, eq=False)
class TilesNow:
    """The small charts in view, as they are now, on a common x axis.

    `stage` changes whenever the lines would look different by about a pixel. In between only the newest values do.
    """

    tiles: Sequence[Tile]
    axis: TileAxis
    stage: Hashable

    @property
    def cursor(self) -> Hashable:
        """Stands for what is shown now."""
        return self.stage, tuple((tile.name, tile.version, tile.newest) for tile in self.tiles)


def tiles_part(
    view: Hashable, read: Callable[[], TilesNow], clock: Callable[[], float] = time.monotonic
) -> Part:
    """The part that shows these small charts. `view` says which ones, how wide, and of which range."""

    def update(cursor: Hashable | None) -> tuple[Data, Hashable] | None:
        at, now = clock(), read()
        match cursor:
            case (now.stage, tuple(sent)):
                return _newest_values(at, now, sent)
            case (_, tuple(sent)):
                known = {(name, version) for name, version, _ in sent}
            case _:
                known = set()
        tiles = [_sent(tile, with_points=(tile.name, tile.version) not in known) for tile in now.tiles]
        return {"at": at, "axis": _axis(now.axis), "tiles": tiles}, now.cursor

    return Part(view, update)


def _newest_values(
    at: float, now: TilesNow, sent: tuple[tuple[str, Hashable, str], ...]
) -> tuple[Data, Hashable] | None:
    """The newest values that have changed. The points are still those that were sent."""
    shown = {tile.name: tile.newest for tile in now.tiles}
    tiles = [{"name": name, "newest": shown[name]} for name, _, text in sent if shown.get(name, text) != text]
    cursor = now.stage, tuple((name, version, shown.get(name, text)) for name, version, text in sent)
    return ({"at": at, "tiles": tiles}, cursor) if tiles else None


def show_tiles(
    parts: LiveParts[Any],
    view: Hashable,
    read: Callable[[], TilesNow],
    groups: Sequence[TileGroup],
    cursor: TileCursor,
    *,
    key: str,
    large: str | None,
    folded: Sequence[str],
    number: str,
) -> None:
    """Show small charts in groups. `read` returns those in view.

    The component's state `choice` becomes `{"large": name | None, "folded": [group ids], "number": text}` when the
    viewer chooses a chart or folds a group, and `seen` as `seen_tiles` reads it. The component keeps `large` and
    `folded` in the page's address.

    Args: large, folded, number: of the newest choice that was received, or as the page has changed it since.
    """
    part, at, now = tiles_part(view, read), time.monotonic(), read()
    parts.add(key, part, now.cursor)
    data = {
        "part": key,
        "view": part.view_id,
        "at": at,
        "groups": [
            {"id": each.id, "title": each.title, "tiles": each.tiles, "isEval": each.is_eval}
            for each in groups
        ],
        "axis": _axis(now.axis),
        "tiles": [_sent(tile, with_points=cursor.is_due(tile)) for tile in now.tiles],
        "large": large,
        "folded": folded,
        "number": number,
    }
    _tiles(
        key=key,
        data=data,
        on_choice_change=ignore,
        on_seen_change=ignore,
        on_resend_change=cursor.restart,
    )


def _axis(axis: TileAxis) -> Data:
    return wire_json(
        {
            "base": axis.base,
            "low": max(-LARGEST_X, min(axis.low - axis.base, LARGEST_X)),
            "high": max(-LARGEST_X, min(axis.high - axis.base, LARGEST_X)),
            "hover": [axis.relative(axis.steps).astype(np.float32), axis.steps],
        }
    )


def seen_tiles(reported: object) -> SeenTiles:
    """The report `seen` of the component, or the default if there is none or it is malformed."""
    match reported:
        case {"names": list(names), "width": int(width)}:
            known = tuple(name for name in names[:TILES_SEEN] if isinstance(name, str))
            return SeenTiles(known, max(MIN_WIDTH_PX, min(width, MAX_WIDTH_PX)))
    return SeenTiles(None, DEFAULT_WIDTH_PX)


def _sent(tile: Tile, *, with_points: bool) -> Data:
    sent: dict[str, object] = {"name": tile.name, "token": tile.token, "newest": tile.newest}
    if with_points:
        points = tile.points()
        sent["points"] = [
            points.x.astype(np.float32),
            _short(points.y),
            points.nonfinite_x.astype(np.float32),
            points.nonfinite_y,
        ]
    return wire_json(sent)


def _short(values: FloatArray) -> npt.NDArray[Any]:
    """The values as float32, which halves the bytes, unless the line or the text of a value could then change."""
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    limit = min(1e-5 * float(np.ptp(values)), 5e-6) if len(values) else 0.0
    return short if (np.abs(short - values) <= limit).all() else values
