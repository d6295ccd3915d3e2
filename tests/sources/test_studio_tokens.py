"""The token of a Studio for which the user has set none: from its page, from the file, and after a refusal."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import pytest

from arkor_dash.errors import SourceUnavailableError, UnauthorizedError
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import FoundToken, StudioSource, listeners, token_file
from arkor_dash.sources.page_token import PAGE_LIMIT, page_token
from tests.servers import Answer, Request, ScriptedServer, head, html_answer, json_answer
from tests.servers.apis import ArkorDev

HEADER = "x-arkor-studio-token"
REFUSED = json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden")


def page_with(token: str) -> Answer:
    return html_answer(f'<!doctype html><head><meta name="arkor-studio-token" content="{token}"></head>')


class WithoutPage(ArkorDev):
    """An `arkor dev` whose web page was not built."""

    def page(self) -> Answer:
        return json_answer({"error": "Not found"}, "404 Not Found")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The token file, which no Studio has written yet."""
    return tmp_path / "studio-token"


def source_of(server: ScriptedServer, file: Path, *, is_configured: bool = False) -> StudioSource:
    return StudioSource(server.url, FoundToken(server.url, token_file(file), is_configured=is_configured))


def sent_tokens(server: ScriptedServer) -> list[str]:
    return [request.headers[HEADER] for request in server.requests if HEADER in request.headers]


def runs_requested(server: ScriptedServer) -> list[Request]:
    return [r for r in server.requests if (r.method, r.target) == ("POST", "/api/train")]


def set_owner(monkeypatch: pytest.MonkeyPatch, folder: Path, server: ScriptedServer, user: int) -> None:
    """Let the system's table of sockets say that `user` listens on the server's port."""
    line = (
        f"   0: 0100007F:{server.port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 {user} 0 1"
    )
    table = folder / "tcp"
    table.write_text(f"  sl  local_address rem_address   st\n{line}\n")
    monkeypatch.setattr(listeners, "TABLES", (table,))


@pytest.mark.parametrize("api", [ArkorDev, WithoutPage])
def test_a_second_studio_that_replaces_and_then_removes_the_token_file_locks_nobody_out(
    file: Path, api: type[ArkorDev]
) -> None:
    with api(token="first").serve() as server:
        file.write_text("first")
        source = source_of(server, file)
        source.jobs()
        file.write_text("second")
        source.jobs()
        file.unlink()
        source.jobs()

        assert set(sent_tokens(server)) == {"first"}


def test_a_studio_that_restarts_with_a_new_token_is_read_on_without_a_failure(file: Path) -> None:
    api = ArkorDev(token="first")
    with api.serve() as server:
        source = source_of(server, file)
        source.jobs()
        api.token = "second"
        file.write_text("of another Studio")
        source.jobs()
        with source.events("sim_r40_b5_n24") as stream:
            assert list(stream)
        with source.runner.start_run() as output:
            assert list(output)

    assert "of another Studio" not in sent_tokens(server)
    assert [request.body for request in runs_requested(server)] == [b"{}"]


def test_a_request_that_was_refused_is_sent_again_as_it_was(file: Path) -> None:
    api = ArkorDev(token="first")
    with api.serve() as server:
        source = source_of(server, file)
        source.jobs()
        api.token = "second"
        with source.runner.start_run() as output:
            list(output)

    refused, accepted = runs_requested(server)
    assert (refused.target, refused.body) == (accepted.target, accepted.body)
    assert (refused.headers[HEADER], accepted.headers[HEADER]) == ("first", "second")


def test_without_a_page_the_token_in_the_file_is_used_once_the_old_one_is_refused(file: Path) -> None:
    api = WithoutPage(token="first")
    with api.serve() as server:
        file.write_text("first")
        source = source_of(server, file)
        source.jobs()
        api.token = "second"
        file.write_text("second")
        source.jobs()

    assert sent_tokens(server)[-1] == "second"


