"""A run's output, read from a real socket."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from arkor_dash.live import backoff
from arkor_dash.live.output.follower import OutputSnapshot, RunOutputFeed
from arkor_dash.protocol.exit_trailer import RunEnd
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import (
    ARKOR_DEV,
    EMBEDDED,
    ReadTimeouts,
    StudioKind,
    StudioSource,
)
from tests.servers import Answer, Request, ScriptedServer, chunked, head, json_answer
from tests.waiting import wait_until

PRINTED = "Started job job_7\r\n" + "".join(f"\rstep {n} é" for n in range(50)) + "\nDone\n"
WHOLE = PRINTED.encode() + b"\n---\nexit=0\n"
LINES = ("Started job job_7", "step 49 é", "Done")


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)


def text_answer(
    *pieces: bytes, whole: bool = True, job_id: str | None = "job_7", hold: threading.Event | None = None
) -> Answer:
    headers = {"Content_Type": "text/plain", "Transfer_Encoding": "chunked"}
    if job_id is not None:
        headers["X_Arkor_Job"] = job_id
    return Answer([head(**headers), *chunked(*pieces, whole=whole)], hold=hold)


def run_answer(job_id: str, *, running: bool, exit_code: int | None = None) -> Answer:
    return json_answer({"run": {"jobId": job_id, "running": running, "exitCode": exit_code}})


def offset(request: Request) -> int:
    return int(parse_qs(urlsplit(request.target).query)["offset"][0])


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "run-output"]


@contextmanager
def following(
    respond: Callable[[Request], Answer], kind: StudioKind = EMBEDDED
) -> Iterator[tuple[RunOutputFeed, ScriptedServer]]:
    with ScriptedServer(respond) as server:
        output = RunOutputFeed(StudioSource(server.url, Secret("canary"), kind).runner)
        try:
            yield output, server
        finally:
            output.close()
            wait_until(lambda: not readers(), what="the end of the reader")


def ended(output: RunOutputFeed) -> OutputSnapshot:
    wait_until(lambda: not readers(), what="the output's end")
    return output.snapshot()


def test_a_run_is_started_and_its_output_followed_to_its_exit_code() -> None:
    with following(lambda _: text_answer(WHOLE)) as (output, server):
        output.start()
        snapshot = ended(output)
        download = b"".join(output.download().pieces)

    assert (snapshot.lines, snapshot.first_line, snapshot.total_lines) == (LINES, 0, 3)
    assert (snapshot.job_id, snapshot.exit_code, snapshot.running, snapshot.starting) == (
        "job_7",
        0,
        False,
        False,
    )
    assert snapshot.error is None
    assert download == PRINTED.encode()
    assert [request.method for request in server.requests] == ["POST", "GET"]  # the run, and its download


def test_output_is_shown_while_the_run_is_running() -> None:
    looked, go_on = threading.Event(), threading.Event()

    def pieces() -> Iterator[bytes]:
        looked.wait(60)
        yield head(Content_Type="text/plain", Transfer_Encoding="chunked", X_Arkor_Job="job_7")
        yield from chunked(b" 10%", whole=False)
        go_on.wait(60)
        yield from chunked(b"\r 20%\n", b"\n---\nexit=137\n")

    with following(lambda _: Answer(pieces())) as (output, _):
        output.start()
        assert output.snapshot().starting
        looked.set()
        wait_until(lambda: output.snapshot().lines == (" 10%",))
        assert output.snapshot().running
        go_on.set()
        snapshot = ended(output)

    assert (snapshot.lines, snapshot.exit_code) == ((" 20%",), 137)


@pytest.mark.parametrize("whole", [True, False])
def test_kept_output_is_resumed_from_the_byte_where_it_broke_off(whole: bool) -> None:
    def respond(request: Request) -> Answer:
        if request.target == "/api/train" and request.method == "GET":
            return run_answer("job_7", running=True)
        rest = WHOLE[0 if request.method == "POST" else offset(request) :]
        return text_answer(rest) if len(rest) < 40 else text_answer(rest[:37], whole=whole)

    with following(respond) as (output, server):
        output.start()
        snapshot = ended(output)
        download = b"".join(output.download().pieces)

    assert snapshot.lines == LINES
    assert snapshot.exit_code == 0
    assert download == PRINTED.encode()
    assert len(server.requests) > 10


def test_output_that_breaks_off_within_its_trailer_is_shown_whole_and_once() -> None:
    body = b"a\n---\nexit=\n---\nexit=3\n"
    lengths = iter(range(1, len(body)))

    def respond(request: Request) -> Answer:
        if request.method == "GET" and request.target == "/api/train":
            return run_answer("job_7", running=True)
        rest, length = body[0 if request.method == "POST" else offset(request) :], next(lengths, None)
        return text_answer(rest[:length], whole=length is None)

    with following(respond) as (output, _):
        output.start()
        snapshot = ended(output)

    assert (snapshot.lines, snapshot.exit_code) == (("a", "---", "exit="), 3)


def test_a_second_viewer_and_a_returning_one_get_the_output_from_its_start() -> None:
    def respond(request: Request) -> Answer:
        if request.target == "/api/train":
            return run_answer("job_7", running=False, exit_code=0)
        return text_answer(WHOLE[offset(request) :])

    with following(respond) as (output, server):
        output.attach()
        snapshot = ended(output)
        output.attach()
        again = ended(output)

    assert (snapshot.lines, snapshot.exit_code, snapshot.job_id) == (LINES, 0, "job_7")
    assert again.generation == snapshot.generation
    assert [request.target for request in server.requests] == [
        "/api/train",
        "/api/jobs/job_7/output?offset=0",
        "/api/train",
    ]


def test_a_newer_run_replaces_the_shown_one() -> None:
    runs = iter(["job_1", "job_2"])

    def respond(request: Request) -> Answer:
        if request.target == "/api/train":
            return run_answer(next(runs), running=False, exit_code=0)
        name = request.target.split("/")[3]
        return text_answer(f"I am {name}\n\n---\nexit=0\n".encode(), job_id=None)

    with following(respond) as (output, _):
        output.attach()
        first = ended(output)
        output.attach()
        second = ended(output)

    assert (first.lines, second.lines) == (("I am job_1",), ("I am job_2",))
    assert first.generation != second.generation


def test_a_project_without_a_run_shows_nothing() -> None:
    with following(lambda _: json_answer({"run": None})) as (output, _):
        output.attach()
        snapshot = ended(output)

    assert (snapshot.lines, snapshot.error, snapshot.running) == ((), None, False)


def test_a_run_in_progress_is_named_and_shown_when_another_start_is_refused() -> None:
    def respond(request: Request) -> Answer:
        if request.method == "POST":
            return json_answer({"error": "Job job_7 is on.", "jobId": "job_7"}, "409 Conflict")
        return text_answer(WHOLE[offset(request) :])

    with following(respond) as (output, _):
        output.start()
        snapshot = ended(output)

    assert (snapshot.error, snapshot.lines) == ("Job job_7 is on.", LINES)


def test_a_start_that_is_requested_during_the_search_for_a_run_is_not_lost() -> None:
    answer = threading.Event()

    def respond(request: Request) -> Answer:
        if request.method == "POST":
            return text_answer(WHOLE)
        answer.wait(60)
        return json_answer({"run": None})

    with following(respond) as (output, server):
        output.attach()
        wait_until(lambda: server.requests)
        output.start()
        assert output.snapshot().starting
        answer.set()
        snapshot = ended(output)

    assert (snapshot.lines, snapshot.exit_code) == (LINES, 0)


def test_a_start_that_is_requested_while_another_run_is_found_starts_no_second_run() -> None:
    answer = threading.Event()

    def respond(request: Request) -> Answer:
        if request.target == "/api/train":
            answer.wait(60)
            return run_answer("job_7", running=True)
        return text_answer(WHOLE[offset(request) :])

    with following(respond) as (output, server):
        output.attach()
        wait_until(lambda: server.requests)
        output.start()
        answer.set()
        snapshot = ended(output)

    assert (snapshot.error, snapshot.starting, snapshot.lines) == (
        "Another run is in progress: job job_7.",
        False,
        LINES,
    )
    assert all(request.method == "GET" for request in server.requests)


def test_the_job_of_a_run_in_progress_is_known_when_attach_returns_after_the_answer() -> None:
    ends = threading.Event()
    first, *rest = text_answer(WHOLE).pieces

    def pieces() -> Iterator[bytes]:
        yield first
        ends.wait(60)
        yield from rest

    def respond(request: Request) -> Answer:
        return run_answer("job_7", running=True) if request.target == "/api/train" else Answer(pieces())

    with following(respond) as (output, _):
        assert not output.runs("job_7")
        assert not output.is_asking()
        output.attach(60)
        assert not output.is_asking()
        assert (output.runs("job_7"), output.runs("job_8")) == (True, False)
        ends.set()
        ended(output)
        assert not output.runs("job_7")


def test_a_runner_that_takes_its_time_to_say_which_run_is_current_is_still_asked_when_attach_returns() -> (
    None
):
    answers = threading.Event()

    def pieces() -> Iterator[bytes]:
        answers.wait(60)
        yield from json_answer({"run": None}).pieces

    with following(lambda _: Answer(pieces())) as (output, _):
        output.attach(0.01)
        assert output.is_asking()
        answers.set()
        wait_until(lambda: not output.is_asking(), what="the answer")


@pytest.mark.parametrize("answer", [json_answer({"run": None}), json_answer({}, "500 Internal Server Error")])
def test_attach_returns_as_soon_as_the_runner_has_answered_that_there_is_no_run(answer: Answer) -> None:
    with following(lambda _: answer) as (output, server):
        output.attach(20)
        assert len(server.requests) == 1
        assert not output.runs("job_7")


@pytest.mark.parametrize("printed", [b"Started job job_7\non\n", b""], ids=["running", "starting"])
def test_a_run_that_is_not_kept_is_ended_by_closing_its_connection_and_another_can_start(
    printed: bytes,
) -> None:
    closed = threading.Event()
    answers = iter([WHOLE])

    def endless() -> Iterator[bytes]:
        if printed:
            yield head(Content_Type="text/plain", Transfer_Encoding="chunked")
        try:
            while not closed.wait(0.02):
                yield b"".join(chunked(printed, whole=False)) if printed else b""
        finally:
            closed.set()

    first = Answer(endless())
    with following(lambda _: text_answer(next(answers)) if closed.is_set() else first, ARKOR_DEV) as (
        output,
        server,
    ):
        output.start()
        wait_until(lambda: output.snapshot().lines if printed else server.requests)
        output.end()
        was_ended = ended(output)
        closed.set()
        output.start()
        started = ended(output)

    assert (was_ended.end, was_ended.error) == (RunEnd(None, "SIGTERM"), None)
    assert (was_ended.running, was_ended.starting) == (False, False)
    assert (started.exit_code, started.lines) == (0, LINES)


def test_a_run_that_is_kept_is_not_ended_with_its_connection() -> None:
    hold = threading.Event()
    with following(lambda _: text_answer(WHOLE[:30], whole=False, hold=hold)) as (output, _):
        output.start()
        wait_until(lambda: output.snapshot().lines)
        output.end()
        assert output.snapshot().running
        assert output.snapshot().end is None
        hold.set()


def test_a_second_start_during_a_run_sends_nothing() -> None:
    hold = threading.Event()
    with following(lambda _: text_answer(b"on\n", whole=False, hold=hold), ARKOR_DEV) as (output, server):
        output.start()
        output.start()
        wait_until(lambda: output.snapshot().lines)
        output.start()
        hold.set()
        ended(output)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"error": "No trainer."}, "400 Bad Request"), "No trainer."),
        (
            json_answer({"error": "?"}, "503 Service Unavailable"),
            "The Studio at 127.0.0.1:{port} answered 503: ?.",
        ),
    ],
)
def test_a_run_that_could_not_be_started_says_why_and_can_be_tried_again(answer: Answer, error: str) -> None:
    answers = iter([answer])

    with following(lambda _: next(answers, None) or text_answer(WHOLE)) as (output, server):
        output.start()
        failed = ended(output)
        output.start()
        started = ended(output)

    assert (failed.error, failed.running, failed.starting) == (error.format(port=server.port), False, False)
    assert (started.error, started.exit_code) == (None, 0)


def test_output_that_can_not_be_reached_is_retried_and_the_snapshot_says_so() -> None:
    back, go_on = threading.Event(), threading.Event()

    def rest(start: int) -> Iterator[bytes]:
        yield head(Content_Type="text/plain", Transfer_Encoding="chunked")
        yield from chunked(WHOLE[start:-5], whole=False)
        go_on.wait(60)
        yield from chunked(WHOLE[-5:])

    def respond(request: Request) -> Answer:
        if request.method == "POST":
            return text_answer(WHOLE[:30], whole=False)
        return Answer(rest(offset(request))) if back.is_set() else json_answer({}, "503 Service Unavailable")

    with following(respond) as (output, _):
        output.start()
        wait_until(lambda: "503" in (output.snapshot().interrupted or ""))
        assert output.snapshot().running
        back.set()
        wait_until(lambda: output.snapshot().running and not output.snapshot().interrupted)
        go_on.set()
        snapshot = ended(output)

    assert (snapshot.interrupted, snapshot.error, snapshot.lines) == (None, None, LINES)


def test_the_job_of_a_run_that_is_not_kept_is_read_from_its_output() -> None:
    with following(lambda _: text_answer(WHOLE, job_id=None), ARKOR_DEV) as (output, _):
        output.start()
        snapshot = ended(output)

    assert (snapshot.job_id, snapshot.lines, snapshot.exit_code) == ("job_7", LINES, 0)


def test_no_output_is_requested_again_from_a_studio_that_keeps_no_runs() -> None:
    with following(lambda _: text_answer(WHOLE[:60], whole=False), ARKOR_DEV) as (output, server):
        output.start()
        snapshot = ended(output)

    assert snapshot.error == f"The Studio at 127.0.0.1:{server.port} closed the connection too early."
    assert (snapshot.running, snapshot.exit_code, len(server.requests)) == (False, None, 1)


def test_a_quiet_run_has_no_read_timeout_where_closing_would_end_it() -> None:
    go_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield head(Content_Type="text/plain", Transfer_Encoding="chunked")
        yield from chunked(PRINTED.encode(), whole=False)
        go_on.wait(60)
        yield from chunked(b"\n---\nexit=0\n")

    with ScriptedServer(lambda _: Answer(pieces())) as server:
        timeouts = ReadTimeouts(default_s=0.01, build_s=0.01, stream_s=0.01)
        output = RunOutputFeed(StudioSource(server.url, Secret("canary"), ARKOR_DEV, timeouts).runner)
        output.start()
        wait_until(lambda: output.snapshot().lines == LINES)
        wait_until(lambda: not _is_changing(output))
        assert output.snapshot().running
        go_on.set()
        snapshot = ended(output)
        output.close()

    assert (snapshot.exit_code, snapshot.error) == (0, None)


def _is_changing(output: RunOutputFeed) -> bool:
    """Whether anything changes within many times the read timeout."""
    version = output.snapshot().version
    try:
        wait_until(lambda: output.snapshot().version != version, timeout_s=0.3)
    except AssertionError:
        return False
    return True


def test_viewers_who_open_and_leave_the_page_neither_end_nor_repeat_a_run_that_is_not_kept() -> None:
    hold = threading.Event()
    with following(lambda _: text_answer(WHOLE[:60], whole=False, hold=hold), ARKOR_DEV) as (output, server):
        output.start()
        wait_until(lambda: output.snapshot().lines)
        before = output.snapshot()
        for _ in range(20):
            output.attach()
            assert output.snapshot() is before

        assert server.open_connections == 1
        assert [request.method for request in server.requests] == ["POST"]


def test_a_finished_run_that_is_not_kept_is_shown_until_the_next_one() -> None:
    with following(lambda _: text_answer(WHOLE, job_id=None), ARKOR_DEV) as (output, server):
        output.start()
        first = ended(output)
        output.attach()
        again = ended(output)
        output.start()
        second = ended(output)

    assert (again.generation, again.lines) == (first.generation, LINES)
    assert second.generation != first.generation
    assert len(server.requests) == 2


def test_a_run_that_is_not_kept_ends_with_the_dashboards_process() -> None:
    program = """
