"""The shapes of events: what the JSON of many events has in common, apart from its numbers and its time.

A stretch of events keeps a shape once, and of each event only the numbers. The text of the event is made from both.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, NamedTuple

from arkor_dash.protocol.metric_values import read_metrics

LARGEST_EXACT = 2**53
"""The largest whole number up to which a float64 holds each."""
SHAPES_LIMIT = 200
"""The most shapes of a stretch. Events of further ones are kept as text."""
TIME_FIELD = "timestamp"
_INT, _FLOAT, _TIME = "int", "float", "time"
_KINDS = {int: _INT, float: _FLOAT}
_PLACE = "\x01"
_PLACE_IN_JSON = json.dumps(_PLACE)
# As `iso_ms` writes it. Until 2199, a float64 holds each microsecond.
_TIME_TEXT = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z", re.ASCII)
_decode = json.JSONDecoder().raw_decode
_Reader = Callable[[Mapping[str, Any]], tuple[Any, ...]]
_CONSTANTS = (str, bool, type(None))


@dataclass(frozen=True, eq=False)
class Shape:
    """The event's name, and its JSON around its values.

    `parts`: the texts before, between and after the values; None if the whole JSON is kept as text.
    `fields`: the names of the fields with a value, in order. `kinds`: `int`, `float` or `time` for each of them.
    """

    name: str
    parts: tuple[str, ...] | None = None
    fields: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @cached_property
    def has_time(self) -> bool:
        return _TIME in self.kinds

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The fields with a number, in order."""
        return tuple(name for name, kind in zip(self.fields, self.kinds, strict=True) if kind != _TIME)

    def texts(self, times: Sequence[str], numbers: Sequence[Sequence[float]]) -> list[str]:
        """The JSON of each event.

        Args: times: the time of each event in ISO 8601, empty without a time. numbers: for each number of the shape,
            its value in each event.
        """
        template = "%s".join(part.replace("%", "%%") for part in self.parts or ())
        columns: list[Iterable[str]] = []
        rest = iter(numbers)
        for kind in self.kinds:
            if kind == _TIME:
                columns.append([f'"{time}"' for time in times])
                continue
            values = next(rest)
            if not all(map(math.isfinite, values)):
                columns.append(map(json.dumps, values))
            elif kind == _INT:
                columns.append(map(str, map(int, values)))
            else:
                columns.append(map(repr, values))
        return [template % row for row in zip(*columns, strict=True)]

    @cached_property
    def metrics(self) -> Mapping[str, int | float]:
        """The metrics that a report of this shape has, in order: the position of each among `numbers`, as an int, or
        its value, as a float, if it is the same in all reports.

        The rules are those of `read_metrics`, except for the one that depends on values: that of a loss of 0.
        """
        places = {-(2.0**-900) * (place + 1): place for place in range(len(self.numbers))}
        found = read_metrics(self._sample(list(places)))
        return {name: places.get(value, value) for name, value in found.items()}

    @property
    def characters(self) -> int:
        return sum(map(len, (self.name, *(self.parts or ()), *self.fields)))

    def as_json(self) -> dict[str, object]:
        return {"name": self.name, "parts": self.parts, "fields": self.fields, "kinds": self.kinds}

    def _sample(self, numbers: Sequence[float]) -> dict[str, object]:
        rest = iter(numbers)
        values = ['"1970-01-01T00:00:00.000Z"' if kind == _TIME else repr(next(rest)) for kind in self.kinds]
        parts = self.parts or ("{}",)
        payload = json.loads("".join(map("".join, zip(parts, [*values, ""], strict=True))))
        return payload if isinstance(payload, dict) else {}


