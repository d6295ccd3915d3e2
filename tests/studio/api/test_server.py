"""The Studio's listening socket."""

from __future__ import annotations

import socket

from arkor_dash.studio.api.server import bind


def test_a_connection_to_the_studio_does_not_wait_for_acknowledgements():
    with bind(0) as listener, socket.create_connection(listener.getsockname(), timeout=30):
        listener.settimeout(30)
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
