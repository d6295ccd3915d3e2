"""Shortens an event that is larger than a Studio accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping

_KEPT = frozenset({"type", "jobId", "timestamp", "step"})


def trimmed(data: Mapping[str, object], limit: int) -> tuple[dict[str, object], list[str]]:
    """`data` with at most `limit` bytes as JSON, and descriptions of what was left out.

    The largest fields are removed first, except the few that every event needs. A list of `artifacts` is halved until
    it fits.
    """
    left = dict(data)
    sizes = {name: _size(value) for name, value in data.items() if name not in _KEPT}
    left_out: list[str] = []
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if _size(left) <= limit:
            break
        value = left.pop(name)
        if name == "artifacts" and isinstance(value, list):
            room = limit - _size(left) - len(', "artifacts": ')
            count = len(value)
            while value and _size(value) > room:
                value = value[: len(value) // 2]
            left[name] = value
            left_out.append(f"{count - len(value):,} of {count:,} artifacts")
        else:
            left_out.append(f"{name} ({sizes[name]:,} bytes)")
    return left, left_out


def _size(value: object) -> int:
    """The bytes of the value as ASCII JSON."""
    return len(json.dumps(value))
