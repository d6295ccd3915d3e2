"""What a comparison says in words: which runs are missing from it, and its alternative text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from arkor_dash.metrics.results import Result, result
from arkor_dash.metrics.value_format import format_value, shown_step
from arkor_dash.protocol.jobs import TERMINAL
from arkor_dash.protocol.metric_names import EPOCH

from .compared_runs import Chart, Run, drawn_metrics
from .x_axis import STEP


def notes(runs: Sequence[Run], charts: Sequence[Chart], axis_kind: str) -> list[str]:
    """A sentence for each thing that the charts can't show: runs, and values that are not finite."""
    off = [run for run in runs if run.axis is None]
    said = [f"Not on this axis: {_names(off)} {_reports_no(off, axis_kind)}."] if off else []
    for name in drawn_metrics(charts):
        without = [run for run in runs if name not in run.metrics.metrics]
        if len(without) == len(runs):
            said.append(f"{name}: not reported by any run{_yet(runs)}.")
        elif without:
            said.append(f"{name}: not reported by {_names(without)}{_yet(without)}.")
        bad = [(run, len(run.metrics.nonfinite(name))) for run in runs]
        counts = ", ".join(f"{count:,} of {run.name}" for run, count in bad if count)
        if counts:
            said.append(f"{name}: values that are not finite: {counts}.")
    return said


def chart_alt(runs: Sequence[Run], charts: Sequence[Chart]) -> str:
    """The alternative text of the charts, for screen readers: the final values."""
    sentences = []
    for name in drawn_metrics(charts):
        values = [
            f"{run.name} {_last(found)}"
            for run in runs
            if run.axis is not None and (found := result(run.metrics, name))
        ]
        if values:
            sentences.append(f"{name}: {', '.join(values)}.")
    return f"Curves of {len(runs)} runs. Last values: {' '.join(sentences) or 'none.'}"


def _last(found: Result) -> str:
    """The last value, and the last finite one if it is another."""
    text = format_value(found.final.value)
    if math.isfinite(found.final.value) or found.last_finite is None:
        return text
    last = found.last_finite
    return f"{text} (last finite {format_value(last.value)} at step {shown_step(last.step)})"


def _reports_no(runs: Sequence[Run], axis_kind: str) -> str:
    what = "epochs" if axis_kind == EPOCH else "steps" if axis_kind == STEP else "times"
    return f"{'reports' if len(runs) == 1 else 'report'} no {what}{_yet(runs)}"


def _yet(runs: Sequence[Run]) -> str:
    """` yet` if one of the runs may still report it."""
    return "" if all(run.status in TERMINAL for run in runs) else " yet"


def _names(runs: Sequence[Run]) -> str:
    return ", ".join(run.name for run in runs)
