"""Odd addresses, messages and requests: whatever a client sends, no page fails and no route answers 500."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from arkor_dash.live import file_stream, push
from arkor_dash.live.server.wake import POLICY_VIOLATION
from arkor_dash.protocol.fields import replace_surrogates
from tests.servers.apis import JOB_ID, TOKEN, OurStudio, job
from tests.servers.app import App, launch, stop
from tests.servers.hostile import NAMES

pytestmark = pytest.mark.timeout(600)
TIMEOUT_S = 60.0
TOO_BIG = 1009
"""A code with which a websocket is closed. Source: RFC 6455, section 7.4.1."""
moderate = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

TEXTS = st.text(max_size=40) | st.sampled_from([*map(replace_surrogates, NAMES), JOB_ID, "job_2"])
PARAMETERS = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "q",
            "status",
            "job",
            "upload",
            "recording",
            "smooth",
            "x",
            "log",
            "clip",
            "scope",
            "advanced",
            "output",
            "embed",
        ]
    )
    | st.text(min_size=1, max_size=10),
    st.lists(
        TEXTS | st.sampled_from(["Running", "All", "true", "0.5", "1e9", "nan", "-1", "Epoch", ""]),
        max_size=3,
    ),
    max_size=5,
)
SEGMENTS = st.lists(
    TEXTS.map(lambda text: quote(text[:200], safe="")) | st.sampled_from([".", "..", ""]), max_size=4
)

MESSAGES = st.text() | st.binary() | st.sampled_from([*map(replace_surrogates, NAMES[-3:])])


@dataclass(frozen=True)
class Served:
    """A dashboard of three jobs and of a folder of recordings. `log` is the file with its log."""

    app: App
    log: Path
    session: dict[str, str]

    def snapshot(self, page: str, parameters: dict[str, list[str]]) -> dict[str, object]:
        """What one viewer's tab shows after it has opened an address."""
        asked = {**self.session, "page": page, "query_params": parameters}
        for _ in range(20):
            answer = requests.post(f"{self.app.url}/_stcore/agent/interact", json=asked, timeout=TIMEOUT_S)
            payload: dict[str, object] = answer.json()
            if answer.status_code != requests.codes.accepted:
                break
            asked = {"session_id": payload["session_id"]}  # the run goes on
        assert answer.status_code == requests.codes.ok, payload
        self.session["session_id"] = str(payload["session_id"])
        return payload


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "recordings").mkdir()
    studio = OurStudio(jobs=[job(), job("job_2", "running"), job("a__b", "failed", error="no")])
    with studio.serve() as server:
        environment = {
            "ARKOR_STUDIO_URL": server.url,
            "ARKOR_STUDIO_TOKEN": TOKEN,
            "ARKOR_DASH_RECORDINGS_DIR": str(folder / "recordings"),
        }
        app = launch(folder / "app", environment, "--server.enableAgentApi=true")
        yield Served(app, folder / "app" / "app.log", {})
        stop(app)


def assert_no_failure(served: Served) -> None:
    text = served.log.read_text(errors="replace")
    assert "Traceback" not in text, text[-4_000:]


@moderate
@given(st.sampled_from(["", "jobs", "job", "compare"]), PARAMETERS)
@example("job", {"id": ["a__b", "_"], "advanced": ["true"], "x": ["Epoch"]})
@example("compare", {"job": [*map(replace_surrogates, NAMES)]})
@example("job", {"recording": ["../../etc/passwd\0"]})
@example("job", {"upload": ["x"], "recording": ["y"]})
@example("jobs", {"id": ["x"], "q": ["(" * 500], "status": ["Running", "Failed"]})
def test_every_page_can_be_drawn_whatever_its_address_says(
    served: Served, page: str, parameters: dict[str, list[str]]
):
    shown = served.snapshot(page, parameters)
    assert shown["status"] == "ready", shown
    text = json.dumps(shown)
    assert '"type": "exception"' not in text
    assert "unexpected error" not in text
    assert_no_failure(served)


@moderate
@given(MESSAGES, st.lists(MESSAGES, max_size=3))
@example("x" * 10_000, ["x" * 10_000, "x"])
def test_the_websocket_ends_quietly_whatever_it_is_sent(
    served: Served, message: str | bytes, further: list[str | bytes]
):
    address = f"{served.app.url.replace('http', 'ws')}/{push.PATH}"
    with connect(address, origin=served.app.url, open_timeout=TIMEOUT_S) as socket:  # type: ignore[arg-type]
        assert code_after(socket, [message]) in {POLICY_VIOLATION, TOO_BIG}
    # What comes after the message that ended it is not read, and TCP may then drop the code on its way.
    with connect(address, origin=served.app.url, open_timeout=TIMEOUT_S) as socket:  # type: ignore[arg-type]
        assert code_after(socket, [message, *further]) in {POLICY_VIOLATION, TOO_BIG, None}
    assert_no_failure(served)


def code_after(socket: ClientConnection, messages: Iterable[str | bytes]) -> int | None:
    """The code with which the server closes the connection after these messages; None: it came without one."""
    try:
        for message in messages:
            socket.send(message)
        answer = socket.recv(TIMEOUT_S)
    except ConnectionClosed as closed:
        return closed.rcvd and closed.rcvd.code
    raise AssertionError(f"answered {answer!r}")


@moderate
@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"]),
    st.sampled_from([push.PATH, file_stream.PATH, "", "job", "jobs", "compare", "app/static", "media"]),
    SEGMENTS,
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=60),
)
@example("GET", file_stream.PATH, ["%00"], "")
@example("GET", push.PATH, [], "x=%ff")
def test_no_route_answers_with_a_server_error(
    served: Served, method: str, route: str, segments: list[str], query: str
):
    connection = http.client.HTTPConnection(urlsplit(served.app.url).netloc, timeout=TIMEOUT_S)
    try:
        connection.request(method, "/".join(["", route, *segments]) + f"?{query}")
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    assert answer.status < 500, (answer.status, body[:500])
    assert not re.search(rb"Traceback|File \"/", body)
    assert_no_failure(served)
