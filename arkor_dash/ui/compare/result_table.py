"""The table of the results and the settings of all compared runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import streamlit as st

from arkor_dash.charts.compared_runs import Run, drawn_metrics
from arkor_dash.charts.setting_scatter import differing_settings
from arkor_dash.live.job_state import job_state
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.run_table import (
    Key,
    ShownColumn,
    run_table_part,
    show_run_table,
    sort_key,
    text_key,
)
from arkor_dash.ui.csv_button import Table, csv_button
from arkor_dash.ui.text import paragraph

from .compared import SETTINGS_LIMIT, Compared
from .curves import Read
from .result_columns import Column, columns, csv_rows


def result_table(parts: LiveParts[tuple[Compared, ...]], read: Read, metrics: Hashable) -> int | None:
    """A row for each run. Returns the number of the run whose name was just clicked.

    Args: metrics: names the metrics of the charts that `read` returns.
    """
    runs, _ = read()
    differing = differing_settings(runs)
    equal = [name for name in _settings(runs) if name not in differing]
    with st.container(border=True, key="compare_results"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(paragraph("Results", "arkor-heading", tag="h2"), width="content")
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                # Before the list is there, the address may already ask for the settings to come.
                is_offered = equal or any(each.job is None for each in parts.now)
                shows_equal = is_offered and _shows_equal(disabled=not equal)
                settings = [*differing, *(equal if shows_equal else [])]
                _export_button(parts, read, settings, ("compared", parts.view, metrics, tuple(settings)))
        opened = _table(parts, read, settings, ("results", parts.view, metrics))
        if any(len(run.settings) == SETTINGS_LIMIT for run in runs):
            st.html(paragraph(f"The first {SETTINGS_LIMIT} settings of each job are compared.", "arkor-note"))
        if not differing:
            st.html(paragraph("These jobs have the same settings.", "arkor-note"))
    return opened


def _settings(runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in run.settings))


def _shows_equal(*, disabled: bool) -> bool:
    return st.toggle(
        "Equal settings",
        key="equal",
        bind="query-params",
        disabled=disabled,
        help="Also shows the settings that all these jobs have in common.",
    )


def _export_button(
    parts: LiveParts[tuple[Compared, ...]], read: Read, settings: Sequence[str], view: Hashable
) -> None:
    """The button that makes a CSV file of the table, with full values. Args: view: names its columns."""

    def table(_: object) -> Table:
        runs, charts = read()
        return csv_rows(columns(runs, drawn_metrics(charts), settings))

    csv_button(
        parts, _statuses, table, view=view, what="table", file_name="comparison.csv", key="compare_csv"
    )


def _statuses(now: Sequence[Compared]) -> tuple[str, ...]:
    return tuple(job_state(each.job, each.feed, 0.0).status for each in now)


def _table(
    parts: LiveParts[tuple[Compared, ...]], read: Read, settings: Sequence[str], view: Hashable
) -> int | None:
    """The table. Its settings may be many, but never change, so they are not in the part."""

    def results() -> tuple[ShownColumn, ...]:
        runs, charts = read()
        name, status, *others = columns(runs, drawn_metrics(charts))
        return _shown(name), _shown(status, text_key), *map(_shown, others)

    runs, charts = read()
    found = columns(runs, drawn_metrics(charts), settings)
    unchanging = found[len(found) - len(settings) :]
    return show_run_table(
        parts,
        run_table_part(view, results),
        key="compare_table",
        label="Results",
        job_ids=[run.id for run in runs],
        unchanging=[_shown(column) for column in unchanging],
    )


def _shown(column: Column, key: Callable[[str | float | None], Key] = sort_key) -> ShownColumn:
    cells = (
        (cell.text, key(cell.value)) if cell.since_ms is None else (None, cell.since_ms)
        for cell in column.cells
    )
    return column.label, column.is_number, tuple(cells)
