"""A job's points, events, output and chart as the bytes of files that other programs read."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.io
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from arkor_dash.errors import ExportError, MalformedError
from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.series import FloatArray
from arkor_dash.protocol.events import EVENT_NAMES, UNLOGGED_NAMES, message, parse_event
from arkor_dash.protocol.fields import iso_ms, utc_time
from arkor_dash.protocol.metric_names import EVAL_LOSS, LOSS
from arkor_dash.sources import Frame

from .table_csv import no_formula

TEXT_LIMIT = 256 * 1024 * 1024
"""The largest uncompressed export in bytes, since it is held in memory and sent to the browser at once."""

_LARGEST_EXACT = 2.0**53
_FIRST_MS = datetime(1, 1, 1, tzinfo=UTC).timestamp() * 1000
_LAST_MS = datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1000


def points(metrics: Metrics) -> pa.Table:
    """A table with a row for each step that was reported, in step order, and a column for each metric.

    Columns: `step`, int64 if all steps are whole numbers, else float64; `loss` and `eval_loss`; `timestamp`, when the
    step was reported, in UTC to the millisecond; then the other metrics in the order of their first reports. Metrics
    are float64, in the trainer's unit. A value that was not reported is null. NaN and the infinities were reported as
    such.
    """
    steps = metrics.steps
    whole = bool(np.all((np.abs(steps) < _LARGEST_EXACT) & (steps == np.floor(steps))))
    others = [name for name in metrics.metrics if name not in (LOSS, EVAL_LOSS)]
    return pa.table(
        {
            "step": pa.array(steps.astype(np.int64) if whole else steps),
            LOSS: _column(metrics, LOSS),
            EVAL_LOSS: _column(metrics, EVAL_LOSS),
            "timestamp": _times(metrics.at_ms),
            **{name: _column(metrics, name) for name in others},
        }
    )


def points_csv(metrics: Metrics) -> bytes:
    """The table of `points` as CSV with a header line: numbers, `nan`, `inf` and `-inf`; null is an empty field.

    The names of metrics are as `no_formula` returns them.
    """
    return _csv(points(metrics))


def system_csv(system: Metrics) -> bytes:
    """How the run used its machine, as CSV: `seconds` since its start, `timestamp`, and a column for each metric."""
    names = {name: _column(system, name) for name in system.metrics}
    return _csv(pa.table({"seconds": pa.array(system.steps), "timestamp": _times(system.at_ms), **names}))


def _csv(table: pa.Table) -> bytes:
    header = io.StringIO(newline="")
    names = map(no_formula, table.column_names)  # a training script has named them
    csv.writer(header).writerow(names)  # PyArrow quotes every name
    # With another line end, the writer would not quote a name that contains "\r".
    file = io.BytesIO(header.getvalue().removesuffix("\r\n").encode() + b"\n")
    file.seek(0, io.SEEK_END)
    pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(include_header=False, quoting_style="none"))
    return file.getvalue()


def points_parquet(metrics: Metrics) -> bytes:
    """The table of `points` as a Parquet file."""
    file = io.BytesIO()
    pyarrow.parquet.write_table(points(metrics), file)
    return file.getvalue()


def events_jsonl(frames: Iterable[Frame]) -> bytes:
    """JSON Lines: for each event an object with `id` (only if it has one), `event` and `data`.

    `data` is the event's JSON, or a string if it is not JSON. NaN and the infinities are written as `NaN`,
    `Infinity` and `-Infinity`, as Python's json module does.

    Raises: ExportError: larger than `TEXT_LIMIT`. SourceError: as `frames` raises.
    """
    return _joined(map(_event_line, frames))


def event_log(frames: Iterable[Frame]) -> bytes:
    """The event log as text: for each event its time in UTC, its name and its message, as the page shows them.

    The time is ISO 8601 to the millisecond, or `-` if the event has none. Further lines of a message are indented.

    Raises: ExportError: larger than `TEXT_LIMIT`. SourceError: as `frames` raises.
    """
    return _joined(map(_log_line, frames))


def chart_html(figure: Mapping[str, Any], title: str) -> bytes:
    """An HTML page with the chart, plotly.js included, so that it loads nothing from any server."""
    plot = plotly.io.to_html(
        dict(figure),
        config={"displaylogo": False},
        include_plotlyjs=True,
        full_html=False,
        validate=False,
        div_id="chart",
        default_height="80vh",
    )
    shown = html.escape(title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{shown}</title>\n"
        "<style>body { font-family: sans-serif; margin: 1.5rem; } h1 { font-size: 1.25rem; }</style>\n"
        f"</head>\n<body>\n<h1>{shown}</h1>\n{plot}\n</body>\n</html>\n"
    ).encode("utf-8", "replace")


def _column(metrics: Metrics, name: str) -> pa.Array:
    values = np.zeros(len(metrics.steps))
    missing: npt.NDArray[np.bool_] = np.ones(len(values), dtype=np.bool_)
    for part in (metrics.finite(name), metrics.nonfinite(name)):
        at = np.searchsorted(metrics.steps, part.steps)
        values[at] = part.values
        missing[at] = False
    return pa.array(values, mask=missing, from_pandas=False)


def _times(at_ms: FloatArray) -> pa.Array:
    """Unix milliseconds as times in UTC. Null for NaN, and for a time outside of the years 1 to 9999."""
    known = (at_ms >= _FIRST_MS) & (at_ms <= _LAST_MS)
    whole = np.where(known, at_ms, 0).round().astype(np.int64)
    return pa.array(whole, mask=~known).cast(pa.timestamp("ms", "UTC"))


def _event_line(frame: Frame) -> bytes:
    try:
        data: object = json.loads(frame.data)
        data = json.dumps(data)
    except (ValueError, RecursionError):
        data = json.dumps(frame.data)
    own_id = "" if frame.id is None else f'"id": {json.dumps(frame.id)}, '
    return f'{{{own_id}"event": {json.dumps(frame.name)}, "data": {data}}}\n'.encode()


def _log_line(frame: Frame) -> bytes:
    if frame.name in UNLOGGED_NAMES:
        return b""
    try:
        event = parse_event(frame.name, frame.data)
    except MalformedError as error:
        return _line(None, frame.name, f"malformed: {error}")
    if event is None:
        return b""
    return _line(event.emitted_at_ms, EVENT_NAMES[type(event)], message(event))


def _line(at_ms: float | None, name: str, text: str) -> bytes:
    moment = None if at_ms is None else utc_time(at_ms)
    at = "-" if moment is None else iso_ms(moment)
    # Without the indentation, the second line of a message could look like another event.
    shown = "\n    ".join(text.splitlines())
    return f"{at:<24}  {name:<18}  {shown}".rstrip().encode("utf-8", "replace") + b"\n"


def _joined(pieces: Iterable[bytes]) -> bytes:
    file = io.BytesIO()
    for piece in _limited(pieces):
        file.write(piece)
    return file.getvalue()


def _limited(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > TEXT_LIMIT:
            raise ExportError(
                f"This file would be larger than {TEXT_LIMIT // 2**20} MiB. Save a compressed recording instead."
            )
        yield piece
