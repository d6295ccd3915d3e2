"""The formats of times, text and JSON in the database and in HTTP answers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

NAME_LIMIT = 10_000
"""Longest name of a job, a trainer or an artifact, in characters."""
NESTING_LIMIT = 100
"""How deep JSON objects and lists may be nested. Python's `json` fails at a few hundred levels."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SEPARATORS = re.compile("[\x85\u2028\u2029]")


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def clean(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD, since a database or UTF-8 can't hold them."""
    return _UNSTORABLE.sub("\ufffd", text)


def clean_name(text: str) -> str:
    """The first `NAME_LIMIT` characters of the cleaned text."""
    return clean(text)[:NAME_LIMIT]


def is_too_deep(value: object) -> bool:
    """Whether JSON objects and lists are nested more than `NESTING_LIMIT` levels deep."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(NESTING_LIMIT):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
    return bool(level)


def json_line(value: object) -> str:
    """JSON without any character that a reader may take for a line break. NaN and infinities are bare words."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii():
        return text
    if _UNSTORABLE.search(text):
        return json.dumps(value)
    # They can only occur in strings, where an escape sequence means the same.
    return _SEPARATORS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
