"""Which source is read, by the settings and by what is there."""

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
    studio_connection,
)
from arkor_dash.sources import choose as choose_module
from tests.servers import Answer, ScriptedServer, Seen, head, json_answer
from tests.servers.apis import TOKEN, Api, ArkorDev, OurStudio

SetPort = Callable[[str], None]
EMBEDDED = StudioSource("http://127.0.0.1:1", Secret("x"))


def choose(home: Path, **environ: str) -> Source:
    return choose_source(load(home, **environ), lambda: EMBEDDED)


def load(home: Path, **environ: str) -> Settings:
    return load_settings(environ, cwd=home, home=home)


def leave_token(home: Path, token: str = TOKEN) -> None:
    (home / ".arkor").mkdir(exist_ok=True)
    (home / ".arkor" / "studio-token").write_text(token)


@pytest.fixture
def default_port(monkeypatch: pytest.MonkeyPatch) -> SetPort:
    """Makes an address the default one."""
    return lambda url: monkeypatch.setattr("arkor_dash.settings.load.DEFAULT_STUDIO_URL", url)


@pytest.fixture(autouse=True)
def _nothing_at_the_default_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arkor_dash.settings.load.DEFAULT_STUDIO_URL", "http://127.0.0.1:1")


def test_with_nothing_set_and_nothing_there_it_is_the_embedded_studio(tmp_path: Path) -> None:
    assert choose(tmp_path) is EMBEDDED


def test_a_studio_that_is_set_is_taken_even_while_it_is_down_and_before_the_cloud(tmp_path: Path) -> None:
    source = choose(tmp_path, ARKOR_STUDIO_URL="http://127.0.0.1:2", ARKOR_CLOUD_TOKEN="x", ARKOR_ORG="o")

    assert source.label == "Studio · 127.0.0.1:2"


def test_a_cloud_that_is_set_comes_before_an_arkor_dev_that_runs(
    tmp_path: Path, default_port: SetPort
) -> None:
    leave_token(tmp_path)
    with ArkorDev().serve() as server:
        default_port(server.url)
        source = choose(tmp_path, ARKOR_CLOUD_API_URL="https://cloud.example")

    assert isinstance(source, CloudSource)
    assert server.seen == []


def test_an_arkor_dev_that_answers_comes_before_the_embedded_studio(
    tmp_path: Path, default_port: SetPort
) -> None:
    leave_token(tmp_path)
    # The files of the cloud are those that every arkor dev leaves, and name nothing.
    (tmp_path / ".arkor" / "credentials.json").write_text("{}")
    with ArkorDev().serve() as server:
        default_port(server.url)
        source = choose(tmp_path)
        source.jobs()

        assert source is not EMBEDDED
        assert source.label == "anon · studio-e2e-org / studio-e2e-project · cloud.example"


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden"),
        json_answer({"hello": "world"}),
        Answer([head(Content_Type="text/html", Content_Length="15"), b"<!doctype html>"]),
        Answer([]),
        Answer([b"SSH-2.0-OpenSSH_9.6\r\n"]),
    ],
)
def test_another_program_at_the_default_port_is_no_arkor_dev(
    tmp_path: Path, default_port: SetPort, answer: Answer
) -> None:
    leave_token(tmp_path)
    with ScriptedServer(lambda _: answer) as server:
        default_port(server.url)
        assert choose(tmp_path) is EMBEDDED


def test_without_its_token_on_disk_nothing_is_asked_at_the_default_port(
    tmp_path: Path, default_port: SetPort
) -> None:
    with ArkorDev().serve() as server:
        default_port(server.url)
        assert choose(tmp_path) is EMBEDDED
        assert server.seen == []


def test_a_port_that_takes_connections_and_says_nothing_does_not_hold_up_the_start(
    tmp_path: Path, default_port: SetPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose_module, "PROBE_TIMEOUTS", choose_module.ReadTimeouts(default_s=0.1))
    leave_token(tmp_path)
    with ScriptedServer(lambda _: Answer([], hold=threading.Event())) as server:
        default_port(server.url)
        assert choose(tmp_path) is EMBEDDED


