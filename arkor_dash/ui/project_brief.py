"""The config of the project's trainer in brief, as far as it is known before a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

import streamlit as st

from arkor_dash.metrics.progress import goals
from arkor_dash.metrics.value_format import shown_step
from arkor_dash.protocol.fields import replace_surrogates, shortened
from arkor_dash.protocol.jobs import QUEUED, Job, base_model, dataset

VALUE_LIMIT = 120


def project_brief(trainer: str, config: Mapping[str, object], jobs: Iterable[Job]) -> None:
    """The model, the data set and the length of the next run. Nothing if they are unknown.

    Args:
        config: the trainer's; empty if the source does not tell.
        jobs: those of the list, newest first. The latest one of the trainer stands in for the config.
    """
    latest = next((job.config for job in jobs if job.name == trainer and not job.is_script), {})
    facts = "".join(
        f"<div><dt>{label}</dt><dd>{escape(replace_surrogates(shortened(value, VALUE_LIMIT)))}</dd></div>"
        for label, value in brief(config or latest)
    )
    st.html(f'<dl class="arkor-brief">{facts}</dl>' if facts else "<!-- -->")


def brief(config: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What a config says of the model, the data set, and the number of steps or epochs."""
    job = Job("", "", QUEUED, config=config)
    named = {"Model": base_model(job), "Dataset": dataset(job)}
    yield from ((label, value) for label, value in named.items() if value)
    yield from ((unit.capitalize(), shown_step(goal)) for goal, unit in goals(config)[:1])
