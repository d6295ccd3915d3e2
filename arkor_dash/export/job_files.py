"""The forms that a job can be saved in, and how each is made of the job as it stands."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from arkor_dash.charts.loss_curve import CurveOptions, Landmarks, View, loss_curve
from arkor_dash.charts.loss_figure import loss_figure
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.errors import JobNotFoundError
from arkor_dash.export.replay import events_so_far, output_so_far
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.metrics.findings import best_eval, findings
from arkor_dash.protocol.jobs import Job
from arkor_dash.recordings.format import Header, RecordedEvent, write
from arkor_dash.sources import Frame, RecordingSource, Source

from .formats import chart_html, event_log, events_jsonl, file_name, output_text, points_csv, points_parquet

WIDTH_PX = 8_000
"""A saved chart can be zoomed into, and has as many points as one that wide."""
PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class Subject:
    """A job as it is when it is asked for. `printed` is its run's output, where that is here already."""

    source: Source
    job: Job
    live: bool
    feed: FeedSnapshot
    options: CurveOptions
    printed: Callable[[], bytes] | None

    def events(self) -> Iterator[Frame]:
        return events_so_far(self.source, self.feed.job_id, self.feed.events + self.feed.malformed)


@dataclass(frozen=True, slots=True)
class Form:
    """Something to save a job as. `ending` is that of the file's name; `needs` a chart, the output or nothing."""

    label: str
    ending: str
    mime: str
    make: Callable[[Subject], bytes]
    needs: str = ""


def _recording(subject: Subject) -> bytes:
    source, job, kind, file = subject.source, subject.job, subject.source.kind, io.BytesIO()
    if isinstance(source, RecordingSource):  # a copy says of itself what the original does
        original = source.entry(job.id).header
        job, kind = replace(job, id=original.job.id), original.source
    events = (RecordedEvent(frame.name, frame.data, frame.id) for frame in subject.events())
    header = Header(job, datetime.now(UTC), subject.live, kind)
    write(file, file_name(subject.feed.job_id, ".jsonl.gz"), header, events)
    return file.getvalue()


def _chart(subject: Subject) -> bytes:
    losses = subject.feed.losses
    landmarks = Landmarks(
        subject.feed.checkpoints, best_eval(losses.eval), findings(losses.train, losses.eval)
    )
    curve = loss_curve(losses, View(None, WIDTH_PX), subject.options, landmarks)
    return chart_html(wire_json(loss_figure(curve, LIGHT)), subject.job.name or subject.job.id)


def _output(subject: Subject) -> bytes:
    runner = subject.source.runner
    if subject.printed is not None and (subject.live or runner is None or not runner.keeps_runs):
        return subject.printed()
    if runner is None:
        raise JobNotFoundError(subject.feed.job_id)
    return output_text(output_so_far(runner, subject.feed.job_id, live=subject.live))


FORMS = (
    Form("Recording", ".jsonl.gz", "application/gzip", _recording),
    Form("Chart as HTML", ".html", "text/html", _chart, needs="chart"),
    Form("Points as CSV", ".csv", "text/csv", lambda of: points_csv(of.feed.losses)),
    Form("Points as Parquet", ".parquet", PARQUET, lambda of: points_parquet(of.feed.losses)),
    Form("Events as JSONL", ".events.jsonl", "application/x-ndjson", lambda of: events_jsonl(of.events())),
    Form("Event log as text", ".events.txt", "text/plain", lambda of: event_log(of.events())),
    Form("Output as text", ".output.txt", "text/plain", _output, needs="output"),
)
