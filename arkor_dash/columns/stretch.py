"""A stretch of a job's events in columns: how the Studio stores finished stretches, and how it serves them.

Its bytes are an Arrow IPC stream with one record batch, compressed with zstd. Each event has a row, in order:

- `shape`: a number for what the event's JSON has in common with others (see `shapes`); the schema's metadata has the
  list of shapes.
- `time`: the event's `timestamp` in Unix milliseconds; null if the shape has none.
- `text`: the whole JSON of an event that does not fit into columns; else null.
- then a float64 column for each field of any shape that has a number. Null: the event has no such field; NaN: its
  value was not a number.

So the JSON of each event can be made again, character by character, and whoever draws a curve does not need it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arkor_dash.errors import MalformedError

from .arrow_buffers import is_compressed, is_valid, values_of
from .shapes import Shape, read_shape
from .stretch_stream import SIZE_LIMIT

FORMAT = 1
METADATA_KEY = b"arkor-dash"
METADATA_LIMIT = 8 * 1024 * 1024
"""Bytes of the longest list of shapes."""
FIXED_COLUMNS = (("shape", pa.uint16()), ("time", pa.int64()), ("text", pa.large_string()))
_CODEC = "zstd"
_DAMAGES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    StopIteration,
)
"""What reading a damaged stretch can raise, besides the errors of pyarrow."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Consecutive events of one job. The event of row `n` has the id `first_id + n`.

    `shapes`: all shapes. `shape_of`, shape (n,): the number of the shape of each event.
    """

    first_id: int
    shapes: tuple[Shape, ...]
    shape_of: npt.NDArray[np.uint16]
    _batch: Any
    _columns: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.shape_of)

    @property
    def last_id(self) -> int:
        return self.first_id + len(self) - 1

    def rows_of(self, shape: int) -> IntArray:
        """The rows with the events of that shape, increasing."""
        return np.flatnonzero(self.shape_of == shape)

    def times(self, rows: IntArray) -> IntArray:
        """The times of these events, in Unix milliseconds. Their shape has to have one."""
        times: IntArray = values_of(self._batch.column(1), np.int64)[rows]
        return times

    def numbers(self, shape: int, rows: IntArray) -> list[FloatArray]:
        """For each of the shape's `numbers`, its values in these events, which are of that shape."""
        columns = [values_of(self._batch.column(at), np.float64) for at in self._columns[shape]]
        return columns if len(rows) == len(self) else [column[rows] for column in columns]

    def events(self, start: int = 0, stop: int | None = None) -> list[tuple[str, str]]:
        """The names and the JSON of the events of these rows."""
        stop = len(self) if stop is None else stop
        if len(self.shapes) == 1:
            name, rows = self.shapes[0].name, np.arange(start, stop)
            return [(name, text) for text in self.texts(0, rows)]
        found: list[tuple[str, str]] = [("", "")] * (stop - start)
        for number in np.unique(self.shape_of[start:stop]).tolist():
            shape = self.shapes[number]
            rows = np.flatnonzero(self.shape_of[start:stop] == number) + start
            for row, text in zip(rows.tolist(), self.texts(number, rows), strict=True):
                found[row - start] = (shape.name, text)
        return found

    def texts(self, number: int, rows: IntArray) -> Sequence[str]:
        """The JSON of the events of these rows, which are all of the shape with that number."""
        shape = self.shapes[number]
        if shape.parts is None:
            column = self._batch.column(2)
            return [column[row].as_py() for row in rows.tolist()]
        times: list[str] = []
        if shape.has_time:
            moments = np.datetime_as_string(self.times(rows).astype("datetime64[ms]"), unit="ms")
            times = [f"{moment}Z" for moment in moments.tolist()]
        return shape.texts(times, [each.tolist() for each in self.numbers(number, rows)])


