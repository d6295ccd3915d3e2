"""A list of labels and values."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from arkor_dash.live.parts import Data, Part, value_part

from .component import register
from .live_parts import LiveParts

_HTML = """
<dl class="arkor-facts">
</dl>
"""
_facts = register("facts", _HTML, "live", "copy", "counting")
_COUNTING = frozenset({"running", "ago"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value. `meaning` is the label's tooltip. `unit`, drawn after a number, says what it counts.

    `kind` is `text`, `copy` (with a button that copies it) or `time` (ISO 8601, shown in the browser's zone). For
    `running` (`0:01:23`) and `ago` (`83 s ago`), `value` is a time in Unix milliseconds, from which on the browser
    keeps counting.
    """

    label: str
    value: str | None
    kind: str = "text"
    meaning: str = ""
    unit: str = ""


def facts_part(view: Hashable, facts: Callable[[], Sequence[Fact]]) -> Part:
    """The part that shows these facts."""
    return value_part(view, lambda: tuple(facts()), _data)


def show_facts(parts: LiveParts[Any], part: Part, *, key: str) -> None:
    """Show labels and values."""
    _facts(key=key, data=parts.draw(key, part))


def _data(facts: Sequence[Fact]) -> Data:
    now_ms = time.time() * 1000
    return {"facts": [astuple(_counted(fact, now_ms)) for fact in facts]}


def _counted(fact: Fact, now_ms: float) -> Fact:
    """The fact with the seconds that the browser counts from: its clock may differ from this machine's."""
    if fact.kind not in _COUNTING or fact.value is None:
        return fact
    return replace(fact, value=f"{max(0.0, now_ms - float(fact.value)) / 1000:.1f}")
