"""The columns and the order of the list of jobs, in the address, which the browser writes, and for the viewer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import streamlit as st

from . import session
from .job_columns import COLUMNS_LIMIT, DEFAULT_COLUMNS, FIXED, Column, parse_column


@dataclass(frozen=True, slots=True)
class ListLayout:
    """The columns that are turned on, and the id of the column to sort by, after a `-` from the highest on.

    `chosen` is None for a viewer who has not chosen columns, and sees those of `DEFAULT_COLUMNS` that have values.
    """

    chosen: tuple[Column, ...] | None = None
    sort: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        return DEFAULT_COLUMNS if self.chosen is None else self.chosen


_kept: session.ViewerValue[ListLayout] = session.ViewerValue("list_layout", ListLayout())
_shown: session.VisitValue[ListLayout | None] = session.VisitValue("shown_layout", None)


def list_layout() -> ListLayout:
    """The layout: at the start of a visit that of the address, or else the one that the viewer had before."""
    layout = _shown.get()
    if layout is None:
        named = st.query_params.get_all("column")
        columns = tuple(filter(None, map(parse_column, named))) if named else None
        sort = st.query_params.get("sort", "")
        layout = _checked(ListLayout(columns, sort)) if named or sort else _kept.get()
        _show(layout)
    return layout


def show_columns(column_ids: Iterable[str]) -> None:
    """Turn on these columns, and no others. All of `DEFAULT_COLUMNS` count as no choice."""
    columns = tuple(filter(None, map(parse_column, column_ids)))
    chosen = None if set(columns) == set(DEFAULT_COLUMNS) else columns
    _show(_checked(replace(list_layout(), chosen=chosen)))


def sort_by(column_id: str) -> None:
    """Sort by the column: from the lowest on, at the next call from the highest, then as the source does."""
    layout = list_layout()
    following = {column_id: f"-{column_id}", f"-{column_id}": ""}.get(layout.sort, column_id)
    _show(_checked(replace(layout, sort=following)))


def _checked(layout: ListLayout) -> ListLayout:
    chosen = None if layout.chosen is None else tuple(dict.fromkeys(layout.chosen))[:COLUMNS_LIMIT]
    known = {*FIXED, *(column.id for column in ListLayout(chosen).columns)}
    return ListLayout(chosen, layout.sort if layout.sort.removeprefix("-") in known else "")


def _show(layout: ListLayout) -> None:
    _shown.set(layout)
    _kept.set(layout)
