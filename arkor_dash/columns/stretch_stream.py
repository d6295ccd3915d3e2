"""Several stretches, one after the other, in the body of an HTTP answer: each after its length in eight bytes.

The answer's header `LAST_ID_HEADER` has the id of the job's last event, which may come after the last stretch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from arkor_dash.errors import MalformedError

if TYPE_CHECKING:
    from .stretch import Stretch

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of the largest stretch, before and after it is compressed."""
MEDIA_TYPE = "application/vnd.arkor-dash.stretches"
LAST_ID_HEADER = "X-Arkor-Last-Event-Id"
_LENGTH_BYTES = 8


def framed(stretch: bytes) -> bytes:
    """The stretch as a part of a body."""
    return len(stretch).to_bytes(_LENGTH_BYTES, "little") + stretch


def read_stretches(pieces: Iterable[bytes], after: int = 0) -> Iterator[Stretch]:
    """The stretches of a body, each as soon as it has arrived. No more than one is held in memory.

    Args: after: the id of the event after which the stretches were asked for.

    Raises: MalformedError: a stretch is damaged, too large or cut off, or its events do not follow the last one's.
    """
    from .stretch import unpack  # noqa: PLC0415  # pyarrow is slow to import, and the Studio only sends

    waiting = bytearray()
    last_id = after
    for piece in pieces:
        waiting += piece
        while (size := _size(waiting)) is not None and len(waiting) >= _LENGTH_BYTES + size:
            stretch = unpack(bytes(memoryview(waiting)[_LENGTH_BYTES : _LENGTH_BYTES + size]))
            del waiting[: _LENGTH_BYTES + size]
            if stretch.first_id != last_id + 1:
                raise MalformedError(f"expected the event {last_id + 1} after {last_id}")
            last_id = stretch.last_id
            yield stretch
    if waiting:
        raise MalformedError("the last stretch is cut off")


def _size(waiting: bytearray) -> int | None:
    if len(waiting) < _LENGTH_BYTES:
        return None
    size = int.from_bytes(waiting[:_LENGTH_BYTES], "little")
    if size > SIZE_LIMIT:
        raise MalformedError(f"expected a stretch of at most {SIZE_LIMIT} bytes")
    return size
