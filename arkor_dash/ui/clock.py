"""Durations, and times in the viewer's time zone.

The browser reports its time zone as text, which may name a zone that does not exist on this machine.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st


def clock_duration(seconds: float) -> str:
    """`0:01:05` or `2 days, 3:00:00`, without the parts of a second. `js/counting.js` counts on in the same form."""
    return str(timedelta(seconds=int(seconds)))


def local_time(at: datetime | float) -> datetime:
    """A time in the viewer's zone, or in UTC if the local time would be outside the calendar.

    Args: at: with a time zone, or Unix milliseconds. Numbers outside the calendar become its first or last moment.
    """
    moment = at if isinstance(at, datetime) else _utc(at)
    try:
        return moment.astimezone(_zone())
    except OverflowError:
        return moment


def _utc(at_ms: float) -> datetime:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return (datetime.max if at_ms > 0 else datetime.min).replace(tzinfo=UTC)


def _zone() -> tzinfo:
    """The zone that the browser names, else its offset from UTC."""
    try:
        return ZoneInfo(st.context.timezone or "")
    except (LookupError, ValueError, OSError):  # an unknown zone, an invalid name, a folder's name
        return timezone(_offset())


def _offset() -> timedelta:
    """The browser's offset from UTC. The browser reports the minutes by which it is behind UTC."""
    minutes = st.context.timezone_offset or 0
    return timedelta(minutes=-minutes) if abs(minutes) < 24 * 60 else timedelta()
