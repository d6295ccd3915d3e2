"""Fuzz tests of the whole API: it may refuse a request, but it never fails."""

from __future__ import annotations

import json
import socket
import string
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import h11
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from arkor_dash.protocol.discovery import running_studios
from tests.studio.process import TOKEN, StudioProcess
from tests.waiting import wait_until

HEADER = "X-Arkor-Studio-Token"
PRINTS_TOKEN = """
import signal
send((1, "training.started", {}))
if not os.path.exists("ended"):
    open("ended", "w").close()
    kept = os.environ["ARKOR_RUN_DIR"] + "/artifacts/"
    os.mkdir(kept + "folder")
    for name in ("kept", "folder/inner"):
        open(kept + name, "w").write("{}")
    names = ["kept", "folder", "..", "../output.log", "/etc/hostname", "", ".", "a" * 300]
    send((2, "training.completed", {"artifacts": [{"name": name} for name in names]}))
    sys.exit()
print(os.environ["ARKOR_RUN_TOKEN"], flush=True)
signal.pause()
"""
REFUSED = [{"error": "Missing or invalid studio token"}, {"error": "Studio API is loopback-only"}]
JOB, ENDED, SCRIPT = "JOB", "ENDED", "SCRIPT"
"""Placeholders in a path for the ids of a running job, of one that has ended, and of a script's job."""
ENDS = (b"event: end\ndata: {}\n\n", b"\n---\nexit=0\n")
ROUTES = [
    *("/", "/api", "/api/", "/api/credentials", "/api/manifest", "/api/train", "/api/jobs", "/api/jobs/"),
    *(f"/api/jobs/{ENDED}", f"/api/jobs/{ENDED}/events", f"/api/jobs/{ENDED}/output"),
    *(f"/api/jobs/{JOB}", f"/api/jobs/{JOB}/events", f"/api/jobs/{JOB}/output", f"/api/jobs/{JOB}/"),
    *(f"/api/jobs/{ENDED}/cancel", "/api/jobs/x/cancel", "/api/jobs/x/artifacts/x"),
    *(f"/api/jobs/{ENDED}/artifacts/kept", f"/api/jobs/{ENDED}/artifacts/folder"),
    *("/api/jobs/x", "/api/jobs/x/events", "/api/jobs/x/output", "/static/x", "*"),
    *(f"/api/jobs/{SCRIPT}", f"/api/jobs/{SCRIPT}/events", f"/api/jobs/{SCRIPT}/heartbeat"),
    *(f"/api/jobs/{SCRIPT}/cancel", f"/api/jobs/{SCRIPT}/output", f"/api/jobs/{JOB}/heartbeat"),
    "http://127.0.0.1/api/jobs",
]
QUIRKS = [
    *("%00", "%2e%2e", "..", ".", "/", "//", "%2F", "%", "%zz", "%ff", "%C0%AF", "%ED%A0%80", "%25"),
    *("?", "#", ";", "\\", "&", "=", "a" * 9_000, "%00" * 3_000),
]
METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "CONNECT", "get"]
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
HEADER_NAMES = [
    *("Last-Event-ID", "Accept", "Accept-Encoding", "Content-Type", "Content-Encoding", "Cookie", "Expect"),
    *("Connection", "Upgrade", "Range", "If-None-Match", "Origin", "Referer", "Authorization", "Forwarded"),
    *("X-Forwarded-For", "X-Forwarded-Host", "X-HTTP-Method-Override", "X-Arkor-Job"),
]

Headers = list[tuple[str, bytes]]


