"""The figures of a job that tell its state at one look: the latest and the best losses, and the progress."""

from __future__ import annotations

import math
from collections.abc import Iterator

import streamlit as st

from arkor_dash.charts.curve_text import lower_first
from arkor_dash.charts.metric_curve import shown_name
from arkor_dash.metrics.findings import DIVERGED, OVERFITTING, findings, restart_found
from arkor_dash.metrics.groups import group_of, metric_groups
from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.progress import pace, progress
from arkor_dash.metrics.results import Better, better, result
from arkor_dash.metrics.series import Value
from arkor_dash.metrics.value_format import format_value, short_value, shown_step
from arkor_dash.protocol.metric_names import LOSS
from arkor_dash.ui.browser.figures import Figure, figures_part, show_figures
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.clock import clock_duration

from .job_now import JobNow
from .wording import progress_text, time_left_text

UNKNOWN = "–"


def figures_strip(parts: LiveParts[JobNow]) -> None:
    """The strip, which changes in place. Its key says how many figures there are, and so how high it will be."""
    read = parts.read
    part = figures_part(("figures", parts.view), lambda: tuple(figures(read())))
    with st.container(key=f"figures_{len(tuple(figures(parts.now)))}"):
        show_figures(parts, part, key="job_figures", label="Figures")


def figures(now: JobNow) -> Iterator[Figure]:
    """The latest and the best training loss and eval loss, and the progress.

    A run that reports no loss shows its first metric instead. A figure with a lasting finding names it.
    """
    metrics, losses = now.feed.metrics, now.feed.losses
    found = {finding.title: lower_first(finding.title) for finding in findings(losses) if finding.lasting}
    groups = metric_groups(metrics.metrics)
    if losses.empty and groups:
        name = groups[0].metrics[0]
        yield from _results(metrics, name, shown_name(name))
    else:
        yield from _results(metrics, LOSS, "Loss", found.get(DIVERGED, ""))
        for each in losses.main_evals[:1]:
            label = "Eval loss" if not each.eval_set else shown_name(each.name)
            yield from _results(metrics, each.name, label, found.get(OVERFITTING, ""))
    yield _progress(now)


def _results(metrics: Metrics, name: str, label: str, warning: str = "") -> Iterator[Figure]:
    """The latest value of a metric, and the best one if it is known which values are better."""
    found = result(metrics, name)
    tone = "eval" if group_of(name) == "eval" else "train"
    yield _figure(label, found.final if found else None, tone, warning)
    direction = better(name)
    if direction is not Better.UNKNOWN:
        yield _figure(f"Best {lower_first(label)}", found.best(direction) if found else None, tone)


def _figure(label: str, value: Value | None, tone: str, warning: str = "") -> Figure:
    if value is None:
        return Figure(label, UNKNOWN, tone=tone)
    shown = format_value(value.value)
    if not warning and not math.isfinite(value.value):
        warning = "not finite"
    if warning:
        return Figure(label, shown, warning, "warning")
    return Figure(label, shown, f"step {shown_step(value.step)}", tone)


def _progress(now: JobNow) -> Figure:
    """How much of the run is done, with its pace and the time that is left, or that it took."""
    metrics, state = now.feed.metrics, now.state
    done = progress(now.job.config, metrics) if now.job else None
    per_s = pace(metrics) if now.is_going_on or state.ended else None
    notes = [lower_first(each.title) for each in restart_found(metrics.restart)]
    tone = "warning" if notes else ""
    if state.ended and state.duration_s is not None:
        notes.append(f"took {clock_duration(state.duration_s)}")
    elif done and now.is_going_on and (left := time_left_text(done)):
        notes.append(f"{left} left")
    if per_s is not None:
        notes.append(f"{short_value(float(f'{per_s:.3g}'))} steps/s")
    note = " · ".join(notes)
    if done:
        return Figure("Progress", progress_text(done), note, tone, done.done)
    steps = shown_step(float(metrics.steps[-1])) if len(metrics.steps) else UNKNOWN
    return Figure("Step", steps, note, tone)
