"""The setting that says what a run records about itself."""

from __future__ import annotations

import os

from arkor_dash.sdk.console import warn

VARIABLE = "ARKOR_RECORD"
ENVIRONMENT, SYSTEM = "environment", "system"
_PARTS = frozenset({ENVIRONMENT, SYSTEM})


def chosen_parts() -> frozenset[str]:
    """`ENVIRONMENT`, `SYSTEM`, both or neither, as the setting says; neither if it can't be read."""
    value = os.environ.get(VARIABLE, "").strip()
    if not value:
        return _PARTS
    parts = {part.strip().lower() for part in value.split(",")}
    if parts <= _PARTS:
        return frozenset(parts)
    if parts != {"none"}:
        warn(
            f"{VARIABLE} must be {ENVIRONMENT}, {SYSTEM}, both with a comma between them, or none, got {value!r}. "
            "The run records nothing about itself."
        )
    return frozenset()
