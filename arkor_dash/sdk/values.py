"""Converts values that a training reports into JSON: scalars, steps, configs."""

from __future__ import annotations

import math
from collections.abc import Mapping

from arkor_dash.protocol.fields import replace_surrogates

LARGEST_INTEGER = 2**63
"""Databases can't store larger integers exactly."""

NESTING_LIMIT = 64
"""How deeply lists and dicts may be nested. The Studio accepts a little more."""


def number(value: object, name: str) -> float:
    """A Python, NumPy or torch scalar as a float. NaN and infinities are kept.

    Raises: TypeError: `value` is not a single number. The message begins with `name`.
    """
    plain = _unwrapped(value, name)
    if isinstance(plain, (bool, complex)) or not hasattr(plain, "__float__"):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    try:
        return float(plain)
    except OverflowError:
        return math.inf if plain > 0 else -math.inf  # type: ignore[operator]  # only an int overflows
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be a single number, got {type(value).__name__}") from error


def step_number(value: object) -> int | float:
    """A step as an int if it is one, else as a float.

    Raises: TypeError: `value` is not a number. ValueError: it is not finite, or beyond ±2^63.
    """
    plain = _unwrapped(value, "step")
    step = plain if isinstance(plain, int) and not isinstance(plain, bool) else number(plain, "step")
    if not abs(step) <= LARGEST_INTEGER:  # so that NaN is refused as well
        raise ValueError(f"step must be a finite number within ±2^63, got {number(step, 'step'):.6g}")
    return step


def json_value(value: object, name: str, levels: int = NESTING_LIMIT) -> object:
    """`value` in JSON's types: text, numbers, lists, objects, true, false and null.

    Lone surrogates, as in a file name that is not UTF-8, become `?`.
    Raises: TypeError: some part of `value` has no JSON form; the message names the part. ValueError: lists and dicts
    are nested more than `levels` deep.
    """
    if levels == 0 and isinstance(value, (Mapping, list, tuple)):
        raise ValueError(
            f"{name[:80]}… is nested more than {NESTING_LIMIT} levels deep. Pass flatter values."
        )
    match value:
        case None | bool():
            return value
        case str():
            return replace_surrogates(value)
        case int():
            return _integer(value, name)
        case Mapping():
            return {
                _key(key, name): json_value(item, f"{name}[{key!r}]", levels - 1)
                for key, item in value.items()
            }
        case list() | tuple():
            return [json_value(item, f"{name}[{index}]", levels - 1) for index, item in enumerate(value)]
    plain = _unwrapped(value, name)
    if isinstance(plain, (bool, int, str)):
        return json_value(plain, name)
    try:
        return number(plain, name)
    except TypeError as error:
        raise TypeError(
            f"{name} is of type {type(value).__name__}, which has no JSON form. "
            "Pass numbers, text, lists or dicts with text keys."
        ) from error


def _unwrapped(value: object, name: str) -> object:
    """The Python scalar in a NumPy or torch scalar; any other value unchanged."""
    item = getattr(value, "item", None)
    if isinstance(value, (int, float)) or not callable(item):
        return value
    try:
        return item()
    except Exception as error:
        raise TypeError(f"{name} must be a single value, got {type(value).__name__}: {error}") from error


def _integer(value: int, name: str) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise TypeError(f"{name} is an integer beyond ±2^63, which databases can't store. Pass a float.")
    return int(value)


def _key(key: object, name: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{name} has the key {key!r}, but JSON objects have text keys only.")
    return key
