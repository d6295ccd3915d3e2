"""A client of the dashboard that speaks Streamlit's protocol on a websocket."""

from __future__ import annotations

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Origin, Subprotocol
from websockets.sync.client import ClientConnection, connect

from .app import App

DONE = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY


def open_stream(app: App) -> ClientConnection:
    """Streamlit's websocket, as a page of the dashboard opens it."""
    return connect(
        f"{app.url.replace('http', 'ws')}/_stcore/stream",
        origin=Origin(app.url),
        subprotocols=[Subprotocol("streamlit")],
        open_timeout=60,
        max_size=None,
    )


def run_script(socket: ClientConnection, *pressed: str, page: str = "") -> list[ForwardMsg]:
    """Run the page with the buttons of these ids pressed. Returns the messages up to the end of the run."""
    widgets = [{"id": button, "trigger_value": True} for button in pressed]
    request = {"page_name": page, "widget_states": {"widgets": widgets}}
    socket.send(BackMsg(rerun_script=request).SerializeToString())
    sent = [ForwardMsg()]
    while not (sent[-1].HasField("script_finished") and sent[-1].script_finished == DONE):
        sent.append(ForwardMsg.FromString(bytes(socket.recv(timeout=60))))
    return sent


def buttons(sent: list[ForwardMsg]) -> dict[str, str]:
    """The ids of the buttons by their labels, without Markdown's backslashes."""
    found = [message.delta.new_element.button for message in sent]
    return {button.label.replace("\\", ""): button.id for button in found if button.id}
