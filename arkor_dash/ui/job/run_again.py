"""Run a job again: with its values as they were, or edited."""

from __future__ import annotations

from urllib.parse import quote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from arkor_dash.errors import RunInProgressError, SourceError
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui import account, session, shell
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.text import markdown_text, paragraph, shortened

from .config_form import FIELDS_LIMIT, Field, FieldError, config_fields, read_field

LABEL_LIMIT = 80
LINE_LIMIT = 60
"""Characters of a text that is edited on one line."""


def can_run_again() -> bool:
    return dashboard().source.control is not None and account.refusal() is None


def run_again(job: Job) -> None:
    """The button, and behind it a form with the job's values."""
    with (
        st.container(key="job_rerun", width="content"),
        st.popover("Run again…", icon=":material/replay:", type="tertiary"),
    ):
        st.html(paragraph(_what_it_does(job), "arkor-note"))
        with st.form(key=f"rerun_{job.id}", border=False):
            fields = config_fields(job.config)
            entries = [_entry(job.id, number, field) for number, field in enumerate(fields)]
            config = _read(fields, entries)
            sent = st.form_submit_button("Run again", key="job_rerun_start", type="primary")
            if sent and config is not None:
                _start(job, {**job.config, **config})
        refused = session.refused_rerun(job.id)
        if refused is not None:
            _refused(refused)


def _what_it_does(job: Job) -> str:
    runs_project = dashboard().source.runner is not None
    what = "Trains the project as it is now" if runs_project else "Starts another job"
    if not job.config:
        return f"{what}. This job has no values to edit."
    more = len(job.config) - FIELDS_LIMIT
    rest = f" {more:,} further values stay as they are." if more > 0 else ""
    return f"{what}, with these values.{rest}"


def _entry(job_id: str, number: int, field: Field) -> tuple[str | bool | None, DeltaGenerator]:
    """What is entered, and the place for a word about it."""
    label, key = markdown_text(shortened(field.name, LABEL_LIMIT)) or "–", f"rerun_{job_id}_{number}"
    entered: str | bool | None
    if isinstance(field.shown, bool):
        entered = st.checkbox(label, field.shown, key=key)
    elif field.kind == "json" or "\n" in field.shown or len(field.shown) > LINE_LIMIT:
        entered = st.text_area(label, field.shown, key=key, height="content")
    else:
        entered = st.text_input(label, field.shown, key=key)
    return entered, st.empty()


def _read(
    fields: tuple[Field, ...], entries: list[tuple[str | bool | None, DeltaGenerator]]
) -> dict[str, object] | None:
    """The values; None if one can't be used, which is then said beside it."""
    config: dict[str, object] = {}
    for field, (entered, place) in zip(fields, entries, strict=True):
        try:
            config[field.name] = read_field(field, entered)
        except FieldError as error:
            place.markdown(_red(str(error)))
    return config if len(config) == len(fields) else None


def _red(text: str) -> str:
    """Streamlit's own red: a popover stands outside of what has the app's colours."""
    return f":red[{markdown_text(text)}]"


def _start(job: Job, config: dict[str, object]) -> None:
    """Checked again here, where it is done: a form that is not shown can still be sent over the wire."""
    dash = dashboard()
    control = dash.source.control
    if control is None or not can_run_again():
        return
    session.keep_refused_rerun(job.id, None)
    try:
        with st.spinner("Starting…"):
            new_id = control.rerun(job.name, config)
    except SourceError as error:
        session.keep_refused_rerun(job.id, error)
        return
    if dash.output is not None:
        dash.output.attach()
    dash.jobs.refresh()
    st.switch_page(shell.JOB, query_params={"id": new_id})


def _refused(error: SourceError) -> None:
    st.markdown(_red(f"Not started: {error}"))
    if isinstance(error, RunInProgressError) and error.job_id:
        # Streamlit's own link to another job's page leaves the address as it is, and the next run comes back.
        st.html(f'<a href="job?id={quote(error.job_id, safe="")}" target="_self">Open that job</a>')
