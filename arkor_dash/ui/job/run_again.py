"""Run a job again, with the same config or with an edited one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from urllib.parse import quote

import streamlit as st

from arkor_dash.errors import UNEXPECTED_ERROR, ArkorDashError, RunInProgressError
from arkor_dash.live.notifier import changes
from arkor_dash.protocol.addresses import CUT, hide_in_addresses
from arkor_dash.protocol.environment import Environment
from arkor_dash.protocol.fields import replace_surrogates, shortened
from arkor_dash.protocol.jobs import Job
from arkor_dash.sources import JobControl
from arkor_dash.ui import account, session, shell
from arkor_dash.ui.keys import key_part
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.text import markdown_text, paragraph

from .config_form import FIELDS_LIMIT, Field, FieldError, config_fields, read_field

LABEL_LIMIT = 80
LINE_LIMIT = 60
"""Characters of a text that is edited on one line."""
QUICK_ANSWER_S = 0.3
"""How long a click waits for the source, so that a quick answer is shown without `Starting…` before it."""
NOTEBOOK = "ipykernel"
"""Part of the command that starts a notebook's kernel."""

log = logging.getLogger(__name__)
_requests = ThreadPoolExecutor(max_workers=4, thread_name_prefix="rerun")


def can_run_again(job: Job) -> bool:
    """Whether the source can run the job again, and the viewer has permission."""
    control = dashboard().source.control
    return control is not None and control.can_rerun and not job.is_script and account.refusal() is None


def run_again(job: Job, environment: Environment | None) -> None:
    """The button, if the job can be run again. It opens a form with the job's config, or has a script's command."""
    if not (job.is_script or can_run_again(job)):
        return
    with (
        st.container(key="job_rerun", width="content"),
        st.popover("Run again…", icon=":material/replay:", type="tertiary"),
    ):
        if job.is_script:
            _script(environment.command if environment else "")
            return
        st.html(paragraph(_description(job), "arkor-note"))
        starting = session.rerun_in_progress(job.id) is not None
        with st.form(key=f"rerun_{key_part(job.id)}", border=False):
            for number, field in enumerate(config_fields(job.config)):
                _field(_key(job, number), field)
            st.form_submit_button(
                "Run again",
                key="job_rerun_start",
                type="primary",
                disabled=starting,
                on_click=_start,
                args=(job,),
            )
        if starting:
            st.markdown("Starting…")
        elif session.failed_rerun(job.id):
            st.markdown(_red("Not started. The top of the page says why."))


def rerun_banner(job_id: str) -> None:
    """Why the job could not be run again, if it could not. The form may be closed by then."""
    error = session.failed_rerun(job_id)
    if error is None:
        return
    reason = str(error) if isinstance(error, ArkorDashError) else UNEXPECTED_ERROR
    link = ""
    if isinstance(error, RunInProgressError) and error.job_id:
        # A plain link: Streamlit's own to another job's page would leave the address as it is.
        link = f' <a href="job?id={quote(error.job_id, safe="")}" target="_self">Open that job</a>'
    shown = paragraph(f"Not started: {reason}", "arkor-banner-text", tag="span")
    with st.container(key="job_rerun_problem"):
        st.html(f'<div class="arkor-banner arkor-banner-warning" role="alert">{shown}{link}</div>')


def open_started_run(job_id: str) -> None:
    """Open the page of the run that the viewer has started from this job's page, once the source has answered."""
    new_id = session.take_started_rerun(job_id)
    if new_id is None:
        return
    dash = dashboard()
    if dash.output is not None:
        dash.output.attach()
    dash.jobs.refresh()
    st.switch_page(shell.JOB, query_params={"id": new_id})


def _script(command: str) -> None:
    """How to run a script again, which the dashboard can't do. Args: command: as it was recorded, or ""."""
    if NOTEBOOK in command:
        st.html(paragraph("A notebook has reported this job. Run the notebook again.", "arkor-note"))
    elif not command:
        st.html(paragraph("A script has reported this job. Run the script again.", "arkor-note"))
    else:
        st.html(paragraph("A script has reported this job. Run its command again:", "arkor-note"))
        st.code(replace_surrogates(command), language=None, wrap_lines=True)
        if CUT in command:
            st.html(paragraph(f"Each {CUT} stands for a value that was not recorded.", "arkor-note"))


def _description(job: Job) -> str:
    runs_project = dashboard().source.runner is not None
    action = "Trains the project as it is now" if runs_project else "Starts another job"
    if not job.config:
        return f"{action}. This job has no values to edit."
    more = len(job.config) - FIELDS_LIMIT
    rest = f" {more:,} further values stay as they are." if more > 0 else ""
    return f"{action}, with these values.{rest}"


def _key(job: Job, number: int) -> str:
    return f"rerun_{key_part(job.id)}_{number}"


def _field(key: str, field: Field) -> None:
    """A field of the form, and below it the error in the submitted value."""
    label = markdown_text(shortened(hide_in_addresses(field.name), LABEL_LIMIT)) or "–"
    entered: str | bool | None
    if isinstance(field.shown, bool):
        entered = st.checkbox(label, field.shown, key=key)
    elif field.kind == "json" or "\n" in field.shown or len(field.shown) > LINE_LIMIT:
        entered = st.text_area(label, field.shown, key=key, height="content")
    else:
        entered = st.text_input(label, field.shown, key=key)
    place = st.empty()
    try:
        read_field(field, entered)
    except FieldError as error:
        place.markdown(_red(str(error)))


def _red(text: str) -> str:
    """Markdown in Streamlit's own red: the app's colours don't apply in a popover."""
    return f":red[{markdown_text(text)}]"


def _start(job: Job) -> None:
    """Send the request in the background, unless a value is invalid.

    Checks the permission again: a client can send a form that it is not shown.
    """
    control = dashboard().source.control
    if control is None or not can_run_again(job) or session.rerun_in_progress(job.id):
        return
    config = dict(job.config)
    try:
        for number, field in enumerate(config_fields(job.config)):
            config[field.name] = read_field(field, session.entered(_key(job, number)))
    except FieldError:
        return  # the form shows it beside the field
    request = _requests.submit(_request, control, job.name, config)
    request.add_done_callback(lambda _: changes.notify())
    session.keep_rerun(job.id, request)
    wait([request], QUICK_ANSWER_S)


def _request(control: JobControl, name: str, config: Mapping[str, object]) -> str:
    """Start the run; returns its job's id."""
    try:
        return control.rerun(name, config)
    except ArkorDashError:
        raise
    except Exception:
        log.exception("A job could not be run again")
        raise