class FuzzedStudio(StudioProcess):
    """A Studio with a job that has ended and a running one, the token of its run, and the Studio's log."""

    def __init__(self, project: Path) -> None:
        super().__init__(project, trainer=PRINTS_TOKEN)
        self.logged: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self.ended, _ = self.train()
        self.job_id = self.start()
        log = self.state / "runs" / self.job_id / "output.log"
        wait_until(lambda: log.read_text().endswith("\n"))
        self.run_token = log.read_text().strip().encode()
        self.host = urlsplit(self.url).netloc.encode()
        opened = self.request("POST", "/api/jobs", json={"name": "script", "config": {}}).json()
        self.script = opened["job"]["id"]
        self.tokens = {
            "none": b"",
            "studio": TOKEN.encode(),
            "run": self.run_token,
            "script": opened["token"].encode(),
            "opener": next(each.token.encode() for each in running_studios() if each.url == self.url),
        }

    def _listen(self) -> None:
        self.logged.extend(self.process.stderr)

    def send(self, method: str, target: str, headers: Headers, body: bytes = b"") -> tuple[int, bytes | None]:
        """The status and the body. The body of an endless stream is None. `headers` may contain another Host."""
        for placeholder, job_id in ((JOB, self.job_id), (ENDED, self.ended), (SCRIPT, self.script)):
            target = target.replace(placeholder, job_id)
        names = [name.lower() for name, _ in headers]
        headers = headers if "host" in names else [("Host", self.host), *headers]
        if "transfer-encoding" not in names:
            headers = [*headers, ("Content-Length", b"%d" % len(body))]
        client = h11.Connection(h11.CLIENT)
        try:
            request = h11.Request(method=method, target=target, headers=headers)
            wire = client.send(request) + client.send(h11.Data(body)) + client.send(h11.EndOfMessage())
        except h11.LocalProtocolError:
            reject()  # not valid HTTP, so it does not test the API
        with socket.create_connection(self.host.decode().split(":"), timeout=30) as connection:
            connection.sendall(wire)
            is_endless = self.job_id in target or self.script in target
            return _answer(client, connection, is_endless=is_endless)


def _answer(
    client: h11.Connection, connection: socket.socket, *, is_endless: bool
) -> tuple[int, bytes | None]:
    status, body = 0, b""
    while True:
        match client.next_event():
            case h11.NEED_DATA:
                client.receive_data(connection.recv(65_536))
            case h11.Response(status_code=status, headers=headers):
                if is_endless and status == 200 and dict(headers)[b"content-type"].startswith(b"text/"):
                    return status, None
            case h11.Data(data=data):
                body += data
            case h11.EndOfMessage():
                return status, body


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzedStudio]:
    """One Studio for all tests. It still answers after each test, and its log has no failure at the end."""
    running = FuzzedStudio(tmp_path_factory.mktemp("project"))
    yield running
    running.close()
    assert "Traceback" not in "".join(running.logged)


@pytest.fixture(autouse=True)
def check_health(studio: FuzzedStudio) -> Iterator[None]:
    yield
    assert studio.get("/api/train").json() == {
        "run": {"jobId": studio.job_id, "running": True, "exitCode": None}
    }
    listed = [job["id"] for job in studio.get("/api/jobs").json()["jobs"]]
    # A request with the Studio's token may have opened jobs, as a script does.
    assert [job_id for job_id in listed if job_id in (studio.job_id, studio.ended)] == [
        studio.job_id,
        studio.ended,
    ]


texts = st.text(max_size=20)
numbers = st.integers() | st.sampled_from([0, -1, 2**31, 2**63 - 1, 2**63, 10**400]) | st.floats()
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def mutated_path(draw: st.DrawFn) -> str:
    """A path with one or two unusual parts in it."""
    target = draw(st.sampled_from(ROUTES))
    for quirk in draw(st.lists(st.sampled_from(QUIRKS), min_size=1, max_size=2)):
        at = draw(st.integers(0, len(target)))
        target = target[:at] + quirk + target[at:]
    return target


