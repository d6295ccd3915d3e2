"""Drops what a page asks for after the viewer has left it.

A live page asks to be drawn again whenever its data change. On its way such a request can cross the answer to a click
on a link. Streamlit then runs it after the new page, in the name of the left one: the browser clears parts of the new
page, and the next notification leaves it blank (“Bad delta path”).
"""

from __future__ import annotations

import logging

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from arkor_dash.live.base_path import below

log = logging.getLogger(__name__)


class LeftPages:
    """Middleware of Streamlit's websocket. Args: base_path: the path that the app is served under."""

    def __init__(self, app: ASGIApp, *, base_path: str = "") -> None:
        self._app = app
        self._stream = below(base_path, "_stcore/stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or scope["path"] != self._stream:
            await self._app(scope, receive, send)
            return
        page = _ShownPage()
        is_connected = True

        async def receive_from_shown_page() -> Message:
            nonlocal is_connected
            while page.was_left_by(message := await receive()):
                log.debug("A request of a page that was left is dropped.")
            is_connected = message["type"] != "websocket.disconnect"
            return message

        async def send_and_follow(message: Message) -> None:
            page.follow(message)
            await send(message)

        try:
            await self._app(scope, receive_from_shown_page, send_and_follow)
        except RuntimeError:  # of Starlette, when Streamlit goes on with a connection that is closed
            if is_connected:
                raise
            log.debug("A browser left while it was being answered.", exc_info=True)


class _ShownPage:
    """The page that a browser has asked for last, or was sent last. Streamlit names pages by a hash."""

    def __init__(self) -> None:
        self._hash = ""

    def was_left_by(self, message: Message) -> bool:
        """Whether a browser's message is a request of a fragment of another page."""
        try:
            request = BackMsg.FromString(message.get("bytes") or b"").rerun_script
        except DecodeError:
            return False
        if not request.fragment_id:
            self._hash = request.page_script_hash or self._hash
            return False
        return self._hash != "" and request.page_script_hash not in ("", self._hash)

    def follow(self, message: Message) -> None:
        """Take note of the page that a message to the browser opens, if it does."""
        answer = ForwardMsg.FromString(message.get("bytes") or b"")
        match answer.WhichOneof("type"):
            case "new_session" if not answer.metadata.run.fragment_ids:
                self._hash = answer.new_session.page_script_hash
            case "navigation":
                self._hash = answer.navigation.page_script_hash
