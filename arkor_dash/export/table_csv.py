"""A table as CSV, with texts that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_csv(header: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs. None is an empty field.

    Texts are as `no_formula` returns them.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(map(no_formula, header))
    writer.writerows(map(_field, row) for row in rows)
    return file.getvalue().encode("utf-8-sig", "replace")


def no_formula(text: str) -> str:
    """The text, after an apostrophe if it begins like a formula and is no number. Source: OWASP, "CSV Injection"."""
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _field(value: str | float | None) -> str | float | None:
    return no_formula(value) if isinstance(value, str) else value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
