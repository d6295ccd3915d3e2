"""What a job has reported, as a table for a notebook."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING

from arkor_dash.protocol.events import CheckpointSaved, Event, TrainingLog
from arkor_dash.protocol.restarts import Placed, StepPlacer

if TYPE_CHECKING:
    import pandas as pd

_LARGEST_EXACT = 2.0**53


def open_job(job_id: str, *, url: str | None = None, token: str | None = None) -> pd.DataFrame:
    """The metrics of a job, as far as it has reported them: one row for each step, one column for each metric.

        frame = arkor_dash.sdk.open_job("job_0123456789abcdef")
        frame[["loss", "eval_loss"]].plot()

    The index is `step`, increasing. Metrics are float64 in the order of their first reports, NaN where a step has no
    value. The last column, `timestamp`, is when the step was first reported, in UTC. The last value of a step stands.
    Steps that have begun again go on behind the last step, as in the dashboard's charts and exports.

    Args:
        job_id: the ID on the job's page.
        url, token: the Studio that has the job, and its token. By default as for `init`: `ARKOR_STUDIO_URL` and
            `ARKOR_STUDIO_TOKEN`, else the Studios of this user on this machine.
    Raises:
        ImportError: pandas is not installed.
        JobNotFoundError: there is no such job. SourceError: there is no Studio, or it can't be read.
    """
    if not isinstance(job_id, str) or not job_id:
        raise TypeError(f"open_job(…) must get the ID of a job as text, got {job_id!r}")
    try:
        import pandas  # noqa: F401, PLC0415  # named here, before the Studio is asked
    except ImportError as error:
        raise ImportError(
            "open_job returns a DataFrame, and pandas is not installed: pip install pandas"
        ) from error
    from .job_reader import read_events  # noqa: PLC0415  # requests is slow to import

    table = JobTable()
    for event in read_events(job_id, url, token):
        table.add(event)
    return table.frame()


class JobTable:
    """Collects the reports of a run."""

    def __init__(self) -> None:
        self._placer = StepPlacer()
        self._rows: dict[float, int] = {}
        self._at_ms = array("d")
        self._metrics: dict[str, tuple[array[int], array[float]]] = {}

    def add(self, event: Event) -> None:
        if isinstance(event, (TrainingLog, CheckpointSaved)) and event.step is not None:
            self._keep(self._placer.place(float(event.step), event))

    def frame(self) -> pd.DataFrame:
        """The table of all reports. Call it once, after the last one."""
        import numpy as np  # noqa: PLC0415  # comes with pandas
        import pandas as pd  # noqa: PLC0415

        self._keep(self._placer.finish())
        steps = np.array(list(self._rows), dtype=np.float64)
        order = np.argsort(steps)
        columns: dict[str, object] = {}
        for name, (rows, values) in self._metrics.items():
            column = np.full(len(steps), np.nan)
            column[np.array(rows)] = np.array(values)  # NumPy assigns the last one of several values of a row
            columns[name] = column[order]
        at_ms = np.array(self._at_ms).round()[order]
        times = pd.to_datetime(at_ms, unit="ms", utc=True, errors="coerce")
        columns["timestamp"] = times.as_unit("ms")  # otherwise the unit depends on the version of pandas
        steps = steps[order]
        is_whole = bool(np.all((np.abs(steps) < _LARGEST_EXACT) & (steps == np.floor(steps))))
        index = pd.Index(steps.astype(np.int64) if is_whole else steps, name="step")
        return pd.DataFrame(columns, index=index)

    def _keep(self, events: list[Placed]) -> None:
        for placed in events:
            if not isinstance(placed.event, TrainingLog):
                continue
            row = self._rows.setdefault(placed.at, len(self._rows))
            at_ms = math.nan if placed.event.emitted_at_ms is None else placed.event.emitted_at_ms
            if row == len(self._at_ms):
                self._at_ms.append(at_ms)
            elif math.isnan(self._at_ms[row]):
                self._at_ms[row] = at_ms
            for name, value in placed.event.metrics.items():
                if name not in self._metrics:
                    self._metrics[name] = (array("q"), array("d"))
                rows, values = self._metrics[name]
                rows.append(row)
                values.append(value)
