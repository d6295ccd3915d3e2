"""A decoder of server-sent events, from the bytes of a stream to frames.

sseclient-py parses the fields. It gets one complete block at a time, prepared so that it reads each as the standard
asks: WHATWG HTML, 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from sseclient import SSEClient

from arkor_dash.errors import BadAnswerError
from arkor_dash.sources.streams import Frame

BLOCK_LIMIT = 16 * 1024 * 1024
"""The longest block that is read, in characters. The data of a longer one are passed over."""
FIELD_LIMIT = 1_024
"""The longest line of a passed-over block that is kept, in characters. Its id and its name are such lines."""
BODY_LIMIT = 1024 * 1024 * 1024
"""A block of more characters means that the body is no event stream."""
LINES_LIMIT = 32
"""The most lines of a block whose data sseclient-py joins; its time grows with the square of their number."""
_SHORT_FIELD = re.compile(rf"^(id|event|retry)(?::.{{0,{FIELD_LIMIT}}})?$", re.MULTILINE)


class FrameReader:
    """Reads the frames of a body. The body may be split into pieces anywhere.

    `retry_ms` is that after the frames that were yielded last. An incomplete block at the end is dropped, as the
    standard asks.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.retry_ms: int | None = None
        self._pieces = pieces
        self._long_data: str | None = None
        self._has_data = False

    def __iter__(self) -> Iterator[Frame]:
        for frames in self.reads():
            yield from frames

    def reads(self) -> Iterator[Sequence[Frame]]:
        """The frames that each piece completes, at least one."""
        for blocks in _blocks(_normalized(self._pieces)):
            yield list(self._frames(blocks))

    def _frames(self, blocks: Sequence[str]) -> Iterator[Frame]:
        for event in SSEClient(self._prepared(blocks)).events():
            if event.retry is not None:
                self.retry_ms = int(event.retry[:9])
            if self._has_data:
                yield Frame(event.id, event.event, event.data)
                continue
            data = event.data if self._long_data is None else self._long_data
            has_data = data.endswith("\n")  # before the empty `data` line that was added
            yield Frame(event.id, event.event, data[:-1]) if has_data else Frame(event.id, "", "")

    def _prepared(self, blocks: Iterable[str]) -> Iterator[bytes]:
        """Each block in the form that sseclient-py reads correctly, as exactly one event.

        The deviations of sseclient-py from the standard, and how they are corrected here:

        - It keeps a byte order mark, fails on invalid UTF-8, and misses a blank line whose two line ends differ, as
          in `\\n\\r\\n`. The text is decoded here, and all line ends become `\\n`.
        - It yields an incomplete block at the end of a body. It gets complete blocks only.
        - It yields no event for a block without data, whose `id:` and `retry:` count all the same. A block that may
          have none gets an empty `data` line at its end, which is taken off again.
        - It takes an `id:` with a NUL and a `retry:` that is no number. Such lines are left out.
        - Its time grows with the square of the number of lines. The data of a long block is joined here instead.
        """
        for block in blocks:
            prepared = _without_invalid_lines(block) if "\0" in block or "retry" in block else block
            self._long_data = None
            if prepared.count("\n") > LINES_LIMIT:
                prepared, self._long_data = _split_data(prepared)
            self._has_data = self._long_data is None and "\ndata:" in prepared
            yield f"{prepared}\n\n".encode() if self._has_data else f"{prepared}\ndata\n\n".encode()


def _normalized(pieces: Iterable[bytes]) -> Iterator[str]:
    """The text of the pieces, with `\\n` for each line end. A CR and an LF in two pieces are one line end."""
    decode = codecs.getincrementaldecoder("utf-8-sig")(errors="replace").decode
    after_cr = False
    for piece in pieces:
        text = decode(piece)
        if text:
            skipped = after_cr and text[0] == "\n"
            after_cr = text[-1] == "\r"
            yield text[skipped:].replace("\r\n", "\n").replace("\r", "\n")


def _blocks(pieces: Iterable[str]) -> Iterator[list[str]]:
    """The text before each blank line of a piece, without the last line end. An incomplete block is dropped.

    The data of a block longer than BLOCK_LIMIT are replaced by a text that is no JSON, so that the event counts as a
    malformed one. The other fields are kept: without its id, the event would be sent again after a reconnect.

    Raises: BadAnswerError: a block is longer than BODY_LIMIT.
    """
    held = _text_of("")
    size = passed_over = 0
    line_end = ""
    for piece in pieces:
        first, *others = (line_end + piece).split("\n\n")
        latest = others[-1] if others else first
        line_end = "\n" if latest.endswith("\n") else ""
        size += held.write(first if others else first.removesuffix("\n"))
        if others:
            block = held.getvalue()
            if passed_over:
                block = _without_data(f"{block}\n") + f"data: more than {BLOCK_LIMIT:,} characters"
            yield [block, *others[:-1]]
            held = _text_of(latest.removesuffix("\n"))
            size, passed_over = held.tell(), 0
        if size > BLOCK_LIMIT:
            passed_over += size
            held = _text_of(_without_data(held.getvalue()))
            size = held.tell()
        if passed_over > BODY_LIMIT:
            raise BadAnswerError(f"The stream holds an event of more than {BODY_LIMIT:,} characters.")


def _text_of(start: str) -> io.StringIO:
    """A text that grows. A list would take 50 bytes for each of its pieces, which may be tiny."""
    text = io.StringIO()
    text.write(start)
    return text


def _without_data(text: str) -> str:
    """The last line of each field other than `data`, as far as it is short; then the start of an unended line."""
    lines, _, unended = text.rpartition("\n")
    fields = {match[1]: match[0] for match in _SHORT_FIELD.finditer(lines) if _is_valid(match[0])}
    return "\n".join([*fields.values(), unended[: FIELD_LIMIT + 1]])


def _without_invalid_lines(block: str) -> str:
    return "\n".join(line for line in block.split("\n") if _is_valid(line))


def _is_valid(line: str) -> bool:
    field, _, value = line.partition(":")
    value = value.removeprefix(" ")
    return not (field == "id" and "\0" in value) and (
        field != "retry" or (value.isascii() and value.isdigit())
    )


def _split_data(block: str) -> tuple[str, str]:
    """The last line of each field other than `data`; then the data, each line with a line end behind it."""
    fields: dict[str, str] = {}
    data: list[str] = []
    for line in block.split("\n"):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field in {"event", "id", "retry"}:
            fields[field] = line
    return "\n".join(fields.values()), "\n".join([*data, ""]) if data else ""