def test_a_token_that_was_refused_in_passing_is_used_again_although_the_file_has_another(file: Path) -> None:
    """As by a Studio that passes on what the cloud answers, while a second Studio has replaced the file."""
    api = WithoutPage(token="first")
    with api.serve() as server:
        file.write_text("first")
        source = source_of(server, file)
        source.jobs()
        file.write_text("of another Studio")
        api.token = "nobody has this one"
        with pytest.raises(UnauthorizedError):
            source.jobs()
        api.token = "first"
        assert source.jobs().jobs


def test_a_stale_page_does_not_hide_the_right_token_in_the_file(file: Path) -> None:
    class StalePage(ArkorDev):
        def page(self) -> Answer:
            return page_with("stale")

    file.write_text("right")
    with StalePage(token="right").serve() as server:
        assert source_of(server, file).jobs().jobs

    assert sent_tokens(server)[:2] == ["stale", "right"]


def test_a_studio_that_refuses_every_token_says_so_without_showing_one(file: Path) -> None:
    file.write_text("canary-of-file")

    def respond(request: Request) -> Answer:
        if request.target == "/":
            return page_with("canary-of-page")
        return json_answer({"error": f"not {request.headers[HEADER]}"}, "403 Forbidden")

    with ScriptedServer(respond) as server, pytest.raises(UnauthorizedError) as raised:
        source_of(server, file).jobs()

    assert "answered 403: not …" in str(raised.value)
    assert sent_tokens(server) == ["canary-of-page", "canary-of-file"]


def test_a_page_with_a_new_token_each_time_is_not_tried_for_ever(file: Path) -> None:
    numbers = itertools.count()

    def respond(request: Request) -> Answer:
        return page_with(f"{next(numbers)}") if request.target == "/" else REFUSED

    with ScriptedServer(respond) as server, pytest.raises(UnauthorizedError):
        source_of(server, file).jobs()

    assert sent_tokens(server) == ["0", "1", "2"]


def test_a_program_of_another_user_that_takes_over_the_port_does_not_get_the_token_in_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("of a Studio elsewhere")
    with ScriptedServer(lambda _: REFUSED) as server:
        source = source_of(server, file)
        with pytest.raises(UnauthorizedError):
            source.jobs()
        server.requests.clear()
        set_owner(monkeypatch, tmp_path, server, user=54_321)
        with pytest.raises(UnauthorizedError, match="belongs to another user"):
            source.jobs()

    assert server.requests == []


def test_a_studio_that_is_down_is_reported_as_down_and_not_as_one_without_a_token(file: Path) -> None:
    with ArkorDev().serve() as server:
        server.refuse()
        source = source_of(server, file)
        with pytest.raises(SourceUnavailableError, match="refused the connection"):
            source.jobs()
        server.listen()
        assert source.jobs().jobs


def test_threads_that_are_refused_at_once_all_go_on_with_the_new_token(file: Path) -> None:
    api = ArkorDev(token="first")
    failures: list[Exception] = []
    with api.serve() as server:
        source = source_of(server, file)
        source.jobs()
        api.token = "second"

        def read() -> None:
            try:
                source.jobs()
            except Exception as error:  # noqa: BLE001 - the test reports it
                failures.append(error)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert failures == []


def test_a_program_of_unknown_owner_never_gets_the_token_of_another_studio(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "TABLES", ())
    file.write_text("canary-of-file")
    for page in (page_with("bait"), html_answer("<!doctype html>")):
        with ScriptedServer(lambda r, page=page: page if r.target == "/" else REFUSED) as server:
            with pytest.raises(UnauthorizedError):
                source_of(server, file).jobs()
            assert "canary-of-file" not in sent_tokens(server)


def test_a_program_at_the_address_that_the_user_has_set_gets_the_token_in_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "TABLES", ())
    file.write_text("from the file")
    with WithoutPage(token="from the file").serve() as server:
        assert source_of(server, file, is_configured=True).jobs().jobs