def read_shape(payload: Mapping[str, object]) -> Shape:
    """The shape that `Shape.as_json` has written. Raises: KeyError, TypeError, ValueError: it has another form."""
    parts, fields, kinds = payload["parts"], payload["fields"], payload["kinds"]
    if not (isinstance(fields, list) and isinstance(kinds, list) and len(fields) == len(kinds)):
        raise TypeError("fields without kinds")
    if parts is not None and not (isinstance(parts, list) and len(parts) == len(kinds) + 1):
        raise TypeError("parts without fields")
    if not set(kinds) <= {_INT, _FLOAT, _TIME} or kinds.count(_TIME) > 1 or (parts is None) is bool(kinds):
        raise ValueError("unknown kinds")
    texts = None if parts is None else tuple(map(str, parts))
    shape = Shape(str(payload["name"]), texts, tuple(map(str, fields)), tuple(map(str, kinds)))
    shape.metrics  # noqa: B018  # reads the parts
    return shape


class _Known(NamedTuple):
    """A shape, and what reads its values and its other fields from an event, as tuples."""

    shape: Shape
    read_numbers: _Reader
    read_integers: _Reader
    read_constants: _Reader
    constants: tuple[object, ...]


class ShapeFinder:
    """Finds the shape of each event, among at most `SHAPES_LIMIT`."""

    def __init__(self) -> None:
        self._shapes = 0
        self._known: dict[tuple[object, ...], list[_Known]] = {}

    def split(self, name: str, data: str) -> tuple[Shape, str, Sequence[float]] | None:
        """The shape of the event, its time if it has one, and its numbers in order; None to keep it as text.

        The caller has to check that the shape gives the same text again: JSON can be written in many ways.
        """
        try:
            payload = _decode(data)[0]
        except (ValueError, RecursionError):
            return None
        if not isinstance(payload, dict):
            return None
        key = (name, *payload, *map(type, payload.values()))
        known = self._find(key, payload) or self._add(key, name, data, payload)
        if known is None:
            return None
        shape = known.shape
        if shape.has_time and not is_exact_time(payload[TIME_FIELD]):
            return None
        if any(abs(value) > LARGEST_EXACT for value in known.read_integers(payload)):
            return None
        return shape, payload[TIME_FIELD] if shape.has_time else "", known.read_numbers(payload)

    def _find(self, key: tuple[object, ...], payload: Mapping[str, object]) -> _Known | None:
        for known in self._known.get(key, ()):
            if known.read_constants(payload) == known.constants:
                return known
        return None

    def _add(
        self, key: tuple[object, ...], name: str, data: str, payload: Mapping[str, object]
    ) -> _Known | None:
        shape = _new_shape(name, data, payload)
        if shape is None or self._shapes == SHAPES_LIMIT:
            return None
        self._shapes += 1
        integers = [field for field, kind in zip(shape.fields, shape.kinds, strict=True) if kind == _INT]
        read_constants = _reader([field for field in payload if field not in shape.fields])
        known = _Known(
            shape, _reader(shape.numbers), _reader(integers), read_constants, read_constants(payload)
        )
        self._known.setdefault(key, []).append(known)
        return known


def _reader(fields: Sequence[str]) -> _Reader:
    """A function that returns these fields of an event."""
    match fields:
        case []:
            return lambda _: ()
        case [field]:
            return lambda payload: (payload[field],)
    return itemgetter(*fields)


def is_exact_time(text: str) -> bool:
    """Whether the text is a time as `iso_ms` writes it."""
    if not _TIME_TEXT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _new_shape(name: str, data: str, payload: Mapping[str, object]) -> Shape | None:
    kinds: dict[str, str] = {}
    for field, value in payload.items():
        if field == TIME_FIELD and isinstance(value, str):
            kinds[field] = _TIME
        elif field != TIME_FIELD and type(value) in _KINDS:
            kinds[field] = _KINDS[type(value)]
        elif not isinstance(value, _CONSTANTS):
            return None
    around = {field: _PLACE if field in kinds else value for field, value in payload.items()}
    write = partial(json.dumps, ensure_ascii=data.isascii())
    if write(payload) != data:
        write = partial(write, separators=(",", ":"))
    parts = tuple(write(around).split(_PLACE_IN_JSON))
    if not kinds or len(parts) != len(kinds) + 1:
        return None
    return Shape(name, parts, tuple(kinds), tuple(kinds.values()))
