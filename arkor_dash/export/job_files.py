"""The file formats of a job's export, and how each file is made.

| format | holds |
|---|---|
| Recording | the job and all its events; opens in the dashboard without a Studio (`recordings/format.py`) |
| Chart as HTML | the loss chart, which can be zoomed, as an HTML page |
| Points as CSV, Parquet | one row for each step, and a column for each metric |
| System as CSV | how the run used its machine: one row for each measurement |
| Events as JSONL | one JSON object for each event: `id`, `event`, `data` |
| Event log as text | one line for each event: time in UTC, name, message |

The output of the run is a file of its own, since it may be too large to be held in memory (`output_file`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from arkor_dash.charts.curve import CurveOptions, View
from arkor_dash.charts.curve_figure import curve_figure
from arkor_dash.charts.loss_curve import loss_curve
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.errors import ExportError, JobNotFoundError
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.file_stream import FileStream
from arkor_dash.live.output.download import kept_output, printed_so_far
from arkor_dash.live.output.kept import NO_OUTPUT
from arkor_dash.protocol.file_names import file_name
from arkor_dash.protocol.jobs import Job, shown_config
from arkor_dash.recordings.format import Header, RecordedEvent, write
from arkor_dash.sources import Frame, RecordingSource, Source

from .formats import chart_html, event_log, events_jsonl, points_csv, points_parquet, system_csv
from .replay import events_so_far

WIDTH_PX = 8_000
"""The width for which the points of a saved chart are chosen. It is large, so that zooming in shows more points."""
PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class ExportedJob:
    """A job at the moment of its export.

    `live`: the job had not ended. `followed_output` returns the output of the job's run as far as this dashboard has
    read it; it is None if this dashboard does not follow that run.
    """

    source: Source
    job: Job
    live: bool
    feed: FeedSnapshot
    options: CurveOptions
    followed_output: Callable[[], FileStream] | None

    def events(self) -> Iterator[Frame]:
        """The events that the feed has received so far, read again from the source."""
        count = self.feed.events + self.feed.unlogged + self.feed.malformed
        return events_so_far(self.source, self.feed.job_id, count)


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A file format of the Export menu.

    `suffix` ends the file's name. `needs` is "chart" or "system" if the job must have a chart or have measured its
    machine for this format, else "".
    `make` raises ExportError for a file that would be too large, and SourceError.
    """

    label: str
    suffix: str
    mime: str
    make: Callable[[ExportedJob], bytes]
    needs: str = ""


def _recording(exported: ExportedJob) -> bytes:
    source, job, kind, file = exported.source, exported.job, exported.source.kind, io.BytesIO()
    if isinstance(source, RecordingSource):  # a recording of a recording names the original job and source
        original = source.entry(job.id).header
        job, kind = replace(job, id=original.job.id), original.source
    events = (RecordedEvent(frame.name, frame.data, frame.id) for frame in exported.events())
    shown = replace(job, config=shown_config(job.config))  # a recording is a file to hand on
    header = Header(shown, datetime.now(UTC), exported.live, kind)
    write(file, file_name(exported.feed.job_id, ".jsonl.gz"), header, events)
    return file.getvalue()


def _chart(exported: ExportedJob) -> bytes:
    curve = loss_curve(exported.feed.metrics, View(None, WIDTH_PX), exported.options)
    return chart_html(wire_json(curve_figure(curve, LIGHT)), exported.job.name or exported.job.id)


def output_file(exported: ExportedJob) -> FileStream:
    """The output of the job's run, byte for byte, as far as the run has printed it.

    Raises: ExportError: the source has no output of the job. SourceError.
    """
    runner, job_id = exported.source.runner, exported.feed.job_id
    name = file_name(job_id, ".output.txt")
    if exported.followed_output is not None and (exported.live or runner is None or not runner.keeps_runs):
        return replace(exported.followed_output(), name=name)
    if runner is None:
        raise ExportError(NO_OUTPUT)
    try:
        size = printed_so_far(runner, job_id)
    except JobNotFoundError:
        raise ExportError(NO_OUTPUT) from None
    return FileStream(name, kept_output(runner, job_id, size), size, "text/plain")


FILE_FORMATS = (
    FileFormat("Recording", ".jsonl.gz", "application/gzip", _recording),
    FileFormat("Chart as HTML", ".html", "text/html", _chart, needs="chart"),
    FileFormat("Points as CSV", ".csv", "text/csv", lambda exported: points_csv(exported.feed.metrics)),
    FileFormat(
        "Points as Parquet", ".parquet", PARQUET, lambda exported: points_parquet(exported.feed.metrics)
    ),
    FileFormat(
        "System as CSV",
        ".system.csv",
        "text/csv",
        lambda exported: system_csv(exported.feed.system),
        needs="system",
    ),
    FileFormat(
        "Events as JSONL",
        ".events.jsonl",
        "application/x-ndjson",
        lambda exported: events_jsonl(exported.events()),
    ),
    FileFormat(
        "Event log as text", ".events.txt", "text/plain", lambda exported: event_log(exported.events())
    ),
)
