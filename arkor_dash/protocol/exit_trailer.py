"""Finds how a run ended, at the end of its output.

A Studio appends `\\n---\\nexit=<code>\\n`. `arkor dev` writes `exit=null` for a run that a signal has ended, and
`\\n---\\nerror=<reason>\\n` for one that could not be started. Our Studio writes `exit=null` for a script, whose exit
code it does not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ERROR_LIMIT = 1_000
"""The longest reason in bytes. A longer one counts as output."""


def beginning(literal: bytes, then: bytes = b"") -> bytes:
    """A pattern of every beginning of `literal`, the whole of which may be followed by the pattern `then`."""
    pattern = then
    for byte in reversed(literal):
        pattern = rb"(?:%b%b)?" % (re.escape(bytes([byte])), pattern)
    return pattern


_TRAILER = rb"\n---\n(?:exit=(?:-?\d{1,10}|null|SIG[A-Z0-9]{1,12})|error=[^\n]{0,%d})\n" % ERROR_LIMIT
_PARTS = re.compile(rb"\n---\n(?:exit=(?:(?P<code>-?\d+)|null|(?P<signal>SIG\w+))|error=(?P<error>[^\n]*))\n")
_LAST = re.compile(rb"(?P<first>%b)?(?P<last>%b)" % (_TRAILER, _TRAILER))
_VALUE = rb"(?:-?\d{0,10}\n?|%b|%b)" % (beginning(b"null\n"), beginning(b"SIG", rb"[A-Z0-9]{0,12}\n?"))
_EXIT = beginning(b"exit=", _VALUE)
_ERROR = beginning(b"error=", rb"[^\n]{0,%d}\n?" % ERROR_LIMIT)
_BEGUN = rb"\n" + beginning(b"---\n", rb"(?:%b|%b)" % (_EXIT, _ERROR))
_POSSIBLE = re.compile(rb"(?:%b)?%b" % (_TRAILER, _BEGUN))
_LONGEST = 2 * (ERROR_LIMIT + len(b"\n---\nerror=\n"))


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended. `exit_code` is None if a signal has ended it, or if it was not started.

    `signal` is the signal's name, "" if it is unknown. `error` says why the run was not started; "" if it was.
    """

    exit_code: int | None
    signal: str = ""
    error: str = ""


def exit_trailer(exit_code: int | None) -> bytes:
    """The trailer of a run that has ended."""
    return f"\n---\nexit={'null' if exit_code is None else exit_code}\n".encode()


class ExitTrailer:
    """Separates the trailer from the output. Holds back bytes that may be the trailer until more bytes follow.

    Text of the same form counts as output if anything follows it. A trailer that is sent twice counts as one.
    """

    def __init__(self) -> None:
        self._held = b""

    @property
    def held(self) -> bytes:
        """The bytes that are held back."""
        return self._held

    def feed(self, data: bytes) -> bytes:
        """The bytes that are certainly output and were not returned before."""
        data = self._held + data
        start = _possible_start(data)
        self._held = data[start:]
        return data[:start]

    def end(self) -> tuple[bytes, RunEnd | None]:
        """At the end of the output: the bytes held back that are output, and the trailer if it is complete."""
        held, self._held = self._held, b""
        found = _LAST.fullmatch(held)
        if found is None:
            return held, None
        first, last = found["first"] or b"", _run_end(found["last"])
        if first and _run_end(first).error:
            return b"", _run_end(first)
        return (b"" if first == found["last"] else first), last


def _run_end(trailer: bytes) -> RunEnd:
    parts = _PARTS.fullmatch(trailer)
    if parts is None:
        raise ValueError("not a trailer")
    code, signal, error = (parts[name] for name in ("code", "signal", "error"))
    if error is not None:
        return RunEnd(None, error=error.decode("utf-8", "replace") or "no reason was given")
    return RunEnd(None if code is None else int(code), (signal or b"").decode())


def _possible_start(data: bytes) -> int:
    """The index in `data` where a complete or partial trailer may begin; `len(data)` if there is none."""
    start = data.find(b"\n", max(0, len(data) - _LONGEST))
    while start >= 0:
        if _POSSIBLE.fullmatch(data, start):
            return start
        start = data.find(b"\n", start + 1)
    return len(data)
