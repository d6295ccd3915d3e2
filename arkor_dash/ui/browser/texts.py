"""Texts that change with the data, such as a few notes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from arkor_dash.live.parts import Part, value_part
from arkor_dash.protocol.fields import replace_surrogates

from .component import register
from .live_parts import LiveParts

_texts = register("texts", "<div></div>", "live")


@dataclass(frozen=True, slots=True)
class Text:
    """An element that shows exactly `text`, line breaks included. `tag` is one of `p`, `h2` and `h3`."""

    text: str
    class_name: str = "arkor-note"
    tag: str = "p"
    role: str = ""


def texts_part(view: Hashable, texts: Callable[[], Sequence[Text]]) -> Part:
    """The part that shows these texts."""
    return value_part(view, lambda: tuple(texts()), lambda shown: {"texts": texts_json(shown)})


def show_texts(
    parts: LiveParts[Any], part: Part, *, key: str, class_name: str = "", width: str = "stretch"
) -> None:
    """Show the texts in one element with that class. Args: width: as that of Streamlit's elements."""
    _texts(key=key, data={**parts.draw(key, part), "class_name": class_name}, width=width)


def texts_json(texts: Sequence[Text]) -> list[tuple[str, ...]]:
    """The texts as JSON values."""
    return [_json(text) for text in texts]


def _json(text: Text) -> tuple[str, ...]:
    shown, *rest = astuple(text)
    return (replace_surrogates(shown), *rest)
