"""The line that says why a run has failed."""

from __future__ import annotations

import traceback

import pytest

from arkor_dash.ui.job.wording import failure_reason


def caught(error: Exception, cause: Exception | None = None) -> str:
    try:
        try:
            raise cause or error
        except KeyError as first:
            raise error from first
    except ValueError:
        return traceback.format_exc()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (caught(ValueError("the batch is empty")), "ValueError: the batch is empty"),
        (caught(ValueError("no batch"), KeyError("loss")), "ValueError: no batch"),
        (caught(ValueError("out of memory\n\n  see the log\nand the docs")), "ValueError: out of memory"),
        ("The trainer ended with exit code 3.\nIts output has more.", "The trainer ended with exit code 3."),
        ("Traceback (most recent call last):\n  File", "  File"),
        ("Killed", "Killed"),
    ],
    ids=["one", "with a cause", "several lines", "no traceback", "cut off", "a word"],
)
def test_the_reason_is_the_line_with_the_error(text: str, expected: str) -> None:
    assert failure_reason(text) == expected
