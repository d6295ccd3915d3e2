"""Losses for the tests of the charts, and readers of the resulting figures."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from arkor_dash.charts.curve import PLAIN, Curve, CurveOptions, View, curve
from arkor_dash.charts.curve_figure import curve_figure
from arkor_dash.charts.downsampling import DrawnSeries
from arkor_dash.charts.loss_curve import loss_lines
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.metrics.findings import Finding
from arkor_dash.metrics.losses import Loss, Losses
from arkor_dash.metrics.series import NO_POINTS, FloatArray, Series, Value
from arkor_dash.protocol.events import format_loss

NAN, INF = math.nan, math.inf


def training(values: FloatArray, steps: FloatArray | None = None) -> Losses:
    at = np.arange(float(len(values))) if steps is None else steps
    return losses_from(Series(at, values))


def losses_from(train: Series, evals: Series = NO_POINTS, nonfinite: Series = NO_POINTS) -> Losses:
    """Losses of these series; `nonfinite` are those of the training loss."""
    return Losses(Loss("loss", train, nonfinite), (Loss("eval_loss", evals),) if evals else (), 1)


def loss_curve(
    losses: Losses,
    view: View,
    options: CurveOptions = PLAIN,
    *,
    checkpoints: Sequence[float] = (),
    findings: tuple[Finding, ...] = (),
    best: Value | None = None,
) -> Curve:
    """The curve of the losses, without what they show by themselves. `best`: that of each eval loss."""
    lines = [replace(line, best=best if line.is_eval else None) for line in loss_lines(losses)]
    return curve(lines, view, options, checkpoints, findings)


def train_of(drawn: Curve) -> DrawnSeries:
    return drawn.lines[0].drawn


def figure_of(losses: Losses, view: View | None = None) -> dict[str, Any]:
    return wire_json(curve_figure(loss_curve(losses, view or View()), LIGHT))


def traces_of(losses: Losses) -> dict[str, Any]:
    return {trace["name"]: trace for trace in figure_of(losses)["data"]}


def hover_of(losses: Losses, view: View | None = None) -> dict[float, str]:
    """The label that the browser shows at each step that has one."""
    labels: dict[float, str] = {}
    for trace in figure_of(losses, view)["data"]:
        if trace["hoverinfo"] == "skip":
            continue
        first, *lines = trace["hovertemplate"].removesuffix("<extra></extra>").split("<br>")
        assert first == "step %{x:,.9~f}"
        named = [
            re.fullmatch(r"(Training|Eval) loss %\{customdata\[(\d)\]:(,\.4f|\.4e)\}", line) for line in lines
        ]
        for step, losses_there in zip(numbers(trace["x"]), numbers(trace["customdata"]), strict=True):
            assert step not in labels
            assert len(losses_there) == len(lines)
            labels[step] = ", ".join(f"{m[1]} {as_d3(losses_there[int(m[2])], m[3])}" for m in named if m)
    return labels


def as_d3(loss: float, kind: str) -> str:
    """The loss as d3-format writes it in the format `,.4f` or `.4e`."""
    if kind == ",.4f":
        return f"{loss:,.4f}" if math.isfinite(loss) else format_loss(loss)
    mantissa, exponent = f"{loss:.4e}".split("e")
    return f"{mantissa}e{int(exponent):+d}"


def numbers(field: dict[str, str]) -> list[Any]:
    flat = np.frombuffer(base64.b64decode(field["bdata"]), dtype=field["dtype"])
    return flat.reshape([int(n) for n in field.get("shape", "-1").split(",")]).tolist()


def busy(count: int, *, eval_every: int, spikes: Iterable[int] = (), bad: Iterable[int] = ()) -> Losses:
    """A noisy, falling loss from step 1 on, with spikes and NaN at the given steps."""
    rng = np.random.default_rng(1)
    steps = np.arange(1.0, count + 1)
    values = 3 * np.exp(-3 * steps / count) + 1 + rng.normal(0, 0.05, count)
    values[np.array(list(spikes), dtype=int) - 1] *= 2
    at = steps[eval_every - 1 :: eval_every].copy()
    evals = Series(at, values[eval_every - 1 :: eval_every] + rng.normal(0.2, 0.01, len(at)))
    gone = np.array(sorted(bad), dtype=int)
    nonfinite = Series(gone.astype(float), np.full(len(gone), NAN))
    return losses_from(Series(np.delete(steps, gone - 1), np.delete(values, gone - 1)), evals, nonfinite)
