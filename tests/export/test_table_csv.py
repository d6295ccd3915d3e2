from __future__ import annotations

import csv
import io
import math

from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.export.table_csv import table_csv


def read(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))


def test_a_text_that_a_spreadsheet_would_take_for_a_formula_is_marked_as_text() -> None:
    texts = ["=1+1", "@x", "+cmd", "-x", "\tx", "-1.5", "+2", "1=1", "é"]
    ((header,), *rows) = read(table_csv(["=a"], [[text] for text in texts]))
    assert header == "'=a"
    assert [row[0] for row in rows] == ["'=1+1", "'@x", "'+cmd", "'-x", "'\tx", "-1.5", "+2", "1=1", "é"]


def test_numbers_are_whole_and_a_missing_value_is_empty() -> None:
    assert read(table_csv(["a", "b", "c"], [[1 / 3, None, -math.inf]]))[1] == [
        "0.3333333333333333",
        "",
        "-inf",
    ]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2)))
def test_any_texts_are_read_back(rows: list[list[str]]) -> None:
    found = read(table_csv(["a", "b"], rows))[1:]
    assert [[text.removeprefix("'") for text in row] for row in found] == [
        [text.removeprefix("'") for text in row] for row in rows
    ]
