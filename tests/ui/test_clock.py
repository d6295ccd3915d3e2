"""Times in the zone that a browser reports, also if the reported zone is unusable."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from arkor_dash.ui import clock
from arkor_dash.ui.clock import local_time

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
UNUSABLE = [
    None,
    "",
    "Etc/Unknown",
    "garbage",
    "../x",
    "/etc/passwd",
    "America",
    "x" * 5_000,
    "a\0b",
    "tzdata.zi",
]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch):
    """Sets what the browser reports."""

    def report(zone: str | None, offset_min: int | None = None) -> None:
        context = SimpleNamespace(timezone=zone, timezone_offset=offset_min)
        monkeypatch.setattr(clock, "st", SimpleNamespace(context=context))

    return report


@pytest.mark.parametrize("at", [NOON, NOON.timestamp() * 1000])
def test_a_time_is_shown_in_the_zone_that_the_browser_names(browser, at):
    browser("Europe/Berlin", 0)
    assert f"{local_time(at):%Y-%m-%d %H:%M}" == "2026-07-01 14:00"


@pytest.mark.parametrize("zone", UNUSABLE)
def test_an_unusable_zone_gives_way_to_the_offset_from_utc(browser, zone):
    browser(zone, -330)
    assert f"{local_time(NOON):%H:%M}" == "17:30"


@pytest.mark.parametrize("offset_min", [None, 0, 1_440, -1_440, 2_147_483_647, -2_147_483_648])
@pytest.mark.parametrize("zone", UNUSABLE)
def test_without_a_usable_zone_and_offset_a_time_is_shown_in_utc(browser, zone, offset_min):
    browser(zone, offset_min)
    assert f"{local_time(NOON):%H:%M}" == "12:00"


@pytest.mark.parametrize("offset_min", [-840, 720])
def test_the_ends_of_the_calendar_are_shown_in_utc(browser, offset_min):
    browser(None, offset_min)
    for end in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)):
        assert local_time(end).replace(tzinfo=None) - end.replace(tzinfo=None) in {
            timedelta(),
            timedelta(minutes=-offset_min),
        }


@pytest.mark.parametrize(("at_ms", "year"), [(1e15, 9999), (math.inf, 9999), (-1e15, 1), (-math.inf, 1)])
def test_numbers_outside_the_calendar_become_its_ends(browser, at_ms, year):
    browser("Europe/Berlin")
    assert local_time(at_ms).year == year