@pytest.mark.parametrize("is_configured", [False, True])
def test_a_program_of_another_user_gets_no_token_and_no_request(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_configured: bool
) -> None:
    file.write_text("canary-of-file")
    with ArkorDev().serve() as server:
        set_owner(monkeypatch, tmp_path, server, user=54_321)
        with pytest.raises(UnauthorizedError, match="belongs to another user of this machine"):
            source_of(server, file, is_configured=is_configured).jobs()

    assert server.requests == []


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.2", "[::ffff:127.0.0.1]", "localhost."])
def test_a_program_of_another_user_gets_no_token_under_any_address_of_this_machine(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    file.write_text("canary-of-file")
    with ScriptedServer(lambda _: REFUSED) as server:
        set_owner(monkeypatch, tmp_path, server, user=54_321)
        tokens = FoundToken(f"http://{host}:{server.port}", token_file(file), is_configured=True)
        with pytest.raises(UnauthorizedError, match="belongs to another user of this machine"):
            tokens.current()

    assert server.requests == []


def test_a_program_of_root_gets_the_token_which_root_can_read_anyway(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    file.write_text("from the file")
    with WithoutPage(token="from the file").serve() as server:
        set_owner(monkeypatch, tmp_path, server, user=0)
        assert source_of(server, file).jobs().jobs


@pytest.mark.skipif(not listeners.TABLES[0].exists(), reason="only Linux lists the sockets of all users")
def test_the_owner_of_a_listening_port_is_known() -> None:
    with ScriptedServer(lambda _: REFUSED) as server:
        users = listeners.listening_users(server.port)

        assert len(users) == 1
        assert not listeners.is_foreign(users)


def test_no_page_is_read_from_another_machine(file: Path) -> None:
    file.write_text("from the file")
    with ArkorDev(token="from the file").serve() as server:
        # 127.1 is loopback, but not recognised as such, so it is treated like any other host.
        url = f"http://127.1:{server.port}"
        source = StudioSource(url, FoundToken(url, token_file(file), is_configured=True))
        with pytest.raises(UnauthorizedError, match="loopback-only"):
            source.jobs()

    assert {request.target for request in server.requests} == {"/api/jobs"}


@pytest.mark.parametrize(
    ("page", "token"),
    [
        ('<META content="a&amp;b" name="arkor-studio-token"/>', "a&b"),
        ("<meta name=arkor-studio-token content=one><meta name=arkor-studio-token content=two>", "one"),
        ('<!-- <meta name="arkor-studio-token" content="x"> -->', None),
        ("<script>\"<meta name='arkor-studio-token' content='x'>\"</script>", None),
        ('<meta name="arkor-studio-token">', None),
        ('<meta name="arkor-studio-token" content="">', None),
        ('<meta name="arkor-studio-token" content="a\r\nHost: evil">', None),
        ('<meta name="arkor-studio-token" content="é">', None),
        (f'<meta name="arkor-studio-token" content="{"x" * 513}">', None),
        ('<meta name="description" content="x">', None),
        ("<" * PAGE_LIMIT, None),
        ("<!--" * (PAGE_LIMIT // 4), None),
        ("<meta a='" * (PAGE_LIMIT // 9), None),
        ("", None),
    ],
)
def test_the_token_is_read_from_the_meta_element_only(page: str, token: str | None) -> None:
    with ScriptedServer(lambda _: html_answer(page)) as server:
        found = page_token(server.url, "The Studio", 30.0)

    assert found == (None if token is None else Secret(token))
    assert sent_tokens(server) == []


def test_a_page_that_is_too_large_or_leads_elsewhere_gives_no_token(file: Path) -> None:
    with ArkorDev().serve() as elsewhere:
        large = html_answer(" " * PAGE_LIMIT + '<meta name="arkor-studio-token" content="x">')
        redirect = Answer([head("302 Found", Location=f"{elsewhere.url}/", Content_Length="0")])
        for page in (large, redirect):
            with ScriptedServer(lambda r, page=page: page if r.target == "/" else REFUSED) as server:
                with pytest.raises(UnauthorizedError, match="there is none"):
                    source_of(server, file).jobs()
                assert sent_tokens(server) == []
        assert elsewhere.requests == []
