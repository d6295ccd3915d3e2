"""How long a source may say nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Silences:
    """The longest silence, in seconds, that is waited out.

    A Studio sends a keep-alive on an event stream every 15 s; `stream_s` is less than three of them, so that
    a dead stream is noticed and opened again within 45 s.
    """

    list_s: float = 10.0
    build_s: float = 60.0
    stream_s: float = 40.0


USUAL = Silences()
