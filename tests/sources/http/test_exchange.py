"""One request and its answer."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator

import pytest

from arkor_dash.errors import SourceUnavailableError
from arkor_dash.sources.http import exchange as exchange_module
from arkor_dash.sources.http.exchange import Exchange, fetch
from arkor_dash.sources.http.request import Request
from tests.servers.scripted import Answer, ScriptedServer, head, json_answer


def test_an_answer_whose_head_drips_in_is_given_up():
    stop = threading.Event()

    def drips() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        for number in itertools.count():
            if stop.wait(0.02):
                return
            yield b"X: drip\r\n" if number == 0 else b" on"

    with ScriptedServer(lambda _: Answer(drips())) as server:
        request = Request("The Studio", "GET", f"{server.url}/api/jobs", read_timeout_s=0.3)
        with pytest.raises(SourceUnavailableError):
            fetch(request, within_s=0.2)
        stop.set()


def test_an_answer_in_time_leaves_no_timer_behind():
    with ScriptedServer(lambda _: json_answer({"jobs": []})) as server:
        assert fetch(Request("The Studio", "GET", f"{server.url}/api/jobs")) == b'{"jobs": []}'
        timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert all(timer.finished.is_set() for timer in timers)


def test_a_body_that_is_too_slow_says_how_long_it_may_take():
    stop = threading.Event()

    def drips() -> Iterator[bytes]:
        yield head(Content_Type="application/json", Content_Length="100000")
        while not stop.wait(0.02):
            yield b" "

    with ScriptedServer(lambda _: Answer(drips())) as server:
        request = Request("The Studio", "GET", f"{server.url}/api/jobs", read_timeout_s=0.3)
        with pytest.raises(SourceUnavailableError, match=r"took more than 0\.5 s"):
            fetch(request, within_s=0.2)
        stop.set()


TCP_REPAIR = 19  # of linux/tcp.h: a socket that is closed in this state says nothing to its peer


def test_a_peer_that_vanished_without_a_word_is_noticed_however_long_the_silence_may_be(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(exchange_module, "KEEP_ALIVE", dict.fromkeys(exchange_module.KEEP_ALIVE, 1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/train"
        exchange = Exchange(Request("The Studio", "POST", url, read_timeout_s=None))
        server = threading.Thread(target=_answer_and_vanish, args=(listener,))
        server.start()
        try:
            exchange.send()
            server.join()
            with pytest.raises(SourceUnavailableError):
                list(exchange.pieces())
        finally:
            exchange.close()


def _answer_and_vanish(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(head(Content_Type="text/plain", Transfer_Encoding="chunked"))
        try:
            connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        except OSError:
            # Only root may vanish. So that nothing hangs, this one says good-bye; the next test is for all.
            connection.shutdown(socket.SHUT_RDWR)


def test_every_connection_is_kept_alive_by_the_system():
    with ScriptedServer(lambda _: json_answer({})) as server:
        exchange = Exchange(Request("The Studio", "GET", server.url))
        exchange.send()
        (opened,) = exchange._adapter._sockets
        kept_alive = opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        exchange.close()

    assert kept_alive
