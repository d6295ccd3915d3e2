"""The columns and the order of the list of jobs, in the address, which the browser writes, and for the viewer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import streamlit as st

from . import session
from .job_columns import COLUMNS_LIMIT, FIXED, Column, parse_column


@dataclass(frozen=True, slots=True)
class ListLayout:
    """The columns that are turned on, and the id of the column to sort by, after a `-` from the highest on."""

    columns: tuple[Column, ...] = ()
    sort: str = ""


_kept: session.ViewerValue[ListLayout] = session.ViewerValue("list_layout", ListLayout())
_shown: session.VisitValue[ListLayout | None] = session.VisitValue("shown_layout", None)


def list_layout() -> ListLayout:
    """The layout: at the start of a visit that of the address, or else the one that the viewer had before."""
    layout = _shown.get()
    if layout is None:
        named = tuple(filter(None, map(parse_column, st.query_params.get_all("column"))))
        sort = st.query_params.get("sort", "")
        layout = _checked(ListLayout(named, sort)) if named or sort else _kept.get()
        _show(layout)
    return layout


def show_columns(column_ids: Iterable[str]) -> None:
    """Turn on these columns, and no others."""
    columns = tuple(filter(None, map(parse_column, column_ids)))
    _show(_checked(replace(list_layout(), columns=columns)))


def sort_by(column_id: str) -> None:
    """Sort by the column: from the lowest on, at the next call from the highest, then as the source does."""
    layout = list_layout()
    following = {column_id: f"-{column_id}", f"-{column_id}": ""}.get(layout.sort, column_id)
    _show(_checked(replace(layout, sort=following)))


def _checked(layout: ListLayout) -> ListLayout:
    columns = tuple(dict.fromkeys(layout.columns))[:COLUMNS_LIMIT]
    known = {*FIXED, *(column.id for column in columns)}
    return ListLayout(columns, layout.sort if layout.sort.removeprefix("-") in known else "")


def _show(layout: ListLayout) -> None:
    _shown.set(layout)
    _kept.set(layout)
