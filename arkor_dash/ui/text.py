"""Text from jobs, servers and files on its way into Streamlit: shown, never interpreted."""

from __future__ import annotations

import re
from html import escape

WORD_JOINER = "\u2060"

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_TRIGGER = re.compile(r"([:@](?=\S)|(?i:www)(?=\.))")


def markdown_text(text: str) -> str:
    """`text` as Markdown that reads as just that text, for the places where Streamlit takes only Markdown.

    A backslash disarms Markdown's own punctuation. Emoji codes, icons, colours and bare addresses are found by
    Streamlit in the parsed text, past any backslash: an invisible word joiner keeps them apart.
    """
    apart = _TRIGGER.sub(rf"\1{WORD_JOINER}", " ".join(text.split()))
    return _PUNCTUATION.sub(r"\\\1", apart)


def shortened(text: str, limit: int) -> str:
    """`text`, or its first `limit` characters and an ellipsis."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def paragraph(text: str, class_name: str, *, tag: str = "p", role: str | None = None) -> str:
    """`text` as an HTML element that holds nothing but it; line breaks stay."""
    role_attribute = f' role="{escape(role)}"' if role else ""
    return f'<{tag} class="{escape(class_name)}"{role_attribute}>{escape(text)}</{tag}>'
