"""A job's config as fields to fill in, and back: each value keeps the type that it had."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FIELDS_LIMIT = 60
"""What a config holds beyond it stays as it is."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_UNDERSCORES = re.compile(r"[_\s]")


@dataclass(frozen=True, slots=True)
class Field:
    """`shown` is what stands in the field at first: a text, or for a `switch` whether it is on."""

    name: str
    kind: Literal["switch", "number", "text", "json"]
    shown: str | bool
    value: object


class FieldError(ValueError):
    """What was entered can't be used; the message says what can."""


def config_fields(config: Mapping[str, object]) -> tuple[Field, ...]:
    """One field for each value, in the config's order, at most `FIELDS_LIMIT`."""
    return tuple(_field(name, value) for name, value in list(config.items())[:FIELDS_LIMIT])


def read_field(field: Field, entered: str | bool | None) -> object:
    """The value that was entered; the very one that was there, if it was not changed.

    Raises: FieldError.
    """
    if entered == field.shown or entered is None:
        return field.value
    text = str(entered)
    match field.kind:
        case "switch":
            return bool(entered)
        case "number":
            return _number(text.strip())
        case "text":
            return text
        case "json":
            return _json(text)


def _field(name: str, value: object) -> Field:
    match value:
        case bool():
            return Field(name, "switch", value, value)
        case int() | float():
            return Field(name, "number", json.dumps(value), value)
        case str():
            return Field(name, "text", value, value)
        case _:
            return Field(name, "json", json.dumps(value, ensure_ascii=False), value)


def _number(text: str) -> int | float:
    if _INTEGER.fullmatch(text):
        return int(text)
    try:
        number = math.nan if _UNDERSCORES.search(text) else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FieldError("This should be a number, such as 8 or 3e-4.")
    return number


def _json(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise FieldError('This should be JSON, such as [1, 2], {"a": 1}, "text" or null.') from None


def _refuse(word: str) -> object:
    raise ValueError(word)