odd_ids = st.lists(st.sampled_from([*QUIRKS, JOB, "x"]), min_size=1, max_size=4).map("".join)
paths = (
    st.sampled_from(ROUTES)
    | mutated_path()
    | st.builds("/api/jobs/{}{}".format, odd_ids, st.sampled_from(["", "/events", "/output"]))
    | st.text(VISIBLE, max_size=40).map("/".__add__)
    | st.text(max_size=20).map(lambda text: f"/api/jobs/{quote(text.encode('utf-8', 'replace'), safe='')}")
)
fields = st.tuples(
    st.sampled_from(["offset", "studioToken", "limit"]),
    st.sampled_from(["0", "-1", "1e3", "9" * 18, "9" * 19, "9" * 5_000, "", "%00", "٣"])
    | st.binary(max_size=12).map(quote),
)
queries = st.just("") | st.lists(fields, max_size=3).map(
    lambda pairs: "?" + "&".join(f"{name}={quote(value, safe='%')}" for name, value in pairs)
)
targets = st.builds(str.__add__, paths, queries)
methods = st.just("GET") | st.sampled_from(METHODS) | st.text(string.ascii_uppercase, min_size=1, max_size=12)
header_values = st.sampled_from([b"100-continue", b"websocket", b"upgrade", b"close", b"1", b"9" * 400]) | (
    st.binary(max_size=40)
)
header_lists = st.lists(
    st.tuples(
        st.sampled_from(HEADER_NAMES) | st.text(string.ascii_letters + "-_", min_size=1, max_size=20),
        header_values,
    ),
    max_size=4,
)
framings = st.sampled_from([[], [], [("Transfer-Encoding", b"chunked")]])


def to_json(value: object) -> bytes:
    """JSON as Python writes it: with NaN, escaped lone surrogates and integers of any length."""
    return json.dumps(value).encode()


events = st.fixed_dictionaries(
    {
        "seq": st.integers(1, 40) | values,
        "event": st.sampled_from(["training.started", "training.log", "checkpoint.saved", "end", "x", "\n"])
        | values,
        "data": st.dictionaries(
            st.sampled_from(["type", "timestamp", "step", "loss", "evalLoss", "error", "artifacts"]) | texts,
            values
            | st.sampled_from(
                ["2026-11-23T11:37:28.453Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:60Z"]
            )
            | st.lists(
                st.fixed_dictionaries({}, optional={"kind": values, "name": values, "sizeBytes": values}),
                max_size=3,
            ),
            max_size=5,
        )
        | values,
    }
)
batches = st.fixed_dictionaries({"events": st.lists(events, max_size=4) | values})
descriptions = st.fixed_dictionaries(
    {"name": texts | values, "config": st.dictionaries(texts, values) | values}
)
bodies = (
    st.just(b"")
    | st.binary(max_size=200)
    | (values | batches | descriptions).map(to_json)
    | st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"x" * 70_000, b'{"events":' + b"9" * 5_000 + b"}"])
)


def bounded(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None)


@dataclass(frozen=True)
class FuzzedRequest:
    method: str
    target: str
    headers: Headers
    body: bytes


all_headers = st.builds(list.__add__, header_lists, framings)
requests = st.builds(FuzzedRequest, methods, targets, all_headers, bodies)
wrong_tokens = st.sampled_from([b"", TOKEN[:-1].encode(), TOKEN.encode() + b"x"]) | st.binary(max_size=40)


@bounded(400)
@given(fuzzed=requests, token=st.none() | wrong_tokens)
def test_without_the_right_token_every_answer_is_a_403(
    studio: FuzzedStudio, fuzzed: FuzzedRequest, token: bytes | None
):
    presented = [] if token is None else [(HEADER, token)]
    status, content = studio.send(fuzzed.method, fuzzed.target, [*fuzzed.headers, *presented], fuzzed.body)
    assert status == 403
    assert fuzzed.method == "HEAD" or json.loads(content) in REFUSED


@bounded(400)
@given(fuzzed=requests)
def test_no_request_with_the_token_makes_the_studio_fail(studio: FuzzedStudio, fuzzed: FuzzedRequest):
    presented = [(HEADER, TOKEN.encode())]
    status, content = studio.send(fuzzed.method, fuzzed.target, [*fuzzed.headers, *presented], fuzzed.body)
    assert status < 500
    is_archive = content and content.endswith(bytes(1024))
    assert not content or content.endswith(ENDS) or is_archive or isinstance(json.loads(content), dict)


