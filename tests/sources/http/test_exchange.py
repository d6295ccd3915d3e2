"""One request and its response, on real sockets."""

from __future__ import annotations

import itertools
import socket
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace

import pytest

from arkor_dash.errors import BadAnswerError, SourceError, SourceUnavailableError
from arkor_dash.sources.http import connections
from arkor_dash.sources.http.exchange import Exchange, fetch
from arkor_dash.sources.http.request import Request
from tests.servers.scripted import Answer, ScriptedServer, head, json_answer
from tests.servers.scripted import Request as ReceivedRequest
from tests.waiting import wait_until


def test_headers_that_arrive_byte_by_byte_time_out():
    stop = threading.Event()

    def slow_bytes() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        for number in itertools.count():
            if stop.wait(0.02):
                return
            yield b"X: drip\r\n" if number == 0 else b" on"

    with ScriptedServer(lambda _: Answer(slow_bytes())) as server:
        request = Request("The Studio", "GET", f"{server.url}/api/jobs", read_timeout_s=0.3)
        with pytest.raises(SourceUnavailableError):
            fetch(request, body_timeout_s=0.2)
        stop.set()


def test_a_response_in_time_leaves_no_timer_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    here, timers = threading.current_thread(), []

    class NotedTimer(threading.Timer):
        def start(self) -> None:
            if threading.current_thread() is here:
                timers.append(self)
            super().start()

    with ScriptedServer(lambda _: json_answer({"jobs": []})) as server:
        monkeypatch.setattr(threading, "Timer", NotedTimer)
        assert fetch(Request("The Studio", "GET", f"{server.url}/api/jobs")) == b'{"jobs": []}'
    assert [timer.finished.is_set() for timer in timers] == [True]


def test_a_slow_body_is_reported_with_the_time_limit():
    stop = threading.Event()

    def slow_bytes() -> Iterator[bytes]:
        yield head(Content_Type="application/json", Content_Length="100000")
        while not stop.wait(0.02):
            yield b" "

    with ScriptedServer(lambda _: Answer(slow_bytes())) as server:
        request = Request("The Studio", "GET", f"{server.url}/api/jobs", read_timeout_s=3)
        with pytest.raises(SourceUnavailableError, match=r"took more than 3\.5 s"):
            fetch(request, body_timeout_s=0.5)
        stop.set()


def interim(status: str) -> bytes:
    return head(status, Link="</style.css>; rel=preload", Content_Length="7")


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints", "199 Other"])
@pytest.mark.parametrize("times", [1, 3])
def test_interim_responses_are_passed_over(status: str, times: int):
    answer = Answer([interim(status)] * times + [head(Content_Length="14"), b'{"jobs": "hi"}'])
    with ScriptedServer(lambda _: answer) as server:
        assert fetch(Request("The Studio", "GET", server.url)) == b'{"jobs": "hi"}'


def test_interim_responses_without_end_are_an_error():
    with (
        ScriptedServer(lambda _: Answer(itertools.repeat(interim("103 Early Hints")))) as server,
        pytest.raises(BadAnswerError),
    ):
        fetch(Request("The Studio", "GET", server.url))


def test_an_exchange_whose_first_secret_was_refused_tells_whether_it_has_data():
    more = threading.Event()

    def body() -> Iterator[bytes]:
        yield head(Content_Type="text/event-stream")
        yield b": first\n\n"
        assert more.wait(30)
        yield b": second\n\n"

    def respond(request: ReceivedRequest) -> Answer:
        is_good = request.headers["x-token"] == "good"
        return Answer(body(), hold=more) if is_good else json_answer({"error": "no"}, "403 Forbidden")

    with ScriptedServer(respond) as server:
        request = Request("The Studio", "GET", server.url, {"X-Token": "bad"}, secret="bad")
        request = replace(request, secret_header="X-Token", other_secret=lambda _: "good")
        exchange = Exchange(request)
        exchange.send()
        assert next(exchange.pieces()) == b": first\n\n"
        assert not exchange.has_data()
        more.set()
        wait_until(exchange.has_data, what="the second piece")
        exchange.close()


TCP_REPAIR = 19  # from linux/tcp.h: a socket that is closed in this state sends no FIN and no RST


def test_a_peer_that_vanished_is_noticed_without_a_read_timeout(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(connections, "KEEP_ALIVE", dict.fromkeys(connections.KEEP_ALIVE, 1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/train"
        exchange = Exchange(Request("The Studio", "POST", url, read_timeout_s=None))
        server = threading.Thread(target=_answer_and_vanish, args=(listener,))
        server.start()
        try:
            exchange.send()
            server.join(20)
            with pytest.raises(SourceUnavailableError):
                list(exchange.pieces())
        finally:
            exchange.close()


def _answer_and_vanish(listener: socket.socket) -> None:
    listener.settimeout(20)
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(head(Content_Type="text/plain", Transfer_Encoding="chunked"))
        try:
            connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        except OSError:
            # Only root may do that. Others close the connection, so that nothing hangs; the next test is for them.
            connection.shutdown(socket.SHUT_RDWR)


def test_every_connection_has_tcp_keep_alive():
    with ScriptedServer(lambda _: json_answer({})) as server:
        exchange = Exchange(Request("The Studio", "GET", server.url))
        exchange.send()
        (connected,) = exchange._adapter._sockets
        kept_alive = connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        exchange.close()

    assert kept_alive


@pytest.mark.parametrize(
    "status", ["400 Bad Request", "403 Forbidden", "409 Conflict", "410 Gone", "500 Oops"]
)
def test_an_address_that_a_server_quotes_in_an_error_is_shown_without_its_secret_parts(status: str):
    text = "no data at https://key:cAnArY@host/x?sig=cAnArY#cAnArY today \ud800"
    with (
        ScriptedServer(lambda _: json_answer({"error": text, "jobId": "a\ud800"}, status)) as server,
        pytest.raises(SourceError, match="https://…@host/x") as raised,
    ):
        fetch(Request("The Studio", "GET", f"{server.url}/api/jobs"))
    assert "cAnArY" not in "".join(traceback.format_exception(raised.value))
    assert str(raised.value).encode()
    assert getattr(raised.value, "job_id", "a?") == "a?"
