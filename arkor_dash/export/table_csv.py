"""A table as CSV, with texts that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_csv(header: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs. None is an empty field.

    A text that begins like a formula gets an apostrophe before it, unless it is a number.
    Source: OWASP, "CSV Injection".
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(map(_field, header))
    writer.writerows(map(_field, row) for row in rows)
    return file.getvalue().encode("utf-8-sig", "replace")


def _field(value: str | float | None) -> str | float | None:
    if not isinstance(value, str) or not value.startswith(_FORMULA) or _is_number(value):
        return value
    return f"'{value}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
