"""A job's config as form fields, and the fields as a config. Each value keeps its type.

An address is shown without its user info, query and fragment, which may be secret. An address that the viewer leaves
as it is keeps them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from arkor_dash.protocol.addresses import CUT, hide_in_addresses, map_addresses, shown_address
from arkor_dash.protocol.fields import map_texts

FIELDS_LIMIT = 60
"""Values of a config beyond this number can't be edited and stay as they are."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_UNDERSCORES = re.compile(r"[_\s]")


@dataclass(frozen=True, slots=True)
class Field:
    """A value that can be edited. `shown` is the field's initial content: a text, or a bool for a `switch`."""

    name: str
    kind: Literal["switch", "number", "text", "json"]
    shown: str | bool
    value: object


class FieldError(ValueError):
    """The entered text is not a valid value. The message says what is expected."""


def config_fields(config: Mapping[str, object]) -> tuple[Field, ...]:
    """One field for each value, in the order of the config, at most `FIELDS_LIMIT`."""
    return tuple(_field(name, value) for name, value in list(config.items())[:FIELDS_LIMIT])


def read_field(field: Field, entered: str | bool | None) -> object:
    """The entered value; the original object if the field was not changed.

    Raises: FieldError: the text is not a number, or not JSON, where that is expected. Or a part of an address that
        is not shown was not replaced.
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
            return _with_whole_addresses(text, field.value)
        case "json":
            return _with_whole_addresses(_json(text), field.value)


def _field(name: str, value: object) -> Field:
    match value:
        case bool():
            return Field(name, "switch", value, value)
        case int() | float():
            return Field(name, "number", json.dumps(value), value)
        case str():
            return Field(name, "text", hide_in_addresses(value), value)
        case _:
            shown = map_texts(value, hide_in_addresses)
            return Field(name, "json", json.dumps(shown, ensure_ascii=False), value)


def _with_whole_addresses(entered: object, original: object) -> object:
    """What was entered, with each address that is shown cut replaced by the whole one of `original`."""
    whole: dict[str, set[str]] = {}

    def note(address: str) -> str:
        whole.setdefault(shown_address(address), set()).add(address)
        return address

    def restore(address: str) -> str:
        meant = whole.get(address, {address})
        if len(meant) > 1 or (whole and CUT in address and address not in whole):
            raise FieldError(
                f"Enter this address as a whole: {CUT} stands for a part that is not shown here."
            )
        return next(iter(meant))

    map_texts(original, lambda text: map_addresses(text, note))
    return map_texts(entered, lambda text: map_addresses(text, restore))


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


def _refuse(constant: str) -> object:
    raise ValueError(constant)
