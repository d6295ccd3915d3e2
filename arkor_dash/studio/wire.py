"""How values are written as JSON here, and how text is made fit for storing."""

from __future__ import annotations

import json
import re

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_SEPARATORS = re.compile("[\x85\u2028\u2029]")


def clean(text: str) -> str:
    """The text without what a database or UTF-8 can't hold: NUL and lone surrogates become U+FFFD."""
    return _UNFIT.sub("\ufffd", text)


def json_line(value: object) -> str:
    """JSON on one line, however a reader takes lines apart; NaN and infinities stand as bare words."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii():
        return text
    if _UNFIT.search(text):
        return json.dumps(value)
    # They can only stand within strings, where an escape means the same.
    return _SEPARATORS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
