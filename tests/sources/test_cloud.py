"""The parts of the API that only the cloud has: headers, query, deprecation notices and required upgrades."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from arkor_dash.errors import UnauthorizedError, UpgradeRequiredError
from arkor_dash.settings.load import load_settings
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import CloudAccess, CloudSource, cloud_access
from tests.servers import Answer, ScriptedServer, json_answer
from tests.servers.apis import JOB_ID, TOKEN, Cloud

DEPRECATED = {
    "Deprecation": "true",
    "Warning": '299 - "Version \\"0.0\\" goes away"',
    "Sunset": "Tue, 01 Jan 2030 00:00:00 GMT",
}


@contextmanager
def cloud_source(
    answer: Answer | None = None, api: Cloud | None = None
) -> Iterator[tuple[CloudSource, ScriptedServer]]:
    with ScriptedServer((api or Cloud()).respond if answer is None else lambda _: answer) as server:
        access = CloudAccess(server.url, Secret(TOKEN), "oauth", "ours", "cats & dogs", "Log in again.")
        yield CloudSource(lambda: access), server


def test_each_job_route_gets_the_bearer_token_the_client_and_the_project() -> None:
    with cloud_source() as (source, server):
        source.jobs()
        source.job(JOB_ID)
        with source.events(JOB_ID, "12") as stream:
            assert next(iter(stream)).id == "13"

    assert [urlsplit(request.target).path for request in server.requests] == [
        "/v1/jobs",
        f"/v1/jobs/{JOB_ID}",
        f"/v1/jobs/{JOB_ID}/events/stream",
    ]
    for request in server.requests:
        assert parse_qs(urlsplit(request.target).query) == {
            "orgSlug": ["ours"],
            "projectSlug": ["cats & dogs"],
        }
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["x-arkor-client"].startswith("arkor/")
        assert TOKEN not in request.target


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_the_error_for_a_refused_token_says_what_to_do_and_does_not_show_it(status: str) -> None:
    answer = json_answer({"error": f"{TOKEN} is not known"}, status)
    with (
        cloud_source(answer) as (source, _),
        pytest.raises(UnauthorizedError, match="Log in again") as raised,
    ):
        source.jobs()

    assert TOKEN not in str(raised.value)


def test_the_error_for_a_required_upgrade_says_to_which_version_and_how() -> None:
    body = {
        "error": "sdk_version_unsupported",
        "currentVersion": "0.0.3",
        "supportedRange": "^1.4.0",
        "upgrade": "npm install -g arkor@latest",
    }
    with (
        cloud_source(json_answer(body, "426 Upgrade Required")) as (source, server),
        pytest.raises(UpgradeRequiredError) as raised,
    ):
        source.jobs()

    assert str(raised.value) == (
        f"The Arkor cloud at 127.0.0.1:{server.port} asks for a newer client. It supports arkor ^1.4.0. "
        "Upgrade: npm install -g arkor@latest."
    )


def test_the_error_for_a_required_upgrade_says_what_to_do_even_without_a_body() -> None:
    with (
        cloud_source(json_answer(b"", "426 Upgrade Required")) as (source, _),
        pytest.raises(UpgradeRequiredError, match=r"asks for a newer client\. Upgrade the dashboard"),
    ):
        source.jobs()


def test_a_deprecation_is_kept_as_a_notice() -> None:
    with cloud_source(api=Cloud(notice=DEPRECATED)) as (source, server):
        assert source.deprecation_notice is None
        source.jobs()
        first = source.deprecation_notice
        source.job(JOB_ID)

    assert first == (
        f"The Arkor cloud at 127.0.0.1:{server.port} will stop supporting this version of the dashboard. "
        'Version "0.0" goes away. Support ends on 1 January 2030.'
    )
    assert source.deprecation_notice == first


@pytest.mark.parametrize("headers", [{}, {"Deprecation": "false"}, {"Warning": '299 - "x"'}])
def test_without_a_deprecation_there_is_no_notice(headers: dict[str, str]) -> None:
    with cloud_source(api=Cloud(notice=headers)) as (source, _):
        source.jobs()

    assert source.deprecation_notice is None


def test_a_notice_shows_neither_a_token_nor_a_malformed_date() -> None:
    headers = {"Deprecation": "@1", "Warning": f'299 - "{TOKEN}"', "Sunset": "soon"}
    with cloud_source(api=Cloud(notice=headers)) as (source, _):
        source.jobs()

    assert source.deprecation_notice is not None
    assert source.deprecation_notice.endswith("of the dashboard. ….")


def test_a_cloud_that_is_not_set_up_says_so_in_its_label_and_its_errors(tmp_path: Path) -> None:
    source = CloudSource(cloud_access(load_settings({}, cwd=tmp_path, home=tmp_path)))

    assert source.label == "Arkor cloud · not set up"
    with pytest.raises(UnauthorizedError, match=r"credentials\.json does not exist"):
        source.jobs()
