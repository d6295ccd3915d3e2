"""Turns consecutive events of a job into a stretch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from arkor_dash.protocol.fields import replace_surrogates

from .arrow_buffers import number_column, text_column
from .shapes import Shape, ShapeFinder
from .stretch import FIXED_COLUMNS, FORMAT, METADATA_KEY, pack, to_stretch

FEWEST_OF_A_SHAPE = 4
"""A shape that fewer events have takes more room than their texts."""
MOST_COLUMNS = 1_000
MOST_CHARACTERS = 300_000
"""The most characters of all shapes of a stretch."""


class _Split(NamedTuple):
    shape: Shape
    time: str
    numbers: Sequence[float]


def write_stretch(first_id: int, events: Sequence[tuple[str, str]]) -> bytes:
    """The stretch with these events, each its name and its JSON. `first_id`: the id of the first event.

    Raises: ValueError: it would have more than `SIZE_LIMIT` bytes before it is compressed.
    """
    splits = _kept(_split(events))
    batch = _batch(first_id, events, splits)
    written = to_stretch(batch).events()
    if written != list(events):
        # JSON can be written in several ways. The text of such an event is kept as it is.
        for row, (before, after) in enumerate(zip(events, written, strict=True)):
            splits[row] = splits[row] if before == after else None
        batch = _batch(first_id, events, splits)
    return pack(batch)


def _split(events: Sequence[tuple[str, str]]) -> list[_Split | None]:
    finder = ShapeFinder()
    found = (finder.split(name, data) for name, data in events)
    return [None if each is None else _Split(*each) for each in found]


def _kept(splits: list[_Split | None]) -> list[_Split | None]:
    """Only the shapes that many events have, as long as they are not too large together."""
    counts = Counter(each.shape for each in splits if each is not None)
    columns: set[str] = set()
    characters = 0
    kept: set[Shape] = set()
    for shape, count in counts.items():
        more, longer = columns.union(shape.numbers), characters + shape.characters
        if count >= FEWEST_OF_A_SHAPE and len(more) <= MOST_COLUMNS and longer <= MOST_CHARACTERS:
            kept.add(shape)
            columns, characters = more, longer
    return [each if each is not None and each.shape in kept else None for each in splits]


def _batch(first_id: int, events: Sequence[tuple[str, str]], splits: Sequence[_Split | None]) -> Any:
    """The record batch. Shapes and columns are in the order of the events that have them first."""
    as_text = {name: Shape(name) for name in {name for name, _ in events}}
    number_of: dict[Shape, int] = {}
    rows_of: dict[Shape, list[int]] = {}
    for row, ((name, _), split) in enumerate(zip(events, splits, strict=True)):
        shape = as_text[name] if split is None else split.shape
        number_of.setdefault(shape, len(number_of))
        rows_of.setdefault(shape, []).append(row)
    size = len(events)
    shape_of, times, has_time = np.zeros(size, np.uint16), np.zeros(size, np.int64), np.zeros(size, bool)
    numbers: dict[str, tuple[Any, Any]] = {}
    for shape, rows in rows_of.items():
        shape_of[rows] = number_of[shape]
        found = [split for split in map(splits.__getitem__, rows) if split is not None]
        if shape.has_time:
            has_time[rows] = True
            moments = [split.time.removesuffix("Z") for split in found]
            times[rows] = np.array(moments, "datetime64[ms]").astype(np.int64)
        if shape.numbers:
            values = np.array([split.numbers for split in found], np.float64)
            for place, field in enumerate(shape.numbers):
                column, is_there = numbers.setdefault(field, (np.zeros(size), np.zeros(size, bool)))
                column[rows], is_there[rows] = values[:, place], True
    kept = [None if split else data for (_, data), split in zip(events, splits, strict=True)]
    arrays = [
        number_column(shape_of, np.ones(size, bool), pa.uint16()),
        number_column(times, has_time, pa.int64()),
        text_column(kept),
        *(number_column(column, is_there, pa.float64()) for column, is_there in numbers.values()),
    ]
    place_of = {field: len(FIXED_COLUMNS) + place for place, field in enumerate(numbers)}
    shapes = [
        {**each.as_json(), "columns": [place_of[field] for field in each.numbers]} for each in number_of
    ]
    described = {"format": FORMAT, "first": first_id, "shapes": shapes}
    schema = pa.schema(
        [*FIXED_COLUMNS, *((replace_surrogates(field), pa.float64()) for field in numbers)],
        metadata={METADATA_KEY: json.dumps(described)},
    )
    return pa.record_batch(arrays, schema=schema)