@bounded(120)
@given(fuzzed=requests, token=st.sampled_from(["none", "studio", "run", "script", "opener"]))
def test_every_refusal_is_json_with_an_error_whoever_asks(
    studio: FuzzedStudio, fuzzed: FuzzedRequest, token: str
):
    presented = [(HEADER, studio.tokens[token])]
    status, content = studio.send(fuzzed.method, fuzzed.target, [*fuzzed.headers, *presented], fuzzed.body)
    assert status < 500
    assert studio.process.poll() is None
    if status >= 400 and fuzzed.method != "HEAD":
        assert isinstance(json.loads(content)["error"], str)


@bounded(60)
@given(
    target=targets,
    host=st.sampled_from([b"127.0.0.1.example", b"localhost@x", b"[::1]", b"127.0.0.1:80:80", b"0.0.0.0"])
    | st.binary(max_size=30),
)
def test_other_host_headers_are_refused_with_any_token(studio: FuzzedStudio, target, host):
    if host.strip().partition(b":")[0].lower() in {b"127.0.0.1", b"localhost"}:
        reject()
    status, _ = studio.send("GET", target, [("Host", host), (HEADER, TOKEN.encode())])
    assert status == 403


@bounded(200)
@given(
    method=st.sampled_from(["PUT", "POST"]),
    to=st.sampled_from(["events", "events", "heartbeat"]),
    headers=all_headers,
    body=(batches | descriptions).map(to_json) | bodies,
)
def test_no_reported_event_makes_the_studio_fail_when_it_is_stored_or_read(
    studio: FuzzedStudio, method: str, to: str, headers: Headers, body: bytes
):
    target = f"/api/jobs/{JOB}" + (f"/{to}" if method == "POST" else "")
    status, content = studio.send(method, target, [*headers, (HEADER, studio.run_token)], body)
    assert status < 500
    assert isinstance(json.loads(content), dict)
    for path in ("/api/jobs", f"/api/jobs/{studio.job_id}"):
        assert isinstance(studio.get(path).json(), dict)


@bounded(150)
@given(
    name=st.lists(
        st.sampled_from(["..", "kept", "folder", "inner", "output.log", "", ".", "~"]), max_size=5
    ).map("/".join)
    | texts,
    as_one=st.booleans(),
)
def test_only_artifacts_of_the_run_are_served_for_any_name(studio: FuzzedStudio, name: str, as_one: bool):
    quoted = quote(name.encode("utf-8", "replace"), safe="" if as_one else "/")
    target = f"/api/jobs/{ENDED}/artifacts/{quoted}"
    status, content = studio.send("GET", target, [(HEADER, TOKEN.encode())])
    if status == 200:
        assert name in {"kept", "folder"}
    else:
        assert (status, "error" in json.loads(content)) == (404, True)


@bounded(60)
@given(last_id=st.integers() | st.sampled_from(["", "1e3", "9" * 18, "9" * 30, "-0", "x\x80"]))
def test_a_stream_answers_any_last_event_id(studio: FuzzedStudio, last_id: Any):
    headers = [(HEADER, TOKEN.encode()), ("Last-Event-ID", str(last_id).encode("latin-1"))]
    status, content = studio.send("GET", f"/api/jobs/{ENDED}/events", headers)
    assert (status, content[-len(ENDS[0]) :]) == (200, ENDS[0])


@bounded(60)
@given(offset=st.integers() | st.sampled_from(["", "1e3", "9" * 18, "9" * 30, "9" * 5_000, "-0", "%00"]))
def test_the_output_of_an_ended_run_ends_from_any_offset(studio: FuzzedStudio, offset: Any):
    target = f"/api/jobs/{ENDED}/output?offset={offset}"
    status, content = studio.send("GET", target, [(HEADER, TOKEN.encode())])
    assert status == 400 or (status == 200 and content.endswith(ENDS[1]))
