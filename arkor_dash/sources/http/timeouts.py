"""Read timeouts of the requests to a source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadTimeouts:
    """The longest wait for the next bytes of an answer, in seconds.

    `default_s`: most requests. `build_s`: the manifest, for which a Studio builds the project first.
    `stream_s`: event streams and run output. A Studio sends a keep-alive every 15 s, so 40 s means that two are
    missing. A silent event stream is then checked; a dead one is opened again within 45 s.
    """

    default_s: float = 10.0
    build_s: float = 60.0
    stream_s: float = 40.0


DEFAULT_TIMEOUTS = ReadTimeouts()
