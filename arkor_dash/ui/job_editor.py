"""The dialog in which people rename, tag, annotate, archive and delete a job."""

from __future__ import annotations

import logging
from collections.abc import Callable

import streamlit as st

from arkor_dash.errors import UNEXPECTED_ERROR, ArkorDashError
from arkor_dash.protocol.jobs import TERMINAL, Job
from arkor_dash.protocol.labels import NAME_LIMIT, NOTES_LIMIT, TAGS_LIMIT, LabelChange, clean_tags
from arkor_dash.sources import JobKeeper

from . import account, session, shell
from .keys import key_part
from .resources import dashboard
from .source_line import QUICK_ANSWER_S
from .text import markdown_text, paragraph

DELETION = (
    "Deletes its history, its output and everything that it has saved, for everyone. There is no way back."
)
log = logging.getLogger(__name__)
_edited: session.VisitValue[str | None] = session.VisitValue("edited_job", None)


def can_edit_jobs() -> bool:
    """Whether the source keeps names, tags and notes of jobs, and the viewer has permission to change them."""
    return dashboard().source.keeper is not None and account.refusal() is None


def edit_job(job_id: str) -> None:
    """Open the dialog for the job, and run the whole page again, which shows it."""
    _edited.set(job_id)
    st.rerun()


def job_editor() -> None:
    """The dialog, if the viewer has opened it. Call it in the page's script, so that it outlives a fragment's run."""
    job_id = _edited.get()
    job = next((job for job in dashboard().jobs.snapshot().jobs if job.id == job_id), None)
    if job is not None and can_edit_jobs():
        _dialog(job)


def _close() -> None:
    _edited.set(None)


@st.dialog("Edit job", on_dismiss=_close)
def _dialog(job: Job) -> None:
    key = key_part(job.id)
    with st.form(f"edit_{key}", border=False, enter_to_submit=False):
        name = st.text_input("Name", job.name, key=f"edit_name_{key}", max_chars=NAME_LIMIT)
        tags = st.multiselect(
            "Tags",
            _known_tags(job),
            job.tags,
            key=f"edit_tags_{key}",
            accept_new_options=True,
            max_selections=TAGS_LIMIT,
            filter_mode="contains",
            select_all=False,
            placeholder="Choose or type a tag",
        )
        notes = st.text_area("Notes", job.notes, key=f"edit_notes_{key}", max_chars=NOTES_LIMIT)
        if st.form_submit_button("Save", key="edit_save", type="primary"):
            _change(job, _changes(job, name, clean_tags(tags), notes.strip()))
    with st.container(key="edit_more", horizontal=True):
        label, icon = ("Unarchive", "unarchive") if job.archived else ("Archive", "archive")
        if st.button(label, key="edit_archive", icon=f":material/{icon}:", type="tertiary"):
            _change(job, LabelChange(archived=not job.archived))
        _delete_button(job)


def _known_tags(job: Job) -> list[str]:
    """The tags of all jobs, each once whatever its case, with the job's own as they are."""
    others = (tag for other in dashboard().jobs.snapshot().jobs for tag in other.tags)
    return sorted(clean_tags((*job.tags, *others)), key=str.casefold)


def _changes(job: Job, name: str, tags: tuple[str, ...], notes: str) -> LabelChange:
    """What differs from the job. A name that was not edited may still be changed by the trainer."""
    return LabelChange(
        name=name if name != job.name else None,
        tags=tags if tags != job.tags else None,
        notes=notes if notes != job.notes else None,
    )


def _delete_button(job: Job) -> None:
    with st.popover("Delete…", key="edit_delete", icon=":material/delete:", type="tertiary"):
        if job.status not in TERMINAL:
            st.html(paragraph("The job still runs. Cancel it first.", "arkor-note"))
            return
        st.html(paragraph(DELETION, "arkor-note"))
        if st.button("Delete this job", key="edit_delete_confirm", type="primary"):
            _carry_out(lambda keeper: keeper.delete(job.id), then=_after_deletion)


def _after_deletion() -> None:
    shown_page = "id" in st.query_params
    _close()
    if shown_page:
        st.switch_page(shell.JOBS)


def _change(job: Job, change: LabelChange) -> None:
    _carry_out(lambda keeper: keeper.change(job.id, change), then=_close)


def _carry_out(action: Callable[[JobKeeper], None], then: Callable[[], None]) -> None:
    """Carry out the action, fetch the list and close the dialog; or say in the dialog why that was not possible.

    Checks the permission again: a client can press a button that it is not shown.
    """
    dash = dashboard()
    keeper = dash.source.keeper
    if keeper is None or not can_edit_jobs():
        return
    try:
        action(keeper)
    except ArkorDashError as error:
        st.error(markdown_text(f"Not changed: {error}"))
        return
    except Exception:
        log.exception("A job could not be changed")
        st.error(markdown_text(f"Not changed: {UNEXPECTED_ERROR}"))
        return
    dash.jobs.wait(QUICK_ANSWER_S)  # a request that began before the change
    dash.jobs.refresh()
    dash.jobs.wait(QUICK_ANSWER_S)
    then()
    st.rerun()
