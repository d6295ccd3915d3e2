"""The setting that says what a run records about itself."""

from __future__ import annotations

import os

from arkor_dash.sdk.console import warn

VARIABLE = "ARKOR_RECORD"
ENVIRONMENT, SYSTEM, OUTPUT = "environment", "system", "output"
_PARTS = frozenset({ENVIRONMENT, SYSTEM, OUTPUT})


def chosen_parts() -> frozenset[str]:
    """Which of `ENVIRONMENT`, `SYSTEM` and `OUTPUT` the setting names; none if it can't be read."""
    value = os.environ.get(VARIABLE, "").strip()
    if not value:
        return _PARTS
    parts = {part.strip().lower() for part in value.split(",")}
    if parts <= _PARTS:
        return frozenset(parts)
    if parts != {"none"}:
        warn(
            f"{VARIABLE} must be some of {ENVIRONMENT}, {SYSTEM}, {OUTPUT} with commas between them, or none, "
            f"got {value!r}. The run records nothing about itself."
        )
    return frozenset()
