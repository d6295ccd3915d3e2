"""One request and its answer."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from arkor_dash.errors import SourceUnavailableError
from arkor_dash.sources.http import fetch
from arkor_dash.sources.request import Request

from ..servers.scripted import Answer, ScriptedServer, head, json_answer


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
    before = threading.active_count()
    with ScriptedServer(lambda _: json_answer({"jobs": []})) as server:
        assert fetch(Request("The Studio", "GET", f"{server.url}/api/jobs")) == b'{"jobs": []}'
    assert threading.active_count() <= before


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
