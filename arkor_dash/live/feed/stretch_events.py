"""The events of a stretch, ready for the history: reports in columns, and the other events one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arkor_dash.columns.stretch import IntArray, Stretch
from arkor_dash.errors import MalformedError
from arkor_dash.metrics.reading import Payload, add_payloads, read_payload
from arkor_dash.metrics.reports import ReportColumns, Reports, none_if_nan
from arkor_dash.metrics.stretches import add_shape
from arkor_dash.protocol.events import (
    EVENT_NAMES,
    UNLOGGED_NAMES,
    Event,
    StreamEnd,
    TrainingLog,
    Unlogged,
    parse_event,
)

REPORT = EVENT_NAMES[TrainingLog]


@dataclass(frozen=True, slots=True, eq=False)
class StretchEvents:
    """The events of a stretch.

    `others` are all events but the reports, in order, each with the number of reports before it. `logged` are the
    rows of the stretch that the event log shows. `malformed` counts the events that could not be parsed.
    `newest_ms` is the time of the newest event but for those that the log leaves out, if it `has_newest` and has one.
    """

    stretch: Stretch
    reports: Reports
    others: tuple[tuple[int, Event], ...]
    logged: IntArray
    malformed: int
    has_newest: bool
    newest_ms: float | None


def read_stretch(stretch: Stretch) -> StretchEvents:
    """The events of the stretch, as if each had been parsed."""
    parsed = _Parsed(stretch)
    is_in_columns = np.zeros(len(stretch.shapes), bool)
    is_in_columns[parsed.columns] = True
    is_report = is_in_columns[stretch.shape_of]
    is_report[list(parsed.payloads)] = True
    before: IntArray = np.cumsum(is_report) - is_report
    found = ReportColumns(int(np.count_nonzero(is_report)))
    for number in parsed.columns:
        rows = stretch.rows_of(number)
        add_shape(found, before[rows], stretch, number, rows)
    add_payloads(found, before[list(parsed.payloads)].tolist(), list(parsed.payloads.values()))
    reports = found.reports()

    is_logged = is_report.copy()
    is_logged[[row for row, event in parsed.others.items() if not isinstance(event, Unlogged)]] = True
    logged = np.flatnonzero(is_logged)
    shown = [row for row, name in parsed.malformed.items() if name not in UNLOGGED_NAMES]
    newest = max([*logged[-1:].tolist(), *shown], default=None)
    newest_ms = None
    if newest is not None and is_report[newest]:
        newest_ms = none_if_nan(float(reports.at_ms[before[newest]]))
    elif newest in parsed.others:
        newest_ms = parsed.others[newest].emitted_at_ms
    others = tuple((int(before[row]), parsed.others[row]) for row in sorted(parsed.others))
    return StretchEvents(
        stretch, reports, others, logged, len(parsed.malformed), newest is not None, newest_ms
    )


class _Parsed:
    """The events of a stretch that are no reports in columns, by their rows.

    `columns` are the numbers of the shapes of reports in columns, `payloads` the other reports, and `malformed` the
    names of the events that could not be parsed.
    """

    def __init__(self, stretch: Stretch) -> None:
        self.columns: list[int] = []
        self.payloads: dict[int, Payload] = {}
        self.others: dict[int, Event] = {}
        self.malformed: dict[int, str] = {}
        for number, shape in enumerate(stretch.shapes):
            if shape.name == REPORT and shape.parts is not None:
                self.columns.append(number)
                continue
            rows = stretch.rows_of(number)
            for row, text in zip(rows.tolist(), stretch.texts(number, rows), strict=True):
                try:
                    self._parse(row, shape.name, text)
                except MalformedError:
                    self.malformed[row] = shape.name

    def _parse(self, row: int, name: str, text: str) -> None:
        if name == REPORT:
            self.payloads[row] = read_payload(text)
        elif (event := parse_event(name, text)) is not None and not isinstance(event, StreamEnd):
            self.others[row] = event
