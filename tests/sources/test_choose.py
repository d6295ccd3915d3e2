"""The choice of the source, by the settings and by the programs that are running."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from arkor_dash.settings.load import Settings, load_settings
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import (
    PYTHON,
    TYPESCRIPT,
    CloudSource,
    Source,
    StudioSource,
    choose_source,
    local_studios,
    studio_connection,
)
from tests.servers import Answer, Request, ScriptedServer, html_answer, json_answer
from tests.servers.apis import TOKEN, Api, ArkorDev, OurStudio

SetPorts = Callable[..., None]
EMBEDDED = StudioSource("http://127.0.0.1:1", Secret("x"))


def choose(home: Path, **environ: str) -> Source:
    return choose_source(load(home, **environ), lambda: EMBEDDED)


def load(home: Path, **environ: str) -> Settings:
    return load_settings(environ, cwd=home, home=home)


def write_token(home: Path, token: str = TOKEN) -> None:
    (home / ".arkor").mkdir(exist_ok=True)
    (home / ".arkor" / "studio-token").write_text(token)


@pytest.fixture
def set_ports(monkeypatch: pytest.MonkeyPatch) -> SetPorts:
    """Sets the ports of `arkor dev`."""
    return lambda *ports: monkeypatch.setattr("arkor_dash.settings.load.STUDIO_PORTS", ports)


@pytest.fixture(autouse=True)
def _nothing_at_the_default_port(monkeypatch: pytest.MonkeyPatch, set_ports: SetPorts) -> None:
    monkeypatch.setattr("arkor_dash.settings.load.DEFAULT_STUDIO_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(local_studios, "PROBE_TIMEOUT_S", 30.0)
    set_ports(1)


def test_the_default_is_the_embedded_studio(tmp_path: Path) -> None:
    assert choose(tmp_path) is EMBEDDED


def test_a_configured_studio_is_chosen_before_the_cloud_even_while_it_is_down(tmp_path: Path) -> None:
    source = choose(tmp_path, ARKOR_STUDIO_URL="http://127.0.0.1:2", ARKOR_CLOUD_TOKEN="x", ARKOR_ORG="o")

    assert source.label == "Studio · 127.0.0.1:2"


def test_a_configured_cloud_is_chosen_before_a_running_arkor_dev(tmp_path: Path, set_ports: SetPorts) -> None:
    write_token(tmp_path)
    with ArkorDev().serve() as server:
        set_ports(server.port)
        source = choose(tmp_path, ARKOR_CLOUD_API_URL="https://cloud.example")

    assert isinstance(source, CloudSource)
    assert server.requests == []


def test_an_arkor_dev_that_answers_is_chosen_before_the_embedded_studio(
    tmp_path: Path, set_ports: SetPorts
) -> None:
    write_token(tmp_path)
    # Every arkor dev writes the files of the cloud, so they do not choose the cloud.
    (tmp_path / ".arkor" / "credentials.json").write_text("{}")
    with ArkorDev().serve() as server:
        set_ports(server.port)
        source = choose(tmp_path)
        source.jobs()

        assert source is not EMBEDDED
        assert source.label == "anon · studio-e2e-org / studio-e2e-project · cloud.example"


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden"),
        json_answer({"hello": "world"}),
        html_answer("<!doctype html>"),
        Answer([]),
        Answer([b"SSH-2.0-OpenSSH_9.6\r\n"]),
    ],
)
def test_another_program_at_the_default_port_is_not_treated_as_arkor_dev(
    tmp_path: Path, set_ports: SetPorts, answer: Answer
) -> None:
    write_token(tmp_path)
    with ScriptedServer(lambda _: answer) as server:
        set_ports(server.port)
        assert choose(tmp_path) is EMBEDDED


def test_an_arkor_dev_is_found_without_a_token_on_disk(tmp_path: Path, set_ports: SetPorts) -> None:
    with ArkorDev().serve() as server:
        set_ports(server.port)
        source = choose(tmp_path)
        assert source.jobs().jobs


def test_the_arkor_dev_on_the_lowest_port_is_chosen(tmp_path: Path, set_ports: SetPorts) -> None:
    write_token(tmp_path, "second")
    with ArkorDev().serve() as first, ArkorDev(token="second").serve() as second:
        set_ports(1, first.port, second.port)
        source = choose(tmp_path)
        source.jobs()

    assert source.url == first.url


@pytest.mark.parametrize("named", ["auto", "studio"])
def test_an_arkor_dev_that_took_the_next_free_port_is_found(
    tmp_path: Path, set_ports: SetPorts, named: str
) -> None:
    web_page = html_answer("<!doctype html>")
    with ScriptedServer(lambda _: web_page) as stranger, ArkorDev().serve() as server:
        set_ports(stranger.port, server.port)
        source = choose(tmp_path, ARKOR_DASH_SOURCE=named)

    assert source.url == server.url


def test_a_port_that_accepts_connections_but_never_answers_delays_the_start_only_briefly(
    tmp_path: Path, set_ports: SetPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_studios, "PROBE_TIMEOUT_S", 0.1)
    write_token(tmp_path)
    with ScriptedServer(lambda _: Answer([], hold=threading.Event())) as server:
        set_ports(server.port)
        assert choose(tmp_path) is EMBEDDED


@pytest.mark.parametrize(
    ("named", "label"),
    [("studio", "Studio · 127.0.0.1:1"), ("cloud", "Arkor cloud · not set up"), ("embedded", EMBEDDED.label)],
)
def test_a_source_that_is_named_is_chosen_whatever_else_is_configured(
    tmp_path: Path, named: str, label: str
) -> None:
    others = {"embedded": {"ARKOR_STUDIO_TOKEN": "x"}, "studio": {"ARKOR_ORG": "x"}, "cloud": {}}

    assert choose(tmp_path, ARKOR_DASH_SOURCE=named, **others[named]).label == label


@pytest.mark.parametrize(
    ("api", "keeps_runs", "words"), [(OurStudio, True, PYTHON), (ArkorDev, False, TYPESCRIPT)]
)
def test_a_studio_that_is_down_at_the_start_is_identified_once_it_answers(
    tmp_path: Path, api: type[Api], keeps_runs: bool, words: object
) -> None:
    with api().serve() as server:
        server.refuse()
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        with pytest.raises(Exception, match="refused the connection"):
            source.jobs()
        server.listen()
        source.jobs()

        assert source.runner.keeps_runs is keeps_runs
        assert source.runner.names is words


def test_a_studio_that_is_replaced_by_another_one_is_identified_again(tmp_path: Path) -> None:
    current: list[Api] = [ArkorDev()]

    def respond(request: Request) -> Answer:
        return current[0].respond(request)

    with ScriptedServer(respond) as server:
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        source.jobs()
        label_before = source.label
        server.refuse()
        with pytest.raises(Exception, match="refused the connection"):
            source.jobs()
        current[0] = OurStudio()
        server.listen()
        source.jobs()

        assert label_before.startswith("anon · ")
        assert source.label == f"local · my-project · 127.0.0.1:{server.port}"
        assert source.runner.keeps_runs


def test_a_new_token_makes_the_studio_be_identified_again(tmp_path: Path) -> None:
    write_token(tmp_path)
    with ArkorDev().serve() as server:
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url)
        source.jobs()
        label_before = source.label
        server.respond = OurStudio(token="second").respond
        write_token(tmp_path, "second")
        source.jobs()

    assert label_before.startswith("anon · ")
    assert source.label == f"local · my-project · 127.0.0.1:{server.port}"
    assert source.runner.keeps_runs


def test_the_origin_of_a_studio_is_requested_again_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_connection, "IDENTIFY_AGAIN_S", 0.0)
    projects = iter(["one", "two"])

    class Renamed(OurStudio):
        def credentials(self, request: Request) -> dict[str, object]:
            return {**super().credentials(request), "projectSlug": next(projects)}

    with Renamed().serve() as server:
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        labels = []
        for _ in range(2):
            source.jobs()
            labels.append(source.label.split(" · ")[1])

    assert labels == ["one", "two"]


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": "x"}, "404 Not Found"),
        json_answer({"error": "x"}, "405 Method Not Allowed"),
        json_answer({"hello": "world"}),
        json_answer([]),
        html_answer("<!doctype html>"),
    ],
)
def test_a_studio_that_does_not_answer_as_ours_is_treated_as_arkor_dev(
    tmp_path: Path, answer: Answer
) -> None:
    dev = ArkorDev()
    with ScriptedServer(
        lambda request: answer if request.target == "/api/train" else dev.respond(request)
    ) as server:
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        source.jobs()
        source.jobs()

    assert source.runner.names is TYPESCRIPT
    assert [request.target for request in server.requests].count("/api/train") == 1


def test_a_studio_that_can_not_be_identified_is_not_queried_at_every_poll(tmp_path: Path) -> None:
    ours, busy = OurStudio(), json_answer({}, "503 Service Unavailable")
    quiet = {"/api/train", "/api/credentials"}
    with ScriptedServer(lambda request: busy if request.target in quiet else ours.respond(request)) as server:
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        for _ in range(5):
            source.jobs()
        requested = [request.target for request in server.requests if request.target in quiet]
        assert source.label == f"Studio · 127.0.0.1:{server.port}"
        quiet.clear()
        source.runner.current_run()

        assert sorted(requested) == ["/api/credentials", "/api/train"]
        assert source.runner.keeps_runs
