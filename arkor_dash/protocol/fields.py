"""Reading and writing single JSON values: numbers, times, text, errors, lists of artifacts.

Some servers send a field in another type than the API says. The `read_…` functions accept any JSON value, and return
None or an empty value if they can't read it. So the rest of an event or job is kept if one field is unreadable.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNT_OF_TOTAL = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*\d+(?:\.\d+)?\s*")
MIN_UNIX_SECONDS = 1e8
"""The smallest number that is read as Unix seconds. A `timestamp` of 12.5 is the age of the training, not a time."""
MIN_UNIX_MILLISECONDS = 1e11
"""The smallest number that is read as Unix milliseconds: the year 1973. As seconds, it would be the year 5138."""
_NONFINITE = {
    "nan": math.nan,
    **dict.fromkeys(("infinity", "+infinity", "inf", "+inf"), math.inf),
    **dict.fromkeys(("-infinity", "-inf"), -math.inf),
}
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""Half of a character outside of the Basic Multilingual Plane: as JSON escapes it, or as it is."""


def parse_json(body: bytes) -> object:
    """The JSON value in the bytes, with `?` for each lone surrogate, in names too.

    Raises: ValueError, RecursionError.
    """
    text = body.decode(json.detect_encoding(body), "surrogatepass")
    value: object = json.loads(text)
    return map_texts(value, replace_surrogates) if _SURROGATE.search(text) else value


def to_number(value: object) -> float | None:
    """A JSON number as a float (too large becomes infinite). None for anything else, `true` included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def read_metric(value: object) -> float | None:
    """A JSON number as `to_number` returns it, or the number that a text such as `"NaN"` or `"-Infinity"` names.

    None for anything else, so that no other text, such as a time left, is taken for a metric.
    """
    if isinstance(value, str):
        return _NONFINITE.get(value.strip().lower())
    return to_number(value)


def read_number(value: object) -> float | None:
    """A number from any JSON value, or None.

    Text is read as a number: `"1e-4"`. A count and its total, `"1/3"`, gives the count. A list, such as the learning
    rates of several parameter groups, gives its first entry.
    """
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, str):
        return to_number(value)
    count = _COUNT_OF_TOTAL.fullmatch(value)
    try:
        return float(count[1] if count else value)
    except ValueError:
        return None


def read_time(value: object) -> datetime | None:
    """A time in UTC from any JSON value, or None.

    Text is ISO 8601. A number, also one written as text, counts from 1970: milliseconds if it is at least
    `MIN_UNIX_MILLISECONDS`, seconds if it is at least `MIN_UNIX_SECONDS`.
    """
    if isinstance(value, str) and (moment := parse_time(value)) is not None:
        return moment
    number = None if isinstance(value, list) else read_number(value)
    if number is None or not number >= MIN_UNIX_SECONDS:  # NaN, too
        return None
    return utc_time(number if number >= MIN_UNIX_MILLISECONDS else number * 1000)


def read_unix_ms(value: object) -> float | None:
    """The time that `read_time` reads, in Unix milliseconds."""
    if isinstance(value, str) and value.endswith("Z"):  # as most are, and this is quicker
        try:
            return datetime.fromisoformat(value).timestamp() * 1000
        except ValueError:
            pass
    moment = read_time(value)
    return None if moment is None else moment.timestamp() * 1000


def read_text(value: object) -> str:
    """The text, with `?` for each lone surrogate; "" if the value is not text."""
    return replace_surrogates(value) if isinstance(value, str) else ""


def read_error(value: object) -> str:
    """The text of an error: the text itself, an object's `message`, or else the value as JSON.

    Null, false, zero and empty values are no error: "".
    """
    if isinstance(value, dict) and isinstance(value.get("message"), str):
        value = value["message"]
    if not value:
        return ""
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except (ValueError, RecursionError):
            value = f"an error of type {type(value).__name__}"
    return replace_surrogates(value)


def read_artifacts(value: object) -> tuple[object, ...]:
    """The artifacts in any JSON value: objects, or file names as text.

    - a list: its entries, unchanged
    - a text: one file name
    - an object with a `name`: one artifact
    - any other object: one artifact per key. `{"adapter": "a.safetensors"}` gives the file name, `{"adapter": {…}}`
      the inner object with the key as its name if it has none, and `{"adapter": 1}` the key.
    - anything else: no artifacts
    """
    match value:
        case list():
            return tuple(value)
        case {"name": str()} | str():
            return (value,)
        case dict():
            return tuple(_artifact(name, entry) for name, entry in value.items())
    return ()


def _artifact(name: str, entry: object) -> object:
    if isinstance(entry, dict):
        return {"name": name, **entry}
    return entry if isinstance(entry, str) else name


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 time as an aware datetime (UTC where it names no zone), or None if it can't be read."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def utc_time(unix_ms: float) -> datetime | None:
    """The time in UTC, to the nearest millisecond, or None if it is not in the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(milliseconds=round(unix_ms))
    except (ValueError, OverflowError):  # NaN, or out of range for datetime
        return None


def iso_ms(moment: datetime) -> str:
    """`2026-11-23T11:37:28.453Z`: UTC, to the millisecond, as every `timestamp` is written here."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def nests_deeper(value: object, levels: int) -> bool:
    """Whether the JSON value has more than so many lists and objects inside of each other."""
    match value:
        case list():
            entries: Iterable[object] = value
        case dict():
            entries = value.values()
        case _:
            return False
    return not levels or any(nests_deeper(entry, levels - 1) for entry in entries)


def map_texts(value: object, change: Callable[[str], str]) -> object:
    """A copy of the JSON value with each text changed, names too."""
    match value:
        case str():
            return change(value)
        case list():
            return [map_texts(entry, change) for entry in value]
        case dict():
            return {change(name): map_texts(entry, change) for name, entry in value.items()}
    return value


def shortened(text: str, limit: int) -> str:
    """`text`, or its first `limit` characters and an ellipsis."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def replace_surrogates(text: str) -> str:
    """The text with `?` for each lone surrogate: JSON can hold one, UTF-8 can't."""
    return text.encode("utf-8", "replace").decode()
