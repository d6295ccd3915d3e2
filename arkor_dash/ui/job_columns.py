"""The columns that the list of jobs can have, and its rows in the order of one of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from arkor_dash.charts.sparkline import heights, in_words
from arkor_dash.live.list_values import ListValues
from arkor_dash.metrics.findings import ends_high
from arkor_dash.metrics.progress import PROGRESS_METRICS
from arkor_dash.metrics.results import Better, better
from arkor_dash.metrics.value_format import format_value, share_text
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import Job, config_texts, shown_config, status_word
from arkor_dash.protocol.metric_names import EVAL_LOSS, LOSS, NAME_LIMIT
from arkor_dash.protocol.thin_curve import read_points

from .clock import clock_duration

Value = str | float | None
MISSING = "–"
CELL_LIMIT = 200
FIXED = {"status": "Status", "name": "Name", "created": "Created", "id": "ID"}
"""The columns that are always there, by their ids."""
DURATION, PROGRESS, CURVE = "duration", "progress", "curve"
SIMPLE = {CURVE: "Loss curve", PROGRESS: "Progress", DURATION: "Duration", "tags": "Tags"}
OF_METRIC = ("last", "lowest", "highest")
SETTING = "setting"
COLUMNS_LIMIT = 12
Cell = str | tuple[str, tuple[int, ...]]
"""What a row shows in a column: a text, or a curve in words and the heights of its points."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can be turned on. `name` is that of a metric or a setting, else ""."""

    kind: str
    name: str = ""

    @property
    def id(self) -> str:
        """The column in the address: `duration`, `last:loss`."""
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @property
    def label(self) -> str:
        if self.kind in OF_METRIC:
            return f"{self.name}, {self.kind}"
        return SIMPLE.get(self.kind, self.name)


LOSS_COLUMNS = (Column(CURVE), Column("last", LOSS), Column("lowest", LOSS))
DEFAULT_COLUMNS = (*LOSS_COLUMNS, Column(PROGRESS), Column(DURATION))
"""The columns of a list whose viewer has not chosen any. Those without a value are left out."""


def parse_column(text: str) -> Column | None:
    """The column with that id; None if there can't be such a one."""
    kind, separator, name = text.partition(":")
    if not separator:
        return Column(kind) if kind in SIMPLE else None
    return Column(kind, name) if kind in (*OF_METRIC, SETTING) and 0 < len(name) <= NAME_LIMIT else None


def columns_of(metrics: Sequence[str]) -> list[Column]:
    """The columns that these metrics are offered with, the losses first.

    They are the last value and the best one: the lowest or the highest, or both where the name does not say which.
    """
    losses = [name for name in (LOSS, EVAL_LOSS) if name in metrics]
    ends = {Better.LOWER: ("lowest",), Better.HIGHER: ("highest",)}
    return [
        Column(kind, name)
        for name in dict.fromkeys((*losses, *metrics))
        for kind in ("last", *ends.get(better(name), ("lowest", "highest")))
    ]


def metrics_of(columns: Iterable[Column]) -> list[str]:
    """The metrics whose summaries these columns show."""
    return list(dict.fromkeys(name for column in columns for name in _metrics(column)))


def _metrics(column: Column) -> Sequence[str]:
    match column.kind:
        case "curve":
            return (LOSS,)
        case "progress":
            return PROGRESS_METRICS
    return (column.name,) if column.kind in OF_METRIC else ()


class Settings:
    """The settings of each job, each as a text by its dotted name. Computed once for a list of jobs. Thread-safe."""

    def __init__(self) -> None:
        self._latest: tuple[Sequence[Job], Mapping[str, Mapping[str, str]]] = ((), {})

    def of(self, jobs: Sequence[Job]) -> Mapping[str, Mapping[str, str]]:
        """The settings of these jobs, by the job's id."""
        known, texts = self._latest
        if known is not jobs:
            texts = {job.id: dict(config_texts(shown_config(job.config))) for job in jobs}
            self._latest = jobs, texts
        return texts


