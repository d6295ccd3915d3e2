"""Keeps what a run has sent when the next request comes right after its end.

A run's thread sends its elements by way of the event loop. If a request finds the thread at its end while the loop
has yet to take the last elements, Streamlit starts another thread and drops them. A fragment that then runs sends
only its own elements, and a browser that lacks those before them shows a blank window (“Bad delta path”).
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, ScriptRunnerEvent


def keep_what_ended_runs_sent() -> None:
    """Have Streamlit take all that a run has sent before it ended. It belongs before the first page is opened."""
    create, handle = AppSession._create_scriptrunner, AppSession._handle_scriptrunner_event_on_event_loop
    ended: WeakSet[ScriptRunner] = WeakSet()

    def create_after_ended(session: AppSession, initial_rerun_data: RerunData) -> None:
        if session._scriptrunner is not None:  # it refused the request, since it ends; an aborted one is None
            ended.add(session._scriptrunner)
        create(session, initial_rerun_data)

    def handle_whole(
        session: AppSession, sender: ScriptRunner | None, event: ScriptRunnerEvent, *details: Any
    ) -> None:
        current = session._scriptrunner
        if sender is None or sender not in ended or event == ScriptRunnerEvent.SHUTDOWN:
            handle(session, sender, event, *details)
            return
        session._scriptrunner = sender  # Streamlit takes events of the session's present thread only
        try:
            handle(session, sender, event, *details)
        finally:
            session._scriptrunner = current

    AppSession._create_scriptrunner = create_after_ended  # type: ignore[method-assign, assignment]
    AppSession._handle_scriptrunner_event_on_event_loop = handle_whole  # type: ignore[method-assign, assignment]
