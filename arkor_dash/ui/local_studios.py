"""The note on the `arkor dev` programs that are not shown, and on what is in the place of one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.sources import LocalStudio, StudioSource, Survey

from . import account
from .text import paragraph


def studios_note(dash: Dashboard, *, is_lost: bool) -> str | None:
    """The note, None if there is nothing to say. Any thread may call this; it has the survey repeated when due.

    Args: is_lost: whether the source does not answer.
    """
    survey = None if dash.local_studios is None else dash.local_studios.latest()
    if dash.local_studios is None or survey is None or not isinstance(dash.source, StudioSource):
        return None
    text = note_text(survey, dash.source.url if dash.studio is None else None)
    dash.local_studios.refresh(is_needed=is_lost or text is not None)
    return text


def show_studios_note(text: str | None) -> None:
    """Show the note to those who may start runs, since it names ports and projects of this machine."""
    if text is not None and account.refusal() is None:
        st.html(paragraph(text, "arkor-local-studios", role="status"))


def note_text(survey: Survey, shown: str | None) -> str | None:
    """The note; None if there is nothing to say.

    Args: shown: the address of the `arkor dev` that is shown; None: the embedded Studio is shown.
    """
    shown_studio = next((studio for studio in survey.studios if studio.url == shown), None)
    others = [studio for studio in survey.studios if studio is not shown_studio]
    if shown_studio is not None and (others or survey.problem):
        parts = [f"Shown is the arkor dev at {shown_studio.address}."]
    elif shown_studio is None and not others and survey.problem is not None:
        parts = [survey.problem, "This is the dashboard's own Studio." if shown is None else ""]
        if survey.free_port is not None:
            command = f"arkor dev --port {survey.free_port}"
            parts.append(f"To see your project, run `{command}`, then restart the dashboard.")
    else:
        parts = []
    if others:
        parts += _offer(others, "An" if shown is None else "Another")
    return " ".join(filter(None, parts)) or None


def _offer(studios: Sequence[LocalStudio], article: str) -> tuple[str, str]:
    """Which Studios run, and how to open one."""
    names = ", ".join(map(_name, studios))
    setting = f"ARKOR_STUDIO_URL={studios[0].url}"
    if len(studios) == 1:
        return f"{article} arkor dev runs at {names}.", f"To show it, start a dashboard with {setting}."
    return f"Others run at {names}.", f"To show one, start a dashboard with its address, such as {setting}."


def _name(studio: LocalStudio) -> str:
    """The address, and the account and project if they are known."""
    return studio.address if studio.origin is None else f"{studio.address} ({studio.origin.owner})"
