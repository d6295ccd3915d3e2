"""Escapes text from jobs, servers and files, so that Streamlit shows it literally."""

from __future__ import annotations

import re
from html import escape

from arkor_dash.protocol.fields import replace_surrogates, shortened

STATUS_LIMIT = 40
WORD_JOINER = "\u2060"

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_TRIGGER = re.compile(r"([:@](?=\S)|(?i:www)(?=\.))")


def markdown_text(text: str) -> str:
    """Markdown that shows exactly `text`, with spaces for line breaks. For elements that take only Markdown.

    Backslashes escape Markdown's punctuation. Streamlit finds emoji codes, icons, colours and addresses after it has
    parsed the Markdown, so backslashes don't help there: an invisible word joiner breaks them up.
    """
    broken_up = _TRIGGER.sub(rf"\1{WORD_JOINER}", " ".join(replace_surrogates(text).split()))
    return _PUNCTUATION.sub(r"\\\1", broken_up)


def paragraph(text: str, class_name: str, *, tag: str = "p", role: str | None = None) -> str:
    """An HTML element that shows exactly `text`, line breaks included."""
    role_attribute = f' role="{escape(role)}"' if role else ""
    return f'<{tag} class="{escape(class_name)}"{role_attribute}>{escape(replace_surrogates(text))}</{tag}>'


def heading_with_note(heading: str, note: str, *, tag: str = "h2") -> str:
    """The heading of a card, and beside it the note if there is one, as HTML that shows exactly these texts."""
    shown_note = paragraph(note, "arkor-note") if note else ""
    return f'<div class="arkor-head">{paragraph(heading, "arkor-heading", tag=tag)}{shown_note}</div>'


def status_chip(status: str) -> str:
    """The status as a coloured chip, as HTML that shows exactly this text."""
    class_name = "".join(
        letter if letter.isascii() and letter.isalpha() else "-" for letter in status.lower()
    )
    return (
        f'<span class="arkor-chip arkor-status-{class_name}" role="status">'
        f"{escape(shortened(status, STATUS_LIMIT))}</span>"
    )
