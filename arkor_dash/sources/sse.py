"""An event stream's bytes, as frames: sseclient-py, held to the HTML standard where it departs from it.

Source: WHATWG HTML, 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from sseclient import SSEClient

from ..errors import BadAnswerError
from .base import Frame

BLOCK_LIMIT = 16 * 1024 * 1024
"""Characters between two blank lines, past which a stream is no stream of events."""
MANY_LINES = 32


class FrameReader:
    """Frames from the pieces of a body, wherever it was cut.

    `retry_ms` and `last_event_id` are as of the frame that was yielded last. What follows the last blank line
    is dropped, as the standard asks, so that a half-received frame is asked for again.
    """

    def __init__(self, pieces: Iterable[bytes], last_event_id: str | None = None) -> None:
        self.retry_ms: int | None = None
        self.last_event_id = last_event_id
        self._pieces = pieces
        self._long: dict[int, str] = {}

    def __iter__(self) -> Iterator[Frame]:
        for number, event in enumerate(SSEClient(self._prepared()).events()):
            if event.retry is not None and event.retry.isascii() and event.retry.isdigit():
                self.retry_ms = int(event.retry[:9])
            block_id = None if event.id is None or "\0" in event.id else event.id
            if block_id is not None:
                self.last_event_id = block_id or None
            data = self._long.pop(number, event.data)
            if data.endswith("\n"):
                yield Frame(block_id, event.event, data[:-1])
            else:
                yield Frame(block_id, "", "")

    def _prepared(self) -> Iterator[bytes]:
        """The body's blocks, prepared so that sseclient-py reads each as one event, without fault.

        - It knows no byte order mark and stops at invalid UTF-8: decoded here, by the standard's rule.
        - It misses a blank line whose two ends are not alike, as in `\\n\\r\\n`: all ends become `\\n`.
        - It hands on the rest of a body as if it were a block: it gets whole blocks only.
        - It drops a block without data, though its `id:` and `retry:` count: each block gets one more, empty,
          `data` line, so that none is without. Whether there was another shows in the line feed between them.
        - Its time grows with the square of a block's lines: of a long block it gets what is left without its data.
        """
        for number, block in enumerate(_blocks(_lines(self._pieces))):
            if block.count("\n") < MANY_LINES:
                yield f"{block}\ndata\n\n".encode()
                continue
            short, data = _without_data(block)
            if data is not None:
                self._long[number] = data
            yield f"{short}\ndata\n\n".encode()


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """The body's text in pieces, each line's end as one line feed."""
    decode = codecs.getincrementaldecoder("utf-8-sig")(errors="replace").decode
    after_cr = False
    for piece in pieces:
        text = decode(piece)
        if text:
            skipped = after_cr and text[0] == "\n"
            after_cr = text[-1] == "\r"
            yield text[skipped:].replace("\r\n", "\n").replace("\r", "\n")


def _blocks(pieces: Iterable[str]) -> Iterator[str]:
    """What stands before each blank line, without the ends of its last line. The rest is dropped."""
    held: list[str] = []
    size = 0
    line_end = ""
    for piece in pieces:
        first, *others = (line_end + piece).split("\n\n")
        latest = others[-1] if others else first
        line_end = "\n" if latest.endswith("\n") else ""
        held.append(first if others else first.removesuffix("\n"))
        size += len(held[-1])
        if others:
            yield "".join(held)
            yield from others[:-1]
            held = [latest.removesuffix("\n")]
            size = len(held[0])
        if size > BLOCK_LIMIT:
            raise BadAnswerError(f"The stream holds an event of more than {BLOCK_LIMIT:,} characters.")


def _without_data(block: str) -> tuple[str, str | None]:
    """The block's last line of each field but its data; and its data, a line feed after each line of it."""
    last: dict[str, str] = {}
    data: list[str] = []
    for line in block.split("\n"):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field in {"event", "id", "retry"}:
            last[field] = line
    return "\n".join(last.values()), "\n".join([*data, ""]) if data else None
