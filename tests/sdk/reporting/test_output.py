"""What a script prints, between its stream and a server on a real port."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.sdk.reporting.output_buffer import PIECE_BYTES, TOO_LATE, OutputBuffer, missing
from arkor_dash.sdk.reporting.output_delivery import LOST, OutputDelivery, OutputPace
from arkor_dash.sdk.reporting.script_client import Destination, OutputClient
from tests.servers import Answer, Request, ScriptedServer, json_answer
from tests.waiting import wait_until

FAST = OutputPace(interval_s=0.01, first_wait_s=0.01, longest_wait_s=0.05)


class Studio:
    """Stores output by the rules of the Studio, after the answers in `faults`."""

    def __init__(self, *faults: Answer | str) -> None:
        self.output = b""
        self.is_complete = False
        self.faults = list(faults)
        self.requests = 0

    def respond(self, request: Request) -> Answer:
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Answer):
            return fault
        query = parse_qs(urlsplit(request.target).query)
        offset = int(query["offset"][0])
        if offset > len(self.output):
            return json_answer({"error": "a gap", "stored": len(self.output)}, "409 Conflict")
        self.output += request.body[len(self.output) - offset :]
        self.is_complete = "last" in query
        stored = {"stored": len(self.output)}
        return (
            json_answer({"error": "busy"}, "503 Service Unavailable")
            if fault == "lost"
            else json_answer(stored)
        )


def busy() -> Answer:
    return json_answer({"error": "busy"}, "503 Service Unavailable")


def delivery_to(
    server: ScriptedServer, buffer: OutputBuffer, must_wait: Callable[[], bool] = lambda: False
) -> OutputDelivery:
    delivery = OutputDelivery(
        OutputClient(Destination(server.url, "job_1", "run-token")), buffer, must_wait, FAST
    )
    delivery.start()
    return delivery


def drained(buffer: OutputBuffer) -> bytes:
    return b"".join(iter(buffer.take, b""))


def test_the_output_arrives_whole_whatever_is_lost_on_the_way() -> None:
    studio, buffer = Studio(busy(), "lost", busy()), OutputBuffer()
    text = "".join(f"step {number} ✓\r" for number in range(60_000))
    with ScriptedServer(studio.respond) as server:
        delivery = delivery_to(server, buffer)
        for begin in range(0, len(text), 1_000):
            buffer.add(text[begin : begin + 1_000])
        delivery.close(60, is_last=True)
    assert studio.output == text.encode()
    assert studio.is_complete
    assert delivery.undelivered == 0


def test_output_that_the_studio_has_lost_is_named_and_the_rest_follows() -> None:
    studio, buffer = Studio(), OutputBuffer()
    with ScriptedServer(studio.respond) as server:
        delivery = delivery_to(server, buffer)
        buffer.add("one two")
        wait_until(lambda: studio.output == b"one two", what="the first piece")
        studio.output = b"one"
        buffer.add(" three")
        delivery.close(60, is_last=True)
    assert studio.output == b"one" + missing(4, LOST) + b" three"


def test_output_waits_while_events_are_to_be_sent_first_and_is_sent_at_the_end() -> None:
    studio, buffer, asked = Studio(), OutputBuffer(), threading.Event()

    def must_wait() -> bool:
        asked.set()
        return True

    with ScriptedServer(studio.respond) as server:
        delivery = delivery_to(server, buffer, must_wait)
        buffer.add("printed")
        asked.clear()
        assert asked.wait(60)
        assert studio.requests == 0
        delivery.close(60, is_last=True)
    assert studio.output == b"printed"


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "410 Gone", "413 Content Too Large"])
def test_a_final_refusal_ends_the_delivery_and_counts_what_is_lost(
    status: str, capfd: pytest.CaptureFixture[str]
) -> None:
    buffer = OutputBuffer()
    with ScriptedServer(lambda _: json_answer({"error": "no"}, status)) as server:
        delivery = delivery_to(server, buffer)
        buffer.add("printed")
        wait_until(lambda: server.requests, what="a request")
        delivery.close(60, is_last=True)
        buffer.add("more")
        assert len(server.requests) == 1
    assert delivery.undelivered == len("printed")
    assert capfd.readouterr() == ("", "")


def test_a_studio_that_does_not_answer_delays_the_end_by_no_more_than_the_deadline() -> None:
    release, buffer = threading.Event(), OutputBuffer()
    with ScriptedServer(lambda _: Answer([], hold=release)) as server:
        delivery = delivery_to(server, buffer)
        buffer.add("printed")
        wait_until(lambda: server.requests, what="a request")
        delivery.close(0.05, is_last=True)
        assert delivery.undelivered == len("printed")
        release.set()


def test_what_does_not_fit_is_dropped_from_the_oldest_and_a_line_says_so() -> None:
    buffer = OutputBuffer(limit_bytes=1_600)
    lines = [f"line {number:04}\n" for number in range(1_000)]
    for line in lines:
        buffer.add(line)
    output = drained(buffer).decode()
    notice, kept = output[: output.index("]\n") + 2], output[output.index("]\n") + 2 :]
    assert "".join(lines).endswith(kept)
    assert kept.startswith("line ")
    assert 1_400 < len(kept) <= 1_600
    assert notice.encode() == missing(10_000 - len(kept), TOO_LATE)


def test_a_character_is_not_cut_where_output_is_dropped() -> None:
    buffer = OutputBuffer(limit_bytes=100)
    buffer.add("€" * 101)
    assert drained(buffer).decode().endswith("]\n" + "€" * 31)


def test_a_piece_is_small_enough_for_one_request() -> None:
    buffer = OutputBuffer()
    buffer.add("x" * (PIECE_BYTES + 1))
    assert [len(buffer.take()) for _ in range(3)] == [PIECE_BYTES, 1, 0]


@given(st.lists(st.text(max_size=50), max_size=30), st.integers(10, 200))
def test_every_byte_is_kept_or_counted_as_missing(texts: list[str], limit: int) -> None:
    buffer = OutputBuffer(limit)
    for text in texts:
        buffer.add(text)
    total = len("".join(texts).encode())
    assert buffer.size == total
    first = buffer.take()
    assert (
        "".join(texts)
        .encode()
        .endswith(first.rpartition(b"in time]\n")[2] if b"in time]" in first else first)
    )


def test_a_closed_buffer_takes_nothing_and_knows_how_much_it_held() -> None:
    buffer = OutputBuffer()
    buffer.add("x")
    buffer.close()
    buffer.add("yy")
    assert buffer.size == 1
    assert buffer.take() == missing(1, TOO_LATE)


def test_an_object_that_is_no_text_raises_nothing() -> None:
    buffer = OutputBuffer()
    buffer.add(io.StringIO())  # type: ignore[arg-type]
    assert buffer.size == 0


def test_a_thread_that_is_interrupted_while_it_adds_can_add() -> None:
    """As by a signal handler, or a finalizer, that prints."""
    buffer = OutputBuffer()

    def add() -> None:
        with buffer._lock:
            buffer.add("from the handler")

    thread = threading.Thread(target=add, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert buffer.take() == b"from the handler"
