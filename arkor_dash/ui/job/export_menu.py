"""The Export menu of a job: what it can be saved as, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from arkor_dash.charts.loss_curve import CurveOptions
from arkor_dash.export.formats import file_name
from arkor_dash.export.job_files import FORMS, Form, Subject
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.job_state import JobState
from arkor_dash.protocol.fields import utc_time
from arkor_dash.protocol.jobs import UNFINISHED, Job
from arkor_dash.ui import session
from arkor_dash.ui.browser import components
from arkor_dash.ui.download import Download, Labels, offer_download
from arkor_dash.ui.resources import dashboard


def export_menu(job: Job | None, feed: FeedSnapshot, now: JobState) -> None:
    """The button, and behind it the forms."""
    with st.popover(
        "Export", icon=":material/download:", type="tertiary", key="export", on_change="rerun"
    ) as menu:
        if not menu.open:
            session.forget_download("export")
            return
        subject = _subject(job, feed, now)
        with st.container(key="export_forms", gap="xxsmall"):
            for form in FORMS:
                if form.needs != "output" or _has_output(subject):
                    _entry(form, subject)
                if form is FORMS[0]:
                    _picture(subject)


def _subject(job: Job | None, feed: FeedSnapshot, now: JobState) -> Subject:
    dash = dashboard()
    kept = session.kept_chart()
    known = job or Job(feed.job_id, "", now.status)
    completed_at = known.completed_at
    if completed_at is None and now.completed_at_ms is not None:
        completed_at = utc_time(now.completed_at_ms)
    return Subject(
        source=dash.source,
        job=replace(known, status=now.status, completed_at=completed_at, error=known.error or now.error),
        live=not now.ended or now.status == UNFINISHED,
        feed=feed,
        options=(kept and kept.options) or CurveOptions(),
        printed=_printed(dash, feed.job_id),
    )


def _printed(dash: Dashboard, job_id: str) -> Callable[[], bytes] | None:
    """The output of a run that this dashboard follows, as far as it has come."""
    output = dash.output
    return output.download if output is not None and output.snapshot().job_id == job_id else None


def _has_output(subject: Subject) -> bool:
    runner = subject.source.runner
    return subject.printed is not None or (runner is not None and runner.keeps_runs)


def _entry(form: Form, subject: Subject) -> None:
    name = file_name(subject.feed.job_id, form.ending)
    download = Download(
        id=("export", subject.feed.job_id, form.ending),
        group="export",
        file_name=name,
        mime=form.mime,
        make=lambda _unwanted: form.make(subject),
    )
    lower = f"{form.label[:1].lower()}{form.label[1:]}"
    offer_download(
        download,
        Labels(form.label, working=f"{form.label}…", ready=f"Download {lower}", failed=f"{form.label}: "),
        key=f"export_{form.ending.strip('.').replace('.', '_')}",
        primary=True,
        disabled=form.needs == "chart" and subject.feed.losses.empty,
    )


def _picture(subject: Subject) -> None:
    """The chart as the browser draws it, which is where it is saved, too."""
    name = file_name(subject.feed.job_id, "")
    components.save_image("Chart as PNG", name, key="export_png", disabled=subject.feed.losses.empty)
