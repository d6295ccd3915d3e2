"""The output of ended runs, read from a real socket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from arkor_dash.live import backoff
from arkor_dash.live.output import kept
from arkor_dash.live.output.kept import KeptOutput, KeptOutputs
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource
from tests.servers import Answer, Request, ScriptedServer, chunked, head, json_answer
from tests.waiting import wait_until

TRAILER = b"\n---\nexit=1\n"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)


def offset(request: Request) -> int:
    return int(parse_qs(urlsplit(request.target).query)["offset"][0])


def answer(request: Request, printed: bytes) -> Answer:
    """The output of an ended run as our Studio sends it."""
    start = head(
        Content_Type="text/plain", Transfer_Encoding="chunked", X_Arkor_Output_Size=str(len(printed))
    )
    return Answer([start, *chunked(printed[offset(request) :], TRAILER)])


@contextmanager
def keeping(
    respond: Callable[[Request], Answer], **options: float
) -> Iterator[tuple[KeptOutputs, ScriptedServer]]:
    with ScriptedServer(respond) as server:
        yield KeptOutputs(StudioSource(server.url, Secret("canary"), EMBEDDED).runner, **options), server


def read(output: KeptOutput) -> KeptOutput:
    wait_until(lambda: not output.is_being_read, what="the output's end")
    return output


def test_the_output_of_an_ended_run_is_read_once_for_all_viewers() -> None:
    with keeping(lambda request: answer(request, b"loading\nKeyError: 'x'\n")) as (outputs, server):
        first = read(outputs.acquire("job_7"))
        second = read(outputs.acquire("job_7"))
        requests = len(server.requests)
        download = b"".join(first.download().pieces)

    snapshot = first.snapshot()
    assert first is second
    assert (snapshot.lines, snapshot.exit_code, snapshot.error) == (("loading", "KeyError: 'x'"), 1, None)
    assert requests == 2  # its size, and the output
    assert download == b"loading\nKeyError: 'x'\n"


def test_only_the_end_of_a_long_output_is_read_and_all_of_it_is_downloaded() -> None:
    printed = b"".join(b"line %d\n" % number for number in range(300_000))
    asked: list[int] = []

    def respond(request: Request) -> Answer:
        asked.append(offset(request))
        return answer(request, printed)

    with keeping(respond) as (outputs, _):
        output = read(outputs.acquire("job_7"))
        snapshot = output.snapshot()
        download = b"".join(output.download().pieces)

    assert asked[:2] == [0, len(printed) - kept.TAIL_BYTES]
    assert snapshot.begins_at == len(printed) - kept.TAIL_BYTES
    assert snapshot.lines[-1] == "line 299999"
    assert all(line.startswith("line ") for line in snapshot.lines)
    assert download == printed


def test_a_line_that_is_cut_by_the_beginning_is_not_shown() -> None:
    printed = b"x" * kept.TAIL_BYTES + b"\rend\n"
    with keeping(lambda request: answer(request, printed)) as (outputs, _):
        snapshot = read(outputs.acquire("job_7")).snapshot()
    assert snapshot.lines == ("end",)


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (json_answer({"error": "There is no output of this job here."}, "404 Not Found"), kept.NO_OUTPUT),
        (
            json_answer({"error": "The files of this run were removed."}, "410 Gone"),
            "files of this run were removed",
        ),
    ],
)
def test_output_that_the_studio_does_not_keep_says_so(refusal: Answer, error: str) -> None:
    with keeping(lambda _: refusal) as (outputs, server):
        output = read(outputs.acquire("job_7"))
        outputs.acquire("job_7")
    assert error in (output.snapshot().error or "")
    assert len(server.requests) == 1


def test_the_output_of_a_script_is_read_on_where_it_broke_off() -> None:
    """A Studio that stops ends the stream without a trailer, whatever the script goes on to print."""
    printed, broke_off = b"before\n\n---\nexit=0\nafter\n", len(b"before\n\n---\nexit=0\n")
    asked: list[int] = []

    def respond(request: Request) -> Answer:
        asked.append(offset(request))
        if len(asked) > 2:
            return answer(request, printed)
        start = head(Content_Type="text/plain", Transfer_Encoding="chunked", X_Arkor_Output_Size="0")
        return Answer([start, *chunked(printed[:broke_off], whole=len(asked) == 1)])

    with keeping(respond) as (outputs, _):
        snapshot = read(outputs.acquire("job_7")).snapshot()
        requests = len(asked)

    assert snapshot.lines == ("before", "", "---", "exit=0", "after")
    assert asked == [0, 0, len(b"before\n")]
    assert requests == 3


def test_the_output_of_a_script_that_is_not_followed_to_a_trailer_is_asked_for_again() -> None:
    ended = iter([False, False])

    def respond(request: Request) -> Answer:
        if next(ended, True):
            return answer(request, b"first\nsecond\n")
        start = head(Content_Type="text/plain", Transfer_Encoding="chunked", X_Arkor_Output_Size="6")
        return Answer([start, *chunked(b"first\n"[offset(request) :])])

    with keeping(respond) as (outputs, _):
        snapshot = read(outputs.acquire("job_7")).snapshot()

    assert snapshot.lines == ("first", "second")
    assert snapshot.end is not None


def test_a_run_that_prints_nothing_for_long_is_followed_without_a_note() -> None:
    connections: list[int] = []

    def respond(request: Request) -> Answer:
        connections.append(offset(request))
        if len(connections) > 8:
            return answer(request, b"first\nlate\n")
        start = head(Content_Type="text/plain", Transfer_Encoding="chunked", X_Arkor_Output_Size="6")
        return Answer([start, *chunked(b"first\n"[offset(request) :], whole=False)])

    with keeping(respond) as (outputs, _):
        output = outputs.acquire("job_7")
        notes = set()

        def ended() -> bool:
            notes.add(output.snapshot().interrupted)
            return not output.is_being_read

        wait_until(ended, what="the output's end")
    assert output.snapshot().lines == ("first", "late")
    assert notes == {None}


def test_it_is_known_without_a_request_that_a_job_has_no_output() -> None:
    refusal = json_answer({"error": "There is no output of this job here."}, "404 Not Found")
    with keeping(lambda _: refusal) as (outputs, server):
        assert not outputs.is_missing("job_7")
        read(outputs.acquire("job_7"))
        assert outputs.is_missing("job_7")
        assert not outputs.is_missing("job_8")
        assert len(server.requests) == 1


def test_a_studio_that_does_not_answer_is_asked_again() -> None:
    answers = iter([json_answer({"error": "busy"}, "503 Service Unavailable")] * 2)
    seen = threading.Event()

    def respond(request: Request) -> Answer:
        refused = next(answers, None)
        if refused is None:
            seen.wait(60)
            return answer(request, b"done\n")
        return refused

    with keeping(respond) as (outputs, _):
        output = outputs.acquire("job_7")
        wait_until(lambda: output.snapshot().interrupted is not None)
        seen.set()
        assert read(output).snapshot().lines == ("done",)
        assert output.snapshot().interrupted is None


def test_output_that_nobody_looks_at_is_no_longer_read_and_read_anew_for_the_next_viewer() -> None:
    now, hold = [0.0], threading.Event()

    def respond(request: Request) -> Answer:
        start = head(Content_Type="text/plain", Transfer_Encoding="chunked", X_Arkor_Output_Size="6")
        return Answer([start, *chunked(b"going\n"[offset(request) :], whole=False)], hold=hold)

    with keeping(respond, monotonic=lambda: now[0], sweep_s=0.01) as (outputs, _):
        output = outputs.acquire("job_7")
        wait_until(lambda: output.snapshot().lines == ("going",))
        now[0] = kept.UNWATCHED_S - 1
        assert outputs.acquire("job_7") is output
        now[0] = 2 * kept.UNWATCHED_S
        read(output)
        again = outputs.acquire("job_7")
        assert again is not output
        hold.set()
        again.close()
        read(again)


def test_only_the_outputs_that_were_requested_last_are_kept() -> None:
    with keeping(lambda request: answer(request, b"x\n")) as (outputs, _):
        first = read(outputs.acquire("job_0"))
        others = [read(outputs.acquire(f"job_{number}")) for number in range(1, kept.MOST_KEPT)]
        assert outputs.acquire("job_0") is first
        read(outputs.acquire("job_new"))
        assert outputs.acquire("job_0") is first
        assert outputs.acquire("job_1") is not others[0]
