"""Which requests are admitted, and how invalid requests are answered."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.studio.process import PATIENT, TOKEN, StudioProcess
from tests.waiting import wait_until

NO_TOKEN = (403, {"error": "Missing or invalid studio token"})
NOT_LOOPBACK = (403, {"error": "Studio API is loopback-only"})
NOT_FOUND = (404, {"error": "There is no such job."})
PRINTS_TOKEN = """
import signal
send((1, "training.started", {}))
print(os.environ["ARKOR_RUN_TOKEN"], flush=True)
signal.pause()
"""
GET_ROUTES = [
    "/api/credentials",
    "/api/manifest",
    "/api/train",
    "/api/jobs",
    "/api/jobs/x",
    "/api/jobs/x/events",
    "/api/jobs/x/events.jsonl",
    "/api/jobs/x/stretches",
    "/api/jobs/x/output",
    "/api/metrics",
    "/api/metrics/summaries",
    "/api/unknown",
    "/",
]


class WithRun(StudioProcess):
    """A Studio with a run that has sent one event, and the token of that run."""

    def __init__(self, project: Path) -> None:
        super().__init__(project, trainer=PRINTS_TOKEN, env=PATIENT)
        self.job_id = self.start()
        log = self.state / "runs" / self.job_id / "output.log"
        wait_until(lambda: log.read_text().endswith("\n"))
        self.run_headers = {"X-Arkor-Studio-Token": log.read_text().strip()}

    def send(self, body: bytes, **headers: str) -> tuple[int, Any]:
        answer = self.request(
            "POST",
            f"/api/jobs/{self.job_id}/events",
            data=body,
            headers={**self.run_headers, **headers},
        )
        return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithRun]:
    running = WithRun(tmp_path_factory.mktemp("project"))
    yield running
    running.close()


@pytest.fixture(autouse=True)
def check_health(studio: WithRun) -> Iterator[None]:
    """The Studio still answers after each test."""
    yield
    assert studio.get("/api/train").json()["run"]["running"]


def send(studio: StudioProcess, path: str, method: str = "GET", **options: Any) -> tuple[int, Any]:
    answer = studio.request(method, path, **options)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", GET_ROUTES)
@pytest.mark.parametrize("token", ["", "wrong", TOKEN + " x", TOKEN[:-1], "\xff"])
def test_requests_without_the_token_are_refused(studio: WithRun, path: str, token: str) -> None:
    headers = {"X-Arkor-Studio-Token": token.encode("latin-1")}
    assert send(studio, path, headers=headers) == NO_TOKEN


@pytest.mark.parametrize("path", GET_ROUTES)
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost:1@evil", "0.0.0.0", ""]
)
def test_requests_with_another_host_header_are_refused(studio: WithRun, path: str, host: str) -> None:
    assert send(studio, path, headers={"Host": host}) == NOT_LOOPBACK


@pytest.mark.parametrize("host", ["localhost", "localhost:3000", "127.0.0.1", "127.0.0.1:1", "LOCALHOST"])
def test_a_loopback_host_header_may_name_any_port(studio: WithRun, host: str) -> None:
    assert studio.get("/api/jobs", headers={"Host": host}).status_code == 200


def test_only_a_jobs_stream_takes_the_token_from_its_url(studio: WithRun) -> None:
    query = {"studioToken": TOKEN}
    nothing = {"X-Arkor-Studio-Token": None}
    with studio.get(
        f"/api/jobs/{studio.job_id}/events", params=query, headers=nothing, stream=True
    ) as answer:
        assert answer.status_code == 200
    for path in (
        "/api/jobs",
        f"/api/jobs/{studio.job_id}",
        f"/api/jobs/{studio.job_id}/output",
        "/api/train",
    ):
        assert send(studio, path, params=query, headers=nothing) == NO_TOKEN
    wrong = {"studioToken": "wrong"}
    assert send(studio, f"/api/jobs/{studio.job_id}/events", params=wrong, headers=nothing) == NO_TOKEN


def test_a_runs_token_opens_only_its_own_routes(studio: WithRun) -> None:
    job = f"/api/jobs/{studio.job_id}"
    described = studio.request("PUT", job, json={"name": "n", "config": {}}, headers=studio.run_headers)
    assert described.json()["job"]["name"] == "n"
    assert studio.send(b'{"events": []}') == (200, {"acknowledged": 1})
    for path in (*GET_ROUTES, job, f"{job}/events", f"{job}/output"):
        assert send(studio, path, headers=studio.run_headers) == NO_TOKEN
    assert send(studio, "/api/train", "POST", headers=studio.run_headers) == NO_TOKEN
    assert send(studio, "/api/jobs/another", "PUT", json={}, headers=studio.run_headers) == NO_TOKEN


def test_the_studios_token_can_not_report_events(studio: WithRun) -> None:
    assert send(studio, f"/api/jobs/{studio.job_id}/events", "POST", json={"events": []}) == NO_TOKEN
    assert send(studio, f"/api/jobs/{studio.job_id}", "PUT", json={"name": "n"}) == NO_TOKEN


def test_no_answer_has_cors_headers(studio: WithRun) -> None:
    answer = studio.get("/api/jobs", headers={"Origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert send(studio, "/api/train", "OPTIONS", headers=preflight)[0] == 405


def test_the_studio_listens_on_loopback_only(studio: WithRun) -> None:
    port = int(studio.url.rpartition(":")[2])
    # All of 127/8 is loopback. The socket is bound to its first address only.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.parametrize(
    "path", ["/api/unknown", "/api/", "/api/jobs/", "/api/jobs/x/y", "/api/jobs/..%2f..%2fetc", "/", "//"]
)
def test_unknown_paths_are_not_found(studio: WithRun, path: str) -> None:
    assert send(studio, path) == (404, {"error": "Not Found"})


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "PATCH", "PUT", "BREW"])
@pytest.mark.parametrize("path", ["/api/jobs", "/api/train"])
def test_a_method_that_a_route_lacks_is_refused(studio: WithRun, method: str, path: str) -> None:
    assert studio.request(method, path).status_code == 405


@pytest.mark.parametrize(
    "job_id",
    ["x", "..", "%00", "a%0ab", "%ff%fe", "a" * 10_000, "..%5c..", "%2e%2e", "job_%0a", "名", "' or 1=1 --"],
)
@pytest.mark.parametrize("rest", ["", "/events", "/output"])
def test_an_id_that_no_job_has_is_not_found(studio: WithRun, job_id: str, rest: str) -> None:
    with socket.create_connection(("127.0.0.1", int(studio.url.rpartition(":")[2])), timeout=20) as wire:
        path = f"/api/jobs/{quote(job_id, safe='%')}{rest}"
        wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"X-Arkor-Studio-Token: {TOKEN}\r\n\r\n".encode()
        )
        body = b"".join(iter(lambda: wire.recv(65_536), b""))
    assert body.startswith(b"HTTP/1.1 404 ")
    assert json.loads(body.rpartition(b"\r\n\r\n")[2]) == NOT_FOUND[1]


@pytest.mark.parametrize(
    "offset", ["-1", "x", "", "1.5", "0x10", "9" * 30, "\x00", "\ud800".encode("utf-8", "surrogatepass")]
)
def test_an_offset_that_is_not_a_number_is_refused(studio: WithRun, offset: str | bytes) -> None:
    status, body = send(studio, f"/api/jobs/{studio.job_id}/output", params={"offset": offset})
    assert (status, body) == (400, {"error": "offset should be a whole number of bytes, 0 or more"})


@pytest.mark.parametrize("last", ["-1", "x", "1.5", "9" * 30, "\xff", "1,2"])
def test_an_invalid_last_event_id_means_the_start(studio: WithRun, last: str) -> None:
    headers = {"Last-Event-ID": last.encode("latin-1")}
    with studio.get(f"/api/jobs/{studio.job_id}/events", headers=headers, stream=True) as answer:
        assert answer.raw.read1(100).startswith(b"id: 1\n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"{",
        b'"\xff"',
        b"null",
        b"[" * 50_000,
        b'{"events": ' + b"[" * 50_000,
        b'{"events": [{"seq": 1e400, "event": "x", "data": {}}]}',
        b'{"events": [{"seq": 1' + b"0" * 9_999 + b', "event": "x", "data": {}}]}',
        b'{"events": [{"seq": 2, "event": "\\u0000", "data": {}}]}',
        b'{"events": [{"seq": 2, "event": "\\ud800", "data": {}}]}',
        b'{"events": [{"seq": 2, "event": "end", "data": {}}]}',
        b'{"events": [{"seq": 2, "event": "x", "data": 1}]}',
    ],
)
def test_a_batch_of_another_form_is_refused(studio: WithRun, body: bytes) -> None:
    status, answer = studio.send(body)
    assert status == 400
    assert list(answer) == ["error"]


def test_unusual_but_valid_events_are_stored_unchanged(project: Path) -> None:
    odd = WithRun(project)
    data = (
        b'{"step": 1e400, "loss": "x", "big": 1' + b"0" * 400 + b', "timestamp": "\\u0000", '
        b'"nul": "\\u0000", "surrogate": "\\ud800", "line": "a\\nb\\u2028c", "error": [NaN], "artifacts": 7}'
    )
    names = ("training.started", "checkpoint.saved", "unheard.of", "training.failed")
    events = b", ".join(
        b'{"seq": %d, "event": "%s", "data": %s}' % (seq, name.encode(), data)
        for seq, name in enumerate(names, start=2)
    )
    try:
        assert odd.send(b'{"events": [' + events + b"]}") == (200, {"acknowledged": 5})
        frames = list(odd.events(odd.job_id))
        assert [frame[1] for frame in frames[1:]] == [*names, "end"]
        assert json.dumps(frames[1][2]) == json.dumps(json.loads(data))
        assert odd.job(odd.job_id)["status"] == "failed"
        assert odd.send(b'{"events": [{"seq": 6, "event": "x", "data": {}}]}')[0] == 410
        assert (
            send(odd, f"/api/jobs/{odd.job_id}", "PUT", json={"name": "n"}, headers=odd.run_headers)[0] == 410
        )
    finally:
        odd.close()


def test_the_answer_to_a_gap_names_the_last_stored_event(studio: WithRun) -> None:
    status, answer = studio.send(b'{"events": [{"seq": 5, "event": "x", "data": {}}]}')
    assert (status, answer["acknowledged"]) == (409, 1)
    assert "Expected event 2" in answer["error"]


def test_a_body_that_is_too_large_is_read_to_its_end_and_refused(studio: WithRun) -> None:
    size = 60 * 1024 * 1024
    with socket.create_connection(("127.0.0.1", int(studio.url.rpartition(":")[2])), timeout=20) as wire:
        wire.sendall(
            f"POST /api/jobs/{studio.job_id}/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"X-Arkor-Studio-Token: {studio.run_headers['X-Arkor-Studio-Token']}\r\n"
            f"Content-Length: {size}\r\n\r\n".encode()
        )
        # If the server answered and closed the connection too early, this would fail and the answer would be lost.
        wire.sendall(b" " * size)
        body = b"".join(iter(lambda: wire.recv(65_536), b""))
    assert body.startswith(b"HTTP/1.1 413 ")
    assert body.endswith(b'{"error":"The body has more than 33554432 bytes."}')


def test_a_body_one_byte_too_large_is_refused(studio: WithRun) -> None:
    assert studio.send(b" " * (32 * 1024 * 1024 + 1))[0] == 413
    assert studio.send(b'{"events": []' + b" " * (32 * 1024 * 1024 - 14) + b"}")[0] == 200


def test_a_large_event_is_refused(studio: WithRun) -> None:
    large = json.dumps({"events": [{"seq": 2, "event": "x", "data": {"x": "y" * 8 * 1024 * 1024}}]})
    assert studio.send(large.encode())[0] == 413


def test_a_job_can_have_any_name_and_any_config(studio: WithRun) -> None:
    config = b'{"a": "\\u0000\\ud800", "b": NaN, "c": 1' + b"0" * 400 + b', "d": "\xe5\x90\x8d"}'
    body = b'{"name": "<script>\\u0000\\ud800 \xe5\x90\x8d", "config": ' + config + b"}"
    answer = studio.request("PUT", f"/api/jobs/{studio.job_id}", data=body, headers=studio.run_headers)
    assert answer.status_code == 200
    for job in (answer.json()["job"], studio.get("/api/jobs").json()["jobs"][0]):
        assert job["name"] == "<script>\ufffd\ufffd 名"
        assert json.dumps(job["config"]) == json.dumps(json.loads(config))


def test_a_client_that_disconnects_during_its_request_logs_no_failure(project: Path) -> None:
    leaving = WithRun(project)
    try:
        with socket.create_connection(("127.0.0.1", int(leaving.url.rpartition(":")[2]))) as wire:
            wire.sendall(
                f"POST /api/jobs/{leaving.job_id}/events HTTP/1.1\r\nHost: localhost\r\n"
                f"X-Arkor-Studio-Token: {leaving.run_headers['X-Arkor-Studio-Token']}\r\n"
                "Content-Length: 1000\r\n\r\n{".encode()
            )
        assert leaving.send(b'{"events": []}') == (200, {"acknowledged": 1})
        assert leaving.stop() == 0
        assert leaving.process.stderr.read() == ""
    finally:
        leaving.close()


def test_a_token_in_a_url_is_never_logged(project: Path) -> None:
    quiet = WithRun(project)
    try:
        nothing = {"X-Arkor-Studio-Token": None}
        path = f"/api/jobs/{quiet.job_id}/events"
        quiet.get(path, params={"studioToken": TOKEN}, headers=nothing, stream=True).close()
        quiet.get(path, params={"studioToken": TOKEN + "x"}, headers=nothing).close()
        quiet.stop()
        assert (quiet.process.stdout.read(), quiet.process.stderr.read()) == ("", "")
        assert not [
            file for file in quiet.state.rglob("*") if file.is_file() and TOKEN.encode() in file.read_bytes()
        ]
    finally:
        quiet.close()


def test_the_credentials_say_that_the_studio_is_local(studio: WithRun) -> None:
    assert send(studio, "/api/credentials") == (
        200,
        {
            "token": None,
            "mode": "local",
            "baseUrl": studio.url,
            "orgSlug": None,
            "projectSlug": studio.project.name,
        },
    )
