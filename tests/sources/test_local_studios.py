"""The survey of the ports of `arkor dev`, with real programs on them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from arkor_dash.sources import LocalStudio, LocalStudios, Survey, listeners, local_studios
from tests.servers import Answer, Request, ScriptedServer, head, html_answer, json_answer
from tests.servers.apis import TOKEN, ArkorDev, OurStudio
from tests.sources.test_studio_tokens import page_with, sent_tokens, set_owner
from tests.waiting import wait_until

CLOSED = 1
"""A port on which nothing listens."""
REFUSED = json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_studios, "PROBE_TIMEOUT_S", 30.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "studio-token"
    path.write_text(TOKEN)
    return path


def urls(survey: Survey) -> list[str]:
    return [studio.url for studio in survey.studios]


class Project(ArkorDev):
    """An `arkor dev` of a project with the name of its token."""

    def credentials(self, request: Request) -> dict[str, object]:
        return {**super().credentials(request), "projectSlug": self.token}


def test_every_arkor_dev_is_found_with_its_project_in_the_order_of_the_ports(file: Path) -> None:
    with Project(token="a").serve() as a, Project(token="b").serve() as b:
        survey = LocalStudios((b.port, CLOSED, a.port), file).survey()

        assert [(each.url, each.origin and each.origin.project) for each in survey.studios] == [
            (b.url, "b"),
            (a.url, "a"),
        ]
        assert (set(sent_tokens(a)), set(sent_tokens(b))) == ({"a"}, {"b"})
    assert (survey.problem, survey.free_port) == (None, CLOSED)


def test_nothing_on_any_port_is_no_problem(file: Path) -> None:
    assert LocalStudios((CLOSED,), file).survey() == Survey((), None, CLOSED)


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (REFUSED, "answers, but not as an arkor dev of yours: it refuses every token"),
        (page_with("its own"), "answers, but not as an arkor dev: another program uses it"),
        (json_answer({"hello": "world"}), "answers, but not as an arkor dev: another program uses it"),
        (html_answer("<!doctype html>"), "answers, but not as an arkor dev: another program uses it"),
        (json_answer({}, "404 Not Found"), "answers, but not as an arkor dev: another program uses it"),
        (Answer([b"SSH-2.0-OpenSSH_9.6\r\n"]), "answers, but not as an arkor dev: another program uses it"),
        (json_answer({}, "503 Service Unavailable"), "is taken, but its program gives no usable answer"),
        (Answer([]), "is taken, but its program gives no usable answer"),
    ],
)
def test_the_problem_says_what_is_in_the_place_of_an_arkor_dev(file: Path, answer: Answer, what: str) -> None:
    with ScriptedServer(lambda _: answer) as server:
        survey = LocalStudios((server.port, CLOSED), file).survey()

    assert survey == Survey((), f"Port {server.port} {what}.", CLOSED)


def test_our_own_studio_is_not_taken_for_an_arkor_dev(file: Path) -> None:
    with OurStudio(token="another").serve() as server:
        assert LocalStudios((server.port,), file).survey().studios == ()


def test_programs_that_never_answer_do_not_hide_an_arkor_dev(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = threading.Event()
    with ArkorDev().serve() as server, ScriptedServer(lambda _: Answer([], hold=hold)) as silent:
        found = LocalStudios((silent.port, server.port), file)
        wait_until(lambda: _survey_with(found, 0.5, monkeypatch) == [server.url])
        problem = found.latest().problem

    assert problem == f"Port {silent.port} is taken, but its program gives no usable answer."


def _survey_with(found: LocalStudios, timeout_s: float, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(local_studios, "PROBE_TIMEOUT_S", timeout_s)
    return urls(found.survey())


def test_the_survey_does_not_wait_for_an_answer_that_arrives_byte_by_byte(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_studios, "PROBE_TIMEOUT_S", 1.0)
    end = threading.Event()

    def drip() -> Iterator[bytes]:
        yield head(Content_Type="application/json", Content_Length="1000000")
        while not end.wait(0.02):
            yield b" "

    with ScriptedServer(lambda r: page_with("x") if r.target == "/" else Answer(drip())) as server:
        survey = LocalStudios((server.port,), file).survey()
        assert survey.studios == ()
        wait_until(lambda: server.open_connections == 1, what="an answer that goes on")
        end.set()


def test_an_arkor_dev_that_waits_for_the_cloud_is_found_by_its_page(file: Path) -> None:
    busy = json_answer({}, "500 Internal Server Error")
    with ScriptedServer(lambda request: page_with("x") if request.target == "/" else busy) as server:
        survey = LocalStudios((server.port,), file).survey()

    assert survey.studios == (LocalStudio(server.url, None),)


def test_the_arkor_dev_of_another_user_is_not_asked(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ArkorDev().serve() as server:
        set_owner(monkeypatch, tmp_path, server, user=54_321)
        survey = LocalStudios((server.port,), file).survey()

        assert survey.problem == f"Port {server.port} belongs to another user of this machine."
        assert server.requests == []


def test_a_program_of_unknown_owner_learns_no_token_of_another_studio(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "TABLES", ())
    with (
        ArkorDev().serve() as mine,
        ScriptedServer(lambda r: page_with("bait") if r.target == "/" else REFUSED) as baiting,
        ScriptedServer(lambda _: REFUSED) as refusing,
    ):
        survey = LocalStudios((mine.port, baiting.port, refusing.port), file).survey()

        assert urls(survey) == [mine.url]
        assert set(sent_tokens(baiting)) == {"bait"}
        assert sent_tokens(refusing) == []


def test_the_survey_is_repeated_once_another_arkor_dev_has_written_its_token(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_studios, "SURVEY_EVERY_S", 0.0)
    with ArkorDev().serve() as first, ArkorDev(token="second").serve() as second:
        found = LocalStudios((first.port, second.port), file)
        second.refuse()
        found.refresh(is_needed=True)
        assert found.latest() is None  # the settings name a source
        assert urls(found.survey()) == [first.url]
        requests = len(first.requests)
        second.listen()
        found.refresh(is_needed=False)
        assert len(first.requests) == requests
        file.write_text("second")
        found.refresh(is_needed=False)
        wait_until(lambda: urls(found.latest()) == [first.url, second.url])


def test_a_survey_that_is_needed_is_repeated(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_studios, "SURVEY_EVERY_S", 0.0)
    with ArkorDev().serve() as server:
        found = LocalStudios((server.port,), file)
        found.survey()
        server.refuse()
        found.refresh(is_needed=True)
        wait_until(lambda: found.latest() == Survey((), None, server.port))
