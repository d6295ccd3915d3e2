"""A metric of a job in three numbers and a small curve, for the list of jobs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arkor_dash.errors import MalformedError

from .fields import read_text, to_number
from .thin_curve import TEXT_LIMIT

STEP = "step"
"""The name under which the steps of a job's reports are summarized, like a metric. No metric has this name."""
NAMES_ASKED = 20
"""The most metrics that are asked for in one request. The Studio takes an address of up to 64 KiB."""


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """The last value that was reported, and the lowest and the highest finite ones; None if none was finite.

    `curve`: the metric in a few points, which `thin_curve.read_points` reads; empty if unknown.
    """

    last: float
    lowest: float | None
    highest: float | None
    curve: str = ""

    def followed_by(self, values: Iterable[float]) -> MetricSummary:
        """The last, lowest and highest value with further ones, in the order of their reports. No curve."""
        last, lowest, highest = self.last, self.lowest, self.highest
        for value in values:
            last = value
            if math.isfinite(value):
                lowest = value if lowest is None else min(lowest, value)
                highest = value if highest is None else max(highest, value)
        return MetricSummary(last, lowest, highest)


NOTHING_REPORTED = MetricSummary(math.nan, None, None)
Summaries = Mapping[str, Mapping[str, MetricSummary]]
"""The summaries by the metric's name, and then by the job's id."""


def summaries_json(summaries: Summaries) -> dict[str, object]:
    """The summaries as JSON. `parse_summaries` reads it."""
    return {
        name: {job_id: _entry(summary) for job_id, summary in by_job.items()}
        for name, by_job in summaries.items()
    }


def _entry(summary: MetricSummary) -> list[object]:
    numbers = [summary.last, summary.lowest, summary.highest]
    return [*numbers, summary.curve] if summary.curve else [*numbers]


def parse_summaries(payload: object) -> Summaries:
    """The summaries in a `{"metrics": …}` answer. Entries that can't be read are left out.

    Raises: MalformedError: the answer has another form.
    """
    metrics = payload.get("metrics") if isinstance(payload, dict) else None
    if not isinstance(metrics, dict):
        raise MalformedError('expected {"metrics": {…}}')
    return {
        name: {
            job_id: summary
            for job_id, entry in by_job.items()
            if isinstance(entry, list) and (summary := _summary(entry)) is not None
        }
        for name, by_job in metrics.items()
        if isinstance(by_job, dict)
    }


def _summary(entry: list[object]) -> MetricSummary | None:
    last = to_number(entry[0]) if len(entry) in (3, 4) else None
    if last is None:
        return None
    curve = read_text(entry[3])[:TEXT_LIMIT] if len(entry) == 4 else ""
    return MetricSummary(last, to_number(entry[1]), to_number(entry[2]), curve)


def parse_names(payload: object) -> tuple[str, ...]:
    """The names of metrics in a `{"names": […]}` answer. Raises: MalformedError: the answer has another form."""
    names = payload.get("names") if isinstance(payload, dict) else None
    if not isinstance(names, list):
        raise MalformedError('expected {"names": […]}')
    return tuple(filter(None, map(read_text, names)))
