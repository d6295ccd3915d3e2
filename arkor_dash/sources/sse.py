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


class FrameReader:
    """Frames from the pieces of a body, wherever it was cut.

    `retry_ms` and `last_event_id` are as of the frame that was yielded last. What follows the last blank line
    is dropped, as the standard asks, so that a half-received frame is asked for again.
    """

    def __init__(self, pieces: Iterable[bytes], last_event_id: str | None = None) -> None:
        self.retry_ms: int | None = None
        self.last_event_id = last_event_id
        self._pieces = pieces
        self._over = False

    def __iter__(self) -> Iterator[Frame]:
        for event in SSEClient(self._blocks()).events():
            if self._over:
                return  # sseclient-py hands on the rest of a body as if it were a block
            if event.retry is not None and event.retry.isascii() and event.retry.isdigit():
                self.retry_ms = int(event.retry[:9])
            block_id = None if event.id is None or "\0" in event.id else event.id
            if block_id is not None:
                self.last_event_id = block_id or None
            if event.data.endswith("\n"):
                yield Frame(block_id, event.event, event.data[:-1])
            else:
                yield Frame(block_id, "", "")

    def _blocks(self) -> Iterator[bytes]:
        """The body, prepared so that sseclient-py reads it without fault.

        - It knows no byte order mark and stops at invalid UTF-8: decoded here, by the standard's rule.
        - It misses a blank line whose two ends are not alike, as in `\\n\\r\\n`: all ends become `\\n`.
        - It drops a block without data, though its `id:` and `retry:` count: each block gets one more, empty,
          `data` line, so that none is without. Whether there was another shows in the line feed between them.
        """
        decode = codecs.getincrementaldecoder("utf-8-sig")(errors="replace").decode
        after_cr = False
        line_end = ""
        pending = 0
        for piece in self._pieces:
            text = decode(piece)
            if not text:
                continue
            skipped = after_cr and text[0] == "\n"
            after_cr = text[-1] == "\r"
            text = text[skipped:].replace("\r\n", "\n").replace("\r", "\n")
            text = line_end + text
            blank = text.rfind("\n\n")
            pending = pending + len(text) if blank < 0 else len(text) - blank
            if pending > BLOCK_LIMIT:
                raise BadAnswerError(f"The stream holds an event of more than {BLOCK_LIMIT:,} characters.")
            yield text.replace("\n\n", "\ndata\n\n")[len(line_end) :].encode()
            line_end = "\n" if text[-1:] == "\n" else ""
        self._over = True
