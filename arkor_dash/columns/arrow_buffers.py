"""Arrow columns from NumPy arrays, and back.

What pyarrow has for this imports pandas, which takes as much memory as all that the Studio needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]


def values_of(column: Any, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """The values of a column of that kind, with any value in place of a null."""
    return np.frombuffer(column.buffers()[1], kind, len(column), column.offset * np.dtype(kind).itemsize)


def is_valid(column: Any) -> Mask:
    """Which entries of a column with nulls are none."""
    bits = np.unpackbits(np.frombuffer(column.buffers()[0], np.uint8), bitorder="little")
    return bits[column.offset : column.offset + len(column)].astype(bool)


def number_column(values: npt.NDArray[Any], is_there: Mask, kind: Any) -> Any:
    """A column of these values, with nulls where `is_there` is False."""
    return pa.Array.from_buffers(kind, len(values), [_validity(is_there), pa.py_buffer(values)])


def text_column(texts: Sequence[str | None]) -> Any:
    encoded = [b"" if text is None else text.encode() for text in texts]
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(each) for each in encoded], out=ends[1:])
    is_there = np.array([text is not None for text in texts])
    buffers = [_validity(is_there), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers)


def _validity(is_there: Mask) -> Any:
    return None if is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little"))


def is_compressed(metadata: bytes) -> bool:
    """Whether the buffers of a record batch are compressed, by the metadata of its message.

    pyarrow takes the memory that such buffers say they need, before it decompresses them, and has no limit for it.
    Source: `Message.fbs` of Arrow: a message's field 2 is its header, and a record batch's field 3 its compression.
    """

    def number(at: int, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(metadata[at : at + size], "little", signed=signed)

    def field(table: int, index: int) -> int:
        """The position of a field of a table, 0 if it is left out."""
        fields, entry = table - number(table, 4, signed=True), 4 + 2 * index
        offset = number(fields + entry, 2) if entry < number(fields, 2) else 0
        return table + offset if offset else 0

    header = field(number(0, 4), 2)
    return bool(field(header + number(header, 4), 3))
