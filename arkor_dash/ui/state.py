"""All that is kept per viewer. The only place that touches `st.session_state`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from ..sources import Manifest
from .growing import Cursor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChartCache:
    """A drawing and what it was made from, so that nothing is drawn twice."""

    key: object
    figure: dict[str, Any]
    alt: str
    note: str


def entered(page: str) -> bool:
    """True on the first run of a visit to `page` (its address with parameters), so once per page load."""
    arrived = st.session_state.get("_page") != page
    st.session_state["_page"] = page
    return arrived


def cursor(name: str) -> Cursor:
    """The viewer's place in the growing list `name`."""
    return _kept(f"_cursor_{name}", Cursor)


def keep_manifest(request: Future[Manifest]) -> None:
    st.session_state["_manifest"] = request


def manifest_request() -> Future[Manifest] | None:
    return st.session_state.get("_manifest")


def keep_chart(chart: ChartCache) -> None:
    st.session_state["_chart"] = chart


def kept_chart() -> ChartCache | None:
    return st.session_state.get("_chart")


def keep_view(view: dict[str, Any] | None) -> None:
    """Remember which range of the loss chart is in view, and how wide it is drawn."""
    st.session_state["_view"] = view


def kept_view() -> dict[str, Any] | None:
    return st.session_state.get("_view")


def _kept(name: str, make: Callable[[], T]) -> T:
    if name not in st.session_state:
        st.session_state[name] = make()
    value: T = st.session_state[name]
    return value
