"""A list of labels and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from .component import register

_HTML = """
<dl class="arkor-facts">
</dl>
"""
_facts = register("facts", _HTML, "copy")


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value. `meaning` is the label's tooltip.

    `kind` is `text`, `copy` (with a button that copies it) or `time` (ISO 8601, shown in the browser's zone). For
    `running` (`0:01:23`) and `ago` (`83 s ago`, `2 min ago`), `value` is in seconds and the browser keeps counting.
    """

    label: str
    value: str | None
    kind: str = "text"
    meaning: str = ""


def show_facts(items: Sequence[Fact], *, key: str) -> None:
    """Show labels and values."""
    _facts(key=key, data={"facts": [astuple(item) for item in items]})
