"""Which small charts are in view, and which of their points are sent."""

from __future__ import annotations

import math

import numpy as np
import pytest

from arkor_dash.charts.tiles import TileAxis, TilePoints
from arkor_dash.charts.x_axis import BY_STEP
from arkor_dash.ui.browser.row_cursor import OVERLAP
from arkor_dash.ui.browser.tiles import (
    DEFAULT_WIDTH_PX,
    MAX_WIDTH_PX,
    MIN_WIDTH_PX,
    TILES_SEEN,
    SeenTiles,
    Tile,
    TileCursor,
    TilesNow,
    _short,
    seen_tiles,
    tiles_part,
)

NOTHING = TilePoints(*(np.empty(0),) * 4)


def tile(name: str, token: str) -> Tile:
    return Tile(name, token, lambda: token, "1", lambda: NOTHING)


def test_points_are_sent_a_few_times_for_each_change() -> None:
    cursor = TileCursor()
    for token in ("one", "two"):
        due = [cursor.is_due(tile("kl", token)) for _ in range(OVERLAP + 2)]
        assert due == [True] * OVERLAP + [False, False]


def test_points_that_the_browser_has_missed_are_sent_again() -> None:
    cursor = TileCursor()
    for _ in range(OVERLAP):
        cursor.is_due(tile("kl", "one"))
    cursor.restart()
    assert cursor.is_due(tile("kl", "one"))


class Charts:
    """Small charts as a test sets them: the stage, and the version and the newest value of each."""

    def __init__(self) -> None:
        self.stage, self.charts = 1, {"kl": (1, "0.5"), "f1": (1, "0.9")}

    def now(self) -> TilesNow:
        axis = TileAxis(BY_STEP, 0.0, 0.0, 9.0, np.arange(10.0), 160)
        tiles = [
            Tile(name, version, lambda version=version: f"token {version}", newest, lambda: NOTHING)
            for name, (version, newest) in self.charts.items()
        ]
        return TilesNow(tiles, axis, self.stage)


def test_between_two_stages_only_the_newest_values_are_sent() -> None:
    charts = Charts()
    part = tiles_part("view", charts.now, clock=lambda: 7.0)
    cursor = charts.now().cursor
    charts.charts["kl"] = (2, "0.4")
    data, cursor = part.update(cursor)
    assert data == {"at": 7.0, "tiles": [{"name": "kl", "newest": "0.4"}]}
    assert part.update(cursor) is None


def test_with_a_new_stage_come_the_points_that_have_changed_since_they_were_sent() -> None:
    charts = Charts()
    part = tiles_part("view", charts.now)
    cursor = charts.now().cursor
    charts.charts["kl"] = (2, "0.4")
    _, cursor = part.update(cursor)
    charts.stage = 2
    data, cursor = part.update(cursor)
    assert [(tile["name"], "points" in tile) for tile in data["tiles"]] == [("kl", True), ("f1", False)]
    assert "axis" in data
    assert part.update(cursor) is None


def test_viewers_who_came_at_different_times_go_on_with_the_same_updates() -> None:
    charts = Charts()
    part = tiles_part("view", charts.now)
    early = charts.now().cursor
    charts.charts["kl"] = (2, "0.4")
    late = charts.now().cursor
    charts.stage = 2
    assert part.update(early)[1] == part.update(late)[1]


@pytest.mark.parametrize(
    ("values", "is_short"),
    [
        ([0.5, 0.25, 1.0], True),
        ([0.9312, 0.9313, 0.4], True),
        ([1e6, 2e6 + 1 / 3], False),  # four decimals would change
        ([1 + 1e-9, 1 + 2e-9, 1.0], False),  # the line would change
        ([1e300, 0.0], False),
        ([], True),
    ],
)
def test_values_are_sent_in_half_the_bytes_if_nothing_that_is_shown_changes(
    values: list[float], is_short: bool
) -> None:
    assert (_short(np.array(values)).dtype == np.float32) == is_short
    assert not any(map(math.isnan, _short(np.array(values)).tolist()))


@pytest.mark.parametrize(
    ("reported", "seen"),
    [
        ({"names": ["kl", "f1"], "width": 200}, SeenTiles(("kl", "f1"), 200)),
        ({"names": ["kl", 3, None], "width": 1}, SeenTiles(("kl",), MIN_WIDTH_PX)),
        ({"names": ["kl"] * 10_000, "width": 10**9}, SeenTiles(("kl",) * TILES_SEEN, MAX_WIDTH_PX)),
        ({"names": "kl", "width": 200}, SeenTiles(None, DEFAULT_WIDTH_PX)),
        ({"names": []}, SeenTiles(None, DEFAULT_WIDTH_PX)),
        (None, SeenTiles(None, DEFAULT_WIDTH_PX)),
    ],
)
def test_a_report_of_the_charts_in_view_is_checked(reported: object, seen: SeenTiles) -> None:
    assert seen_tiles(reported) == seen
