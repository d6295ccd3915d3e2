"""A browser gets all that a run has sent, also if a fragment is asked for before the server has taken it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from arkor_dash.live.server.ended_runs import keep_what_ended_runs_sent

SCRIPT = """
import streamlit as st

@st.fragment
def card():
    st.text("one")
    st.text("two")

st.text("above")
card()
"""


def end_of_run(session: AppSession) -> None:
    """Wait for the end of the run's thread, without a turn for the event loop."""
    assert session._scriptrunner is not None
    thread = session._scriptrunner._script_thread
    assert thread is not None
    thread.join(timeout=60)
    assert not thread.is_alive()


async def shown(script: Path) -> list[str]:
    """The texts that a browser gets from a run of the page, and a run of its fragment right after."""
    session = AppSession(
        ScriptData(str(script), is_hello=False), MagicMock(), ScriptCache(), lambda: None, {}
    )
    session.handle_backmsg(BackMsg(rerun_script=ClientState()))
    end_of_run(session)
    (fragment_id,) = session._fragment_storage._fragments  # type: ignore[attr-defined]
    session.handle_backmsg(BackMsg(rerun_script=ClientState(fragment_id=fragment_id)))
    end_of_run(session)
    ended = asyncio.Event()
    asyncio.get_running_loop().call_soon(ended.set)  # behind all that both runs have sent
    await asyncio.wait_for(ended.wait(), timeout=60)
    messages: list[ForwardMsg] = session.flush_browser_queue()
    return [each.delta.new_element.text.body for each in messages if each.delta.HasField("new_element")]


def test_what_a_page_has_sent_is_kept_when_its_fragment_is_asked_for_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_create_scriptrunner", "_handle_scriptrunner_event_on_event_loop"):
        monkeypatch.setattr(AppSession, name, getattr(AppSession, name))
    monkeypatch.setattr(Runtime, "_instance", MagicMock())
    keep_what_ended_runs_sent()
    script = tmp_path / "page.py"
    script.write_text(SCRIPT)
    assert asyncio.run(shown(script)) == ["above", "one", "two"]
