"""The summaries of each job's metrics: kept up to date with its events, and read for all jobs."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from arkor_dash.protocol.events import EVENT_NAMES, TrainingLog, logged_values
from arkor_dash.protocol.metric_names import LOSS
from arkor_dash.protocol.metric_summaries import NOTHING_REPORTED, STEP, MetricSummary, Summaries
from arkor_dash.protocol.thin_curve import ThinCurve, stored_curve, stored_points

from .database import EVENTS, JOBS, METRICS
from .formats import clean

METRICS_KEPT = 1_000
"""The most metrics of a job that are summarized. A script could otherwise name a new one in each report."""
NAMES_LISTED = 2_000
PAGE_EVENTS = 2_000
PAGE_CHARACTERS = 1_000_000
"""A page of events to summarize ends once they hold so many. One event can hold megabytes."""
_IS_UNSUMMARIZED = func.coalesce(JOBS.c.summarized_seq, 0) < JOBS.c.last_seq


def is_summarized(job: Row[Any]) -> bool:
    """Whether all stored events of the job are summarized, so that new ones can be, too."""
    return bool((job.summarized_seq or 0) == job.last_seq)


def summarize(connection: Connection, job_id: str, reports: Iterable[Mapping[str, float]]) -> None:
    """Add the values of further reports to the summaries of the job, whose row is locked."""
    values: dict[str, list[float]] = {}
    for report in reports:
        for name, value in report.items():
            values.setdefault(clean(name), []).append(value)
    if not values:
        return
    rows = connection.execute(select(METRICS).where(METRICS.c.job_id == job_id))
    known = {row.name: row for row in rows}
    new = [name for name in values if name not in known][: max(0, METRICS_KEPT - len(known))]
    if changed := [_row(job_id, name, known[name], values[name]) for name in values if name in known]:
        connection.execute(_UPDATE, [{f"new_{field}": row[field] for field in row} for row in changed])
    if added := [_row(job_id, name, None, values[name]) for name in new]:
        connection.execute(insert(METRICS), added)


def unsummarized(connection: Connection) -> list[str]:
    """The ids of the jobs with events that are not summarized, the newest first."""
    query = select(JOBS.c.id).where(_IS_UNSUMMARIZED).order_by(JOBS.c.number.desc())
    return list(connection.scalars(query))


def summarize_page(connection: Connection, job_id: str) -> bool:
    """Summarize the next events of the job. Returns whether there are more."""
    query = select(JOBS).where(JOBS.c.id == job_id, _IS_UNSUMMARIZED).with_for_update()
    job = connection.execute(query).one_or_none()
    if job is None:
        return False
    reports, reached = _next_reports(connection, job)
    summarize(connection, job_id, reports)
    connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(summarized_seq=reached))
    return bool(reached < job.last_seq)


def metric_names(connection: Connection) -> list[str]:
    """The names of the metrics of all jobs, in alphabetical order."""
    query = select(METRICS.c.name).where(METRICS.c.name != STEP).distinct()
    return list(connection.scalars(query.order_by(METRICS.c.name).limit(NAMES_LISTED)))


def read_summaries(connection: Connection, names: Collection[str]) -> Summaries:
    """The summaries of these metrics, of all jobs that have reported them."""
    found: dict[str, dict[str, MetricSummary]] = {name: {} for name in names}
    for row in connection.execute(select(METRICS).where(METRICS.c.name.in_(found))):
        found[row.name][row.job_id] = _summary(row)
    return found


def _next_reports(connection: Connection, job: Row[Any]) -> tuple[list[dict[str, float]], int]:
    """The values of a page of the job's reports that are not summarized, and the `seq` up to which there are none."""
    query = select(EVENTS.c.seq, EVENTS.c.data).where(
        EVENTS.c.job_id == job.id,
        EVENTS.c.seq > (job.summarized_seq or 0),
        EVENTS.c.name == EVENT_NAMES[TrainingLog],
    )
    query = query.execution_options(stream_results=True, max_row_buffer=100)
    reports: list[dict[str, float]] = []
    characters = 0
    with connection.execute(query.order_by(EVENTS.c.seq).limit(PAGE_EVENTS)) as rows:
        for seq, data in rows:
            reports.append(_stored_values(data))
            characters += len(data)
            if len(reports) == PAGE_EVENTS or characters >= PAGE_CHARACTERS:
                return reports, seq
    return reports, job.last_seq


def _stored_values(data: str) -> dict[str, float]:
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return logged_values(payload) if isinstance(payload, dict) else {}


def _summary(row: Row[Any]) -> MetricSummary:
    curve = stored_points(row.curve) if row.curve else ""
    return MetricSummary(math.nan if row.last is None else row.last, row.lowest, row.highest, curve)


def _row(job_id: str, name: str, known: Row[Any] | None, values: Sequence[float]) -> dict[str, Any]:
    """The new row of a metric. Args: known: its row so far."""
    summary = (NOTHING_REPORTED if known is None else _summary(known)).followed_by(values)
    return {
        "job_id": job_id,
        "name": name,
        "last": None if math.isnan(summary.last) else summary.last,
        "lowest": summary.lowest,
        "highest": summary.highest,
        "curve": _curve(name, known, values),
    }


def _curve(name: str, known: Row[Any] | None, values: Sequence[float]) -> str | None:
    """The new curve of a metric. There is none of a metric whose first values are not in it."""
    if name != LOSS or (known is not None and not known.curve):
        return None
    curve = ThinCurve() if known is None else stored_curve(known.curve)
    return curve.followed_by(values).as_text()


_UPDATE = (
    update(METRICS)
    .where(METRICS.c.job_id == bindparam("new_job_id"), METRICS.c.name == bindparam("new_name"))
    .values({field: bindparam(f"new_{field}") for field in ("last", "lowest", "highest", "curve")})
)
