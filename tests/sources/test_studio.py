"""The Studio source, against servers that answer well and badly."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from arkor_dash.errors import (
    BadAnswerError,
    GoneError,
    JobNotFoundError,
    RefusedError,
    RunInProgressError,
    SourceError,
    SourceUnavailableError,
    UnauthorizedError,
    UpgradeRequiredError,
)
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import (
    ARKOR_DEV,
    EMBEDDED,
    ReadTimeouts,
    RunInfo,
    StudioKind,
    StudioSource,
    token_file,
)
from tests.servers import Answer, Request, ScriptedServer, chunked, head, json_answer, sse, sse_answer
from tests.servers.apis import ArkorDev, ArkorDevLocal, OurStudio, job
from tests.waiting import wait_until

TOKEN = "canary-token-5f1d"
JOB = {"id": "job_1", "name": "one", "status": "running", "createdAt": "2026-11-23T11:37:28.453Z"}


@contextmanager
def serving(
    *answers: Answer, kind: StudioKind = EMBEDDED, token: Secret | Callable[[], Secret | None] | None = None
) -> Iterator[tuple[StudioSource, ScriptedServer]]:
    """A source on a server that gives these answers in turn, then repeats the last one. It has no credentials."""
    left = list(answers)

    def respond(request: Request) -> Answer:
        if request.target == "/api/credentials":
            return json_answer({"error": "Not found"}, "404 Not Found")
        return left.pop(0) if len(left) > 1 else left[0]

    with ScriptedServer(respond) as server:
        yield StudioSource(server.url, token or Secret(TOKEN), kind), server


def test_the_list_is_requested_with_the_token_and_keeps_the_servers_order() -> None:
    with serving(json_answer({"jobs": [JOB, {**JOB, "id": "job_0"}, {"name": "no id"}]})) as (source, server):
        listing = source.jobs()

    assert [job.id for job in listing.jobs] == ["job_1", "job_0"]
    assert listing.malformed == 1
    assert server.requests[0].headers["x-arkor-studio-token"] == TOKEN


def test_an_unchanged_list_is_the_same_object() -> None:
    with serving(json_answer({"jobs": [JOB]}), json_answer({"jobs": [JOB]}), json_answer({"jobs": []})) as (
        source,
        _,
    ):
        first, second, third = source.jobs(), source.jobs(), source.jobs()

    assert first is second
    assert third.jobs == ()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 Bad Request", RefusedError),
        ("401 Unauthorized", UnauthorizedError),
        ("403 Forbidden", UnauthorizedError),
        ("404 Not Found", RefusedError),
        ("408 Request Timeout", SourceUnavailableError),
        ("409 Conflict", RunInProgressError),
        ("410 Gone", GoneError),
        ("426 Upgrade Required", UpgradeRequiredError),
        ("429 Too Many Requests", SourceUnavailableError),
        ("500 Internal Server Error", SourceUnavailableError),
        ("503 Service Unavailable", SourceUnavailableError),
    ],
)
def test_each_error_status_has_its_error_with_the_servers_text_but_without_the_token(
    status: str, kind: type[SourceError]
) -> None:
    with (
        serving(json_answer({"error": f"because of {TOKEN}"}, status)) as (source, _),
        pytest.raises(kind, match="because of …") as raised,
    ):
        source.jobs()

    assert type(raised.value) is kind


def test_the_delay_of_a_retry_after_header_is_passed_on() -> None:
    with (
        serving(json_answer({}, "429 Too Many Requests", Retry_After="7")) as (source, _),
        pytest.raises(SourceUnavailableError) as raised,
    ):
        source.jobs()

    assert raised.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (json_answer(b"<!doctype html><p>hi"), "answered with a web page"),
        (json_answer(b"{"), "is not JSON"),
        (json_answer(b"[" * 100_000), "is not JSON"),
        (json_answer([1]), "of an unexpected form"),
        (json_answer(b""), "is not JSON"),
        (
            Answer([head("302 Found", Location="http://192.0.2.1/", Content_Length="0")]),
            "redirects to another address",
        ),
        (Answer([b"SSH-2.0-OpenSSH_9.6\r\n"]), "is not HTTP"),
    ],
)
def test_the_error_for_an_answer_of_another_program_says_what_it_is(answer: Answer, reason: str) -> None:
    with serving(answer) as (source, _), pytest.raises(BadAnswerError, match=reason):
        source.jobs()


@pytest.mark.parametrize(
    "answer",
    [
        Answer([]),
        Answer([head(Content_Length="100"), b"{"]),
        Answer([head(Transfer_Encoding="chunked"), *chunked(b'{"jobs": [', whole=False)]),
        Answer([head(Content_Length="100"), b"{"], reset=True),
    ],
)
def test_an_answer_that_breaks_off_means_that_the_studio_is_unavailable(answer: Answer) -> None:
    with serving(answer) as (source, server), pytest.raises(SourceUnavailableError) as raised:
        source.jobs()

    assert str(raised.value) == f"The Studio at 127.0.0.1:{server.port} closed the connection too early."


def test_a_port_that_nobody_listens_on_is_reported_as_refused() -> None:
    with serving(json_answer({})) as (source, server):
        server.refuse()
        with pytest.raises(SourceUnavailableError) as raised:
            source.jobs()

    assert str(raised.value) == f"The Studio at 127.0.0.1:{server.port} refused the connection."


def test_a_host_name_that_does_not_resolve_is_reported_as_that() -> None:
    source = StudioSource("http://nowhere.invalid:4000", Secret(TOKEN))

    with pytest.raises(SourceUnavailableError, match="could not be resolved"):
        source.jobs()


def test_a_server_that_does_not_answer_times_out() -> None:
    hold = threading.Event()
    with ScriptedServer(lambda _: Answer([], hold=hold)) as server:
        source = StudioSource(server.url, Secret(TOKEN), EMBEDDED, ReadTimeouts(default_s=0.1))
        with pytest.raises(SourceUnavailableError, match="did not answer in time"):
            source.jobs()


def test_a_stream_that_sends_nothing_more_times_out() -> None:
    hold = threading.Event()
    with ScriptedServer(lambda _: sse_answer(b": hi\n\n", whole=False, hold=hold)) as server:
        source = StudioSource(server.url, Secret(TOKEN), EMBEDDED, ReadTimeouts(stream_s=2.0))
        with (
            source.events("job_1") as stream,
            pytest.raises(SourceUnavailableError, match="did not answer in time"),
        ):
            list(stream)


def test_a_silence_that_is_watched_is_no_error_and_the_stream_goes_on() -> None:
    silences: list[int] = []
    go_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
        yield from chunked(sse("training.log", {"step": 1}, 1), whole=False)
        go_on.wait(60)
        yield from chunked(sse("training.log", {"step": 2}, 2))

    def count() -> None:
        silences.append(len(silences))
        if len(silences) == 3:
            go_on.set()

    with ScriptedServer(lambda _: Answer(pieces())) as server:
        source = StudioSource(server.url, Secret(TOKEN), EMBEDDED, ReadTimeouts(stream_s=2.0))
        with source.events("job_1") as stream:
            stream.watch_silence(count)
            assert [frame.id for frame in stream] == ["1", "2"]
    assert len(silences) >= 3


def test_a_compressed_answer_is_decompressed() -> None:
    body = gzip.compress(b'{"jobs": []}')

    with serving(json_answer(body, Content_Encoding="gzip")) as (source, _):
        assert source.jobs().jobs == ()


def test_no_proxy_is_used_for_the_dashboards_own_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:1")

    with serving(json_answer({"jobs": []})) as (source, _):
        assert source.jobs().jobs == ()


def test_no_password_from_a_netrc_file_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.1 login user password pass")
    monkeypatch.setenv("NETRC", str(netrc))

    with ScriptedServer(lambda _: json_answer({"jobs": []})) as server:
        # 127.1 is loopback, but not recognised as such, so it is treated like any other host.
        StudioSource(f"http://127.1:{server.port}", Secret(TOKEN)).jobs()

    assert "authorization" not in server.requests[0].headers


def test_a_new_token_in_the_file_takes_effect(tmp_path: Path) -> None:
    path = tmp_path / "studio-token"
    with serving(json_answer({"jobs": []}), token=token_file(path)) as (source, server):
        with pytest.raises(UnauthorizedError, match="needs a token, and there is none"):
            source.jobs()
        for token in ("first", "second"):
            path.write_text(f"{token}\n")
            source.jobs()

    lists = [request for request in server.requests if request.target == "/api/jobs"]
    assert [request.headers["x-arkor-studio-token"] for request in lists] == ["first", "second"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a\nb"])
def test_a_file_without_a_usable_token_gives_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "studio-token"
    path.write_bytes(content)

    assert token_file(path)() is None


def test_one_job_is_requested_by_its_own_route() -> None:
    with serving(json_answer({"job": JOB, "artifacts": []})) as (source, server):
        assert source.job("job_1").name == "one"

    assert server.requests[0].target == "/api/jobs/job_1"


def test_without_a_route_for_one_job_the_list_is_searched() -> None:
    with serving(json_answer({"jobs": [JOB]}), kind=ARKOR_DEV) as (source, server):
        assert source.job("job_1").name == "one"
        with pytest.raises(JobNotFoundError):
            source.job("job_2")

    assert {request.target for request in server.requests if request.method == "GET"} == {
        "/api/jobs",
        "/api/credentials",
    }


def test_a_404_for_a_job_means_that_there_is_no_such_job() -> None:
    with serving(json_answer({"error": "nope"}, "404 Not Found")) as (source, _):
        with pytest.raises(JobNotFoundError, match="There is no job 'job_9'"):
            source.job("job_9")
        with pytest.raises(JobNotFoundError), source.events("job_9"):
            pass


@pytest.mark.parametrize(
    ("job_id", "segment"),
    [
        ("../..", "..%2F.."),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("é", "%C3%A9"),
        ("%2e%2e", "%252e%252e"),
        ("a b", "a%20b"),
    ],
)
def test_an_id_is_one_encoded_segment_of_the_path(job_id: str, segment: str) -> None:
    with serving(json_answer({"job": {**JOB, "id": job_id}})) as (source, server):
        source.job(job_id)

    assert server.requests[0].target == f"/api/jobs/{segment}"


@pytest.mark.parametrize("job_id", ["", ".", "..", "x" * 513, "x" * 10_000, "\ud800"])
def test_an_id_that_no_job_can_have_is_not_sent(job_id: str) -> None:
    with serving(json_answer({})) as (source, server):
        for method in (source.job, source.events, source.runner.output):
            with pytest.raises(JobNotFoundError):
                method(job_id)

    assert server.requests == []


def test_a_manifest_names_the_trainer_or_none() -> None:
    answers = [json_answer({"trainer": {"name": "peer"}}), json_answer({"trainer": None})]
    with serving(*answers) as (source, _):
        assert [source.runner.manifest().trainer, source.runner.manifest().trainer] == ["peer", None]


@pytest.mark.parametrize(("config", "expected"), [({"maxSteps": 3}, {"maxSteps": 3}), ("x", {}), (None, {})])
def test_a_manifest_may_have_the_trainers_config(config: object, expected: object) -> None:
    with serving(json_answer({"trainer": {"name": "one", "config": config}})) as (source, _):
        assert source.runner.manifest().config == expected


@pytest.mark.parametrize("payload", [{"trainer": {}}, {"trainer": "x"}, {"trainer": {"name": 1}}, []])
def test_a_manifest_of_an_unexpected_form_is_a_bad_answer(payload: object) -> None:
    with serving(json_answer(payload)) as (source, _), pytest.raises(BadAnswerError):
        source.runner.manifest()


def test_the_error_of_a_failed_build_has_the_builds_own_text() -> None:
    error = 'Build failed with 1 error:\nsrc/arkor/index.ts:1:10: ERROR: Unexpected ";"'
    with (
        serving(json_answer({"error": error}, "400 Bad Request")) as (source, _),
        pytest.raises(RefusedError) as raised,
    ):
        source.runner.manifest()

    assert str(raised.value) == error


def test_a_stream_resumes_from_the_id_it_is_given() -> None:
    with (
        serving(sse_answer(b"retry: 100\n\n", sse("end", {}, 13))) as (source, server),
        source.events("job_1", "12") as stream,
    ):
        frames = list(stream)

    assert server.requests[0].headers["last-event-id"] == "12"
    assert server.requests[0].target == "/api/jobs/job_1/events"
    assert [(frame.id, frame.name) for frame in frames] == [(None, ""), ("13", "end")]
    assert stream.retry_ms == 100


@pytest.mark.parametrize("last_event_id", [" 12", "12 ", "", None])
def test_an_event_id_that_a_header_would_change_is_not_sent(last_event_id: str | None) -> None:
    with serving(sse_answer()) as (source, server), source.events("job_1", last_event_id) as stream:
        list(stream)

    assert "last-event-id" not in server.requests[0].headers


def test_an_event_id_beyond_latin_1_is_sent_as_utf_8() -> None:
    with serving(sse_answer()) as (source, server), source.events("job_1", "漢") as stream:
        list(stream)

    assert server.requests[0].headers["last-event-id"].encode("latin-1") == "漢".encode()


@pytest.mark.parametrize("unchunked", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_an_event_arrives_while_the_stream_stays_open(unchunked: bool, packed: bool) -> None:
    event = sse("training.log", {"step": 1}, 1)
    headers = {"Content_Type": "text/event-stream"}
    if packed:
        headers["Content_Encoding"] = "gzip"
        event = gzip.compress(event)
    body = [event] if unchunked else chunked(event, whole=False)
    start = head(**headers) if unchunked else head(**headers, Transfer_Encoding="chunked")
    hold = threading.Event()

    with serving(Answer([start, *body], hold=hold)) as (source, _), source.events("job_1") as stream:
        assert next(iter(stream)).id == "1"


@pytest.mark.parametrize("reset", [False, True])
def test_a_broken_stream_raises_and_a_complete_one_ends(reset: bool) -> None:
    event = sse("training.log", {"step": 1}, 1)
    with serving(sse_answer(event, event[:9], whole=False, reset=reset)) as (source, _):
        received: list[str | None] = []
        with source.events("job_1") as stream, pytest.raises(SourceUnavailableError, match="too early"):
            received.extend(frame.id for frame in stream)
        # A reset can discard data that was sent before it.
        assert received in ([["1"], []] if reset else [["1"]])
    with serving(sse_answer(event)) as (source, _), source.events("job_1") as stream:
        assert [frame.id for frame in stream] == ["1"]


def test_a_stream_that_is_a_web_page_is_refused() -> None:
    page = Answer([head(Content_Type="text/html", Content_Length="2"), b"hi"])
    with (
        serving(page) as (source, _),
        pytest.raises(BadAnswerError, match="text/html"),
        source.events("job_1"),
    ):
        pass


@pytest.mark.parametrize("has_headers", [False, True])
def test_close_from_another_thread_releases_a_blocked_reader(has_headers: bool) -> None:
    hold = threading.Event()
    answer = sse_answer(b": hi\n\n", whole=False, hold=hold) if has_headers else Answer([], hold=hold)
    with serving(answer) as (source, server):
        stream = source.events("job_1")
        outcome: list[SourceError] = []

        def read() -> None:
            try:
                with stream:
                    for _ in stream:
                        pass
            except SourceError as error:
                outcome.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        wait_until(lambda: server.requests)
        stream.close()
        reader.join(20)

        assert not reader.is_alive()
        assert isinstance(outcome[0], SourceUnavailableError)
        wait_until(lambda: server.open_connections == 0)


def test_a_stream_that_was_closed_before_it_is_entered_is_not_read() -> None:
    with serving(Answer([], hold=threading.Event())) as (source, _):
        stream = source.events("job_1")
        stream.close()
        with pytest.raises(SourceUnavailableError), stream:
            pass


def test_starting_a_run_gives_its_job_id_and_output() -> None:
    start = head(Content_Type="text/plain", Transfer_Encoding="chunked", X_Arkor_Job="job_7")
    with (
        serving(Answer([start, *chunked(b"step=1\n", b"\n---\nexit=0\n")])) as (source, server),
        source.runner.start_run() as output,
    ):
        assert output.job_id == "job_7"
        assert b"".join(output) == b"step=1\n\n---\nexit=0\n"

    assert (server.requests[0].method, server.requests[0].target, server.requests[0].body) == (
        "POST",
        "/api/train",
        b"{}",
    )


def test_a_second_run_is_refused_with_the_id_of_the_current_one() -> None:
    with (
        serving(json_answer({"error": "A run is on.", "jobId": "job_7"}, "409 Conflict")) as (source, _),
        pytest.raises(RunInProgressError, match=r"A run is on\.") as raised,
        source.runner.start_run(),
    ):
        pass

    assert raised.value.job_id == "job_7"


def test_output_can_be_requested_from_a_byte_offset() -> None:
    start = head(Content_Type="text/plain", Transfer_Encoding="chunked")
    with (
        serving(Answer([start, *chunked(b"rest")])) as (source, server),
        source.runner.output("job_7", 12) as output,
    ):
        assert list(output) == [b"rest"]

    assert server.requests[0].target == "/api/jobs/job_7/output?offset=12"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (None, None),
        ({"jobId": "a", "running": True, "exitCode": None}, RunInfo("a", True, None)),
        ({"jobId": "a", "running": False, "exitCode": 137}, RunInfo("a", False, 137)),
    ],
)
def test_the_current_run_is_parsed(run: object, expected: RunInfo | None) -> None:
    with serving(json_answer({"run": run})) as (source, _):
        assert source.runner.current_run() == expected


def test_the_current_run_is_not_requested_from_arkor_dev() -> None:
    with serving(json_answer({}), kind=ARKOR_DEV) as (source, server):
        assert source.runner.current_run() is None

    assert server.requests == []


def cancel_requests(server: ScriptedServer) -> list[str]:
    return [request.target for request in server.requests if request.target.endswith("/cancel")]


def test_an_arkor_dev_with_a_cancel_route_cancels_jobs_and_runs_none_again() -> None:
    api = ArkorDevLocal(jobs=[job("job_1", "running")])
    with api.serve() as server:
        source = StudioSource(server.url, Secret(TOKEN))
        assert source.control is None
        source.jobs()
        control = source.control
        assert control is not None
        assert not control.can_rerun
        control.cancel("job_1")
        assert source.job("job_1").status == "cancelled"
        with pytest.raises(JobNotFoundError):
            control.cancel("job_9")


def test_the_cancel_route_is_asked_for_once_with_an_id_that_no_job_has() -> None:
    api = ArkorDev(jobs=[job("job_1", "running")])
    with api.serve() as server:
        source = StudioSource(server.url, Secret(TOKEN))
        for _ in range(5):
            source.jobs()
        assert source.control is None
        (asked,) = cancel_requests(server)
        assert "job_1" not in asked


def test_our_studio_is_not_asked_whether_it_can_cancel() -> None:
    with OurStudio().serve() as server:
        source = StudioSource(server.url, Secret(TOKEN))
        source.jobs()
        assert source.control is not None
        assert cancel_requests(server) == []


@pytest.mark.parametrize("status", ["500 Internal Server Error", "429 Too Many Requests", "403 Forbidden"])
def test_a_studio_that_could_not_say_whether_it_can_cancel_does_not_offer_it(status: str) -> None:
    class Busy(ArkorDev):
        def other(self, _seen: Request) -> Answer:
            return json_answer({"error": "?"}, status)

    with Busy().serve() as server:
        source = StudioSource(server.url, Secret(TOKEN), ARKOR_DEV)
        source.jobs()
        assert source.control is None