@pytest.mark.parametrize(
    ("named", "label"),
    [("studio", "Studio · 127.0.0.1:1"), ("cloud", "Arkor cloud · not set up"), ("embedded", EMBEDDED.label)],
)
def test_a_source_that_is_named_is_taken_whatever_else_is_set(tmp_path: Path, named: str, label: str) -> None:
    others = {"embedded": {"ARKOR_STUDIO_TOKEN": "x"}, "studio": {"ARKOR_ORG": "x"}, "cloud": {}}

    assert choose(tmp_path, ARKOR_DASH_SOURCE=named, **others[named]).label == label


@pytest.mark.parametrize(
    ("api", "keeps_runs", "words"), [(OurStudio, True, PYTHON), (ArkorDev, False, TYPESCRIPT)]
)
def test_a_studio_that_is_down_at_the_start_is_told_apart_when_it_comes_up(
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


def test_a_studio_that_another_one_takes_the_place_of_is_told_apart_again(tmp_path: Path) -> None:
    current: list[Api] = [ArkorDev()]

    def respond(seen: Seen) -> Answer:
        return current[0].respond(seen)

    with ScriptedServer(respond) as server:
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        source.jobs()
        was = source.label
        server.refuse()
        with pytest.raises(Exception, match="refused the connection"):
            source.jobs()
        current[0] = OurStudio()
        server.listen()
        source.jobs()

        assert was.startswith("anon · ")
        assert source.label == f"local · my-project · 127.0.0.1:{server.port}"
        assert source.runner.keeps_runs


def test_a_restart_between_two_polls_shows_by_its_new_token_alone(tmp_path: Path) -> None:
    leave_token(tmp_path)
    with ArkorDev().serve() as server:
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url)
        source.jobs()
        was = source.label
        server.respond = OurStudio(token="second").respond
        leave_token(tmp_path, "second")
        source.jobs()

    assert was.startswith("anon · ")
    assert source.label == f"local · my-project · 127.0.0.1:{server.port}"
    assert source.runner.keeps_runs


def test_another_project_behind_the_same_token_shows_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_connection, "IDENTIFY_AGAIN_S", 0.0)
    projects = iter(["one", "two"])

    class Renamed(OurStudio):
        def credentials(self, seen: Seen) -> dict[str, object]:
            return {**super().credentials(seen), "projectSlug": next(projects)}

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
        Answer([head(Content_Type="text/html", Content_Length="15"), b"<!doctype html>"]),
    ],
)
def test_what_is_not_the_answer_of_our_own_studio_is_an_arkor_devs(tmp_path: Path, answer: Answer) -> None:
    dev = ArkorDev()
    with ScriptedServer(lambda seen: answer if seen.target == "/api/train" else dev.respond(seen)) as server:
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        source.jobs()
        source.jobs()

    assert source.runner.names is TYPESCRIPT
    assert [seen.target for seen in server.seen].count("/api/train") == 1


def test_a_studio_that_will_not_say_what_it_is_is_not_asked_at_every_poll(tmp_path: Path) -> None:
    ours, busy = OurStudio(), json_answer({}, "503 Service Unavailable")
    quiet = {"/api/train", "/api/credentials"}
    with ScriptedServer(lambda seen: busy if seen.target in quiet else ours.respond(seen)) as server:
        source = choose(tmp_path, ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        for _ in range(5):
            source.jobs()
        asked = [seen.target for seen in server.seen if seen.target in quiet]
        assert source.label == f"Studio · 127.0.0.1:{server.port}"
        quiet.clear()
        source.runner.current_run()

        assert sorted(asked) == ["/api/credentials", "/api/train"]
        assert source.runner.keeps_runs