@dataclass(frozen=True, slots=True)
class JobTable:
    """The values of the columns. `settings` and `values` may lack what no column shows."""

    columns: Sequence[Column]
    settings: Mapping[str, Mapping[str, str]]
    values: ListValues
    now_ms: float

    def value(self, job: Job, column: Column) -> Value:
        """The value to sort by and to export; None if the job has none. That of a curve is its last one."""
        match column.kind:
            case "duration":
                return self.values.duration_s(job, self.now_ms)
            case "progress":
                return self.values.done_share(job)
            case "tags":
                return ", ".join(job.tags) or None
            case "setting":
                return self.settings.get(job.id, {}).get(column.name)
            case "curve":
                shown = self.values.summary(job.id, LOSS)
                return shown.last if shown and shown.curve else None
        summary = self.values.summary(job.id, column.name)
        value: float | None = getattr(summary, column.kind, None)
        return value

    def without_empty_columns(self, jobs: Sequence[Job]) -> JobTable:
        """The table with the columns that any of the jobs has a value in. None if only durations are known."""
        found = [
            column for column in self.columns if any(self.value(job, column) is not None for job in jobs)
        ]
        return replace(self, columns=[] if all(column.kind == DURATION for column in found) else found)

    def cell(self, job: Job, column: Column) -> Cell:
        """The value as the list shows it."""
        if column.kind != CURVE:
            return shortened(self._text(job, column), CELL_LIMIT)
        summary = self.values.summary(job.id, LOSS)
        curve = read_points(summary.curve) if summary else ()
        return (in_words(curve), heights(curve)) if curve else MISSING

    def warning(self, job: Job) -> str:
        """What needs a look in the job's training loss, as far as its summary is known and tells; else ""."""
        loss = self.values.summary(job.id, LOSS)
        if loss is None:
            return ""
        if not math.isfinite(loss.last):
            return f"The latest loss is not finite: {format_value(loss.last)}."
        if ends_high(read_points(loss.curve)):
            return "The loss stays far above its best value."
        return ""

    def _text(self, job: Job, column: Column) -> str:
        value = self.value(job, column)
        if value is None:
            return MISSING
        if isinstance(value, str):
            return value
        match column.kind:
            case "duration":
                return clock_duration(value)
            case "progress":
                return share_text(value)
        return format_value(value)

    def ordered(self, jobs: Sequence[Job], sort: str) -> list[Job]:
        """The jobs by the column whose id is `sort`; with a `-` before it, from the highest on.

        Jobs without a value are last. Another `sort` leaves the order as it is.
        """
        sort_id = sort.removeprefix("-")
        shown = next((column for column in self.columns if column.id == sort_id), None)
        if shown is None and sort_id not in FIXED:
            return list(jobs)
        values = [(self._key(job, sort_id, shown), job) for job in jobs]
        with_value = [(key, job) for key, job in values if key is not None]
        with_value.sort(key=lambda entry: entry[0], reverse=sort != sort_id)
        return [job for _, job in with_value] + [job for key, job in values if key is None]

    def _key(self, job: Job, sort_id: str, shown: Column | None) -> tuple[int, float, str] | None:
        """Numbers, also those in a text, come before other texts. NaN counts as no value."""
        value = _fixed_value(job, sort_id) if shown is None else self.value(job, shown)
        try:
            number = None if value is None else float(value)
        except ValueError:
            return 1, 0.0, str(value).casefold()
        return None if number is None or math.isnan(number) else (0, number, "")


def _fixed_value(job: Job, column_id: str) -> Value:
    match column_id:
        case "status":
            return status_word(job.status)
        case "name":
            return job.name or job.id
        case "created":
            return None if job.created_at is None else job.created_at.timestamp()
    return job.id


def csv_rows(table: JobTable, jobs: Iterable[Job]) -> tuple[list[str], list[list[Value]]]:
    """The header and the rows of the exported list, with full values. The status is that of the source."""
    columns = [column for column in table.columns if column.kind != CURVE]
    header = [*FIXED.values(), *(column.label for column in columns)]
    rows: list[list[Value]] = [
        [
            job.status,
            job.name,
            job.created_at.isoformat() if job.created_at else None,
            job.id,
            *(table.value(job, column) for column in columns),
        ]
        for job in jobs
    ]
    return header, rows