def pack(batch: Any) -> bytes:
    """The bytes of a stretch with this record batch, the size of what is compressed first."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    stream = sink.getvalue()
    if stream.size > SIZE_LIMIT:
        raise ValueError(f"a stretch of {stream.size} bytes is too large")
    compressed: bytes = pa.Codec(_CODEC).compress(stream, asbytes=True)
    return int(stream.size).to_bytes(8, "little") + compressed


def unpack(data: bytes) -> Stretch:
    """The stretch. Raises: MalformedError: the bytes are no stretch, or are damaged."""
    size = int.from_bytes(data[:8], "little")
    if len(data) <= 8 or size > SIZE_LIMIT:
        raise MalformedError(f"expected a stretch of at most {SIZE_LIMIT} bytes")
    try:
        return to_stretch(_only_batch(pa.Codec(_CODEC).decompress(memoryview(data)[8:], size)))
    except (pa.ArrowException, OSError, *_DAMAGES) as error:
        raise MalformedError(f"expected a stretch of events in columns ({type(error).__name__})") from error


def _only_batch(stream: Any) -> Any:
    """The record batch of a stream. All its buffers lie in that of the stream, so no memory is taken for them."""
    messages = pa.ipc.MessageReader.open_stream(stream)
    first, message = messages.read_next_message(), messages.read_next_message()
    if first.type != "schema":  # pyarrow would read it as one, and crash
        raise ValueError("expected a schema first")
    schema = pa.ipc.read_schema(first)
    if message.type != "record batch" or is_compressed(message.metadata.to_pybytes()):
        raise ValueError("expected a batch that is not compressed")
    batch = pa.ipc.read_record_batch(message, schema)
    batch.validate(full=True)
    return batch


def to_stretch(batch: Any) -> Stretch:
    """The stretch with this record batch.

    Raises: those of `_DAMAGES`: the batch does not have the columns of a stretch.
    """
    text = batch.schema.metadata[METADATA_KEY]
    if len(text) > METADATA_LIMIT:
        raise ValueError("too long a list of shapes")
    described = json.loads(text)
    if described["format"] != FORMAT:
        raise ValueError("another format")
    shapes = tuple(map(read_shape, described["shapes"]))
    columns = tuple(tuple(map(int, each["columns"])) for each in described["shapes"])
    types = [column.type for column in batch.columns]
    fixed = [kind for _, kind in FIXED_COLUMNS]
    if types != fixed + [pa.float64()] * (len(types) - len(fixed)) or batch.column(0).null_count:
        raise ValueError("other columns")
    shape_of = values_of(batch.column(0), np.uint16)
    stretch = Stretch(int(described["first"]), shapes, shape_of, batch, columns)
    if not 0 < stretch.first_id < 2**62 or not len(stretch) or stretch.shape_of.max() >= len(shapes):
        raise ValueError("no events, or one without a shape")
    _check_size(stretch)
    for number, shape in enumerate(shapes):
        if len(columns[number]) != len(shape.numbers) or any(
            not len(fixed) <= at < len(types) for at in columns[number]
        ):
            raise ValueError("a shape without its columns")
        _check_values(stretch, number)
    return stretch


def _check_size(stretch: Stretch) -> None:
    """Few bytes can say that each of many events has a long text or many metrics: whoever reads them would need more
    memory than there is."""
    counts = np.bincount(stretch.shape_of, minlength=len(stretch.shapes)).tolist()
    pairs = list(zip(counts, stretch.shapes, strict=True))
    sizes = (
        len(stretch) * len(stretch.shapes),
        sum(count * shape.characters for count, shape in pairs),
        sum(count * 8 * len(shape.metrics) for count, shape in pairs),
    )
    if max(sizes) > SIZE_LIMIT:
        raise ValueError("events that are too large together")


def _check_values(stretch: Stretch, number: int) -> None:
    shape, rows = stretch.shapes[number], stretch.rows_of(number)
    places = [2] if shape.parts is None else [*stretch._columns[number], *([1] if shape.has_time else [])]
    for column in map(stretch._batch.column, places):
        if column.null_count and not is_valid(column)[rows].all():
            raise ValueError("an event without its values")