import sys
from arkor_dash.live.output.follower import RunOutputFeed
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import ARKOR_DEV, StudioSource
output = RunOutputFeed(StudioSource(sys.argv[1], Secret("canary"), ARKOR_DEV).runner)
output.start()
sys.stdin.read()
"""
    hold = threading.Event()
    with ScriptedServer(lambda _: text_answer(b"on\n", whole=False, hold=hold)) as server:
        dashboard = subprocess.Popen([sys.executable, "-c", program, server.url], stdin=subprocess.PIPE)
        try:
            wait_until(lambda: server.requests and server.open_connections == 1)
        finally:
            dashboard.kill()
            dashboard.communicate(timeout=30)
        wait_until(lambda: server.open_connections == 0)


def test_output_without_a_trailer_ends_once_the_runner_says_that_the_run_has_ended() -> None:
    def respond(request: Request) -> Answer:
        if request.target == "/api/train":
            return run_answer("job_7", running=False, exit_code=9)
        return text_answer(PRINTED.encode()[offset(request) :])

    with following(respond) as (output, _):
        output.attach()
        snapshot = ended(output)

    assert (snapshot.lines, snapshot.exit_code) == (LINES, 9)


def test_closing_ends_the_thread_and_the_connection() -> None:
    hold = threading.Event()
    with following(lambda _: text_answer(b"on\n", whole=False, hold=hold), ARKOR_DEV) as (output, server):
        output.start()
        wait_until(lambda: output.snapshot().lines)
        output.close()
        wait_until(lambda: not readers())
        wait_until(lambda: server.open_connections == 0)


def test_long_output_is_bounded_in_the_snapshot_and_whole_in_the_download() -> None:
    printed = b"".join(b"line %d\n" % number for number in range(300_000))

    with following(lambda _: text_answer(printed, b"\n---\nexit=0\n")) as (output, _):
        output.start()
        snapshot = ended(output)
        download = b"".join(output.download().pieces)

    assert snapshot.total_lines == 300_000
    assert snapshot.lines[-1] == "line 299999"
    assert len(snapshot.lines) == 5_000
    assert download == printed


@pytest.mark.parametrize("first", range(1, 18))
def test_a_run_that_a_signal_ended_has_an_end_without_a_code_and_no_trailer_in_its_output(first: int) -> None:
    body = b"on\n\n---\nexit=null\n"
    with following(lambda _: text_answer(body[:first], body[first:], job_id=None), ARKOR_DEV) as (output, _):
        output.start()
        snapshot = ended(output)
        output.attach()
        assert ended(output).end == snapshot.end
    assert (snapshot.lines, snapshot.end, snapshot.error) == (("on",), RunEnd(None), None)


def test_text_that_looks_like_the_trailer_does_not_end_a_kept_run_whose_output_breaks_off_after_it() -> None:
    body = b"a\n---\nexit=0\nb\n\n---\nexit=5\n"
    answers = iter([text_answer(body[: body.index(b"b")], whole=False)])

    def respond(request: Request) -> Answer:
        if request.method == "GET" and request.target == "/api/train":
            return run_answer("job_7", running=True)
        return next(answers, None) or text_answer(body[offset(request) :])

    with following(respond) as (output, _):
        output.start()
        snapshot = ended(output)
    assert (snapshot.lines, snapshot.exit_code) == (("a", "---", "exit=0", "b"), 5)


@pytest.mark.parametrize("first", range(0, 60, 7))
def test_the_line_that_names_the_job_of_a_run_is_no_output(first: int) -> None:
    body = b"[arkor:0123456789abcdef0123456789abcdef] Started job job_9\nstep=1\n\n---\nexit=null\n"
    answer = text_answer(body[:first], body[first:], job_id=None)
    with following(lambda _: answer, ARKOR_DEV) as (output, _):
        output.start()
        snapshot = ended(output)
        download = b"".join(output.download().pieces)
    assert (snapshot.job_id, snapshot.lines, download) == ("job_9", ("step=1",), b"step=1\n")


def test_the_line_that_names_the_job_counts_more_than_what_the_program_prints() -> None:
    body = b"Started job spoofed\n[arkor:0123456789abcdef] Started job job_9\n\n---\nexit=0\n"
    with following(lambda _: text_answer(body, job_id=None), ARKOR_DEV) as (output, _):
        output.start()
        snapshot = ended(output)
    assert (snapshot.job_id, snapshot.lines) == ("job_9", ("Started job spoofed",))
