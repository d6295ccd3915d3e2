"""The cloud's URL, token and project: from the settings and the two files, and the errors where they are unusable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arkor_dash.errors import RefusedError, SourceError, UnauthorizedError
from arkor_dash.settings.load import load_settings
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import CloudAccess, cloud_access

CANARY = "canary-5f1d"
ANON = {
    "mode": "anon",
    "token": CANARY,
    "anonymousId": "anon_1",
    "arkorCloudApiUrl": "https://cloud.example/",
    "orgSlug": "anon-org",
}
OAUTH = {**ANON, "mode": "oauth", "accessToken": "the-access-token"}
STATE = {"orgSlug": "anon-org", "projectSlug": "cats", "projectId": "proj_1"}


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A home directory that is also a project and has both files."""
    write(tmp_path, "credentials.json", ANON)
    write(tmp_path, "state.json", STATE)
    return tmp_path


def write(home: Path, name: str, content: object) -> Path:
    path = home / ".arkor" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def access(home: Path, **environ: str) -> CloudAccess:
    return cloud_access(load_settings(environ, cwd=home, home=home))()


def refused(home: Path, kind: type[SourceError], **environ: str) -> str:
    with pytest.raises(kind) as raised:
        access(home, **environ)
    error: BaseException | None = raised.value
    while error is not None:
        assert CANARY not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    return str(raised.value)


def test_the_two_files_are_enough(disk: Path) -> None:
    found = access(disk)

    assert (found.url, found.token, found.org, found.project) == (
        "https://cloud.example",
        Secret(CANARY),
        "anon-org",
        "cats",
    )
    assert found.origin.label == "anon · anon-org / cats · cloud.example"
    assert CANARY not in repr(found)


def test_the_settings_are_enough(tmp_path: Path) -> None:
    found = access(
        tmp_path,
        ARKOR_CLOUD_API_URL="https://other.example/api/",
        ARKOR_CLOUD_TOKEN=CANARY,
        ARKOR_ORG="ours",
        ARKOR_PROJECT="dogs",
    )

    assert (found.url, found.token) == ("https://other.example/api", Secret(CANARY))
    assert found.origin.label == "cloud · ours / dogs · other.example"


def test_a_setting_takes_precedence_over_the_file(disk: Path) -> None:
    found = access(disk, ARKOR_CLOUD_TOKEN="mine", ARKOR_PROJECT="dogs")

    assert (found.token, found.org, found.project) == (Secret("mine"), "anon-org", "dogs")
    assert found.url == "https://cloud.example"
    assert "ARKOR_CLOUD_TOKEN" in found.token_advice


def test_a_signed_in_users_token_is_the_access_token(disk: Path) -> None:
    write(disk, "credentials.json", OAUTH)

    found = access(disk)

    assert (found.token, found.mode) == (Secret("the-access-token"), "oauth")


def test_a_new_login_takes_effect(disk: Path) -> None:
    provider = cloud_access(load_settings({}, cwd=disk, home=disk))
    before = provider()
    write(disk, "credentials.json", {**ANON, "token": "new"})

    assert provider().token == Secret("new")
    assert provider() != before


def test_a_missing_credentials_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / ".arkor" / "credentials.json"

    assert refused(tmp_path, UnauthorizedError) == (
        f"{path} does not exist: run `arkor login`, or set ARKOR_CLOUD_TOKEN."
    )


@pytest.mark.parametrize("content", ["", f'{{"token": "{CANARY}"', f'["{CANARY}"]', "[" * 100_000, "\x00"])
def test_a_file_that_is_not_a_json_object_is_named_but_not_quoted(disk: Path, content: str) -> None:
    path = write(disk, "credentials.json", content)

    assert refused(disk, UnauthorizedError).startswith(f"{path} holds no JSON object: run `arkor login`")


def test_an_unreadable_file_is_named_with_the_reason(disk: Path) -> None:
    path = disk / ".arkor" / "credentials.json"
    path.unlink()
    path.mkdir()

    assert refused(disk, UnauthorizedError).startswith(f"{path} can't be read (Is a directory): run")


@pytest.mark.parametrize("token", [None, 5, "", f"{CANARY}\nmore", f"{CANARY}é"])
def test_a_token_that_an_http_header_can_not_hold_does_not_count(disk: Path, token: object) -> None:
    path = write(disk, "credentials.json", {**ANON, "token": token})

    assert refused(disk, UnauthorizedError) == (
        f"{path} holds no token: run `arkor login`, or set ARKOR_CLOUD_TOKEN."
    )


@pytest.mark.parametrize("url", [None, 5, "cloud.example", f"https://user:{CANARY}@cloud.example"])
def test_an_unusable_url_in_the_file_asks_for_the_setting(disk: Path, url: object) -> None:
    write(disk, "credentials.json", {**ANON, "arkorCloudApiUrl": url})

    assert "set ARKOR_CLOUD_API_URL" in refused(disk, RefusedError)


def test_a_missing_state_file_is_named_with_what_to_do(disk: Path) -> None:
    path = disk / ".arkor" / "state.json"
    path.unlink()

    assert refused(disk, RefusedError).startswith(f"{path} does not exist: set ARKOR_ORG and ARKOR_PROJECT")


def test_a_state_file_without_a_project_is_an_error(disk: Path) -> None:
    path = write(disk, "state.json", {"orgSlug": "anon-org"})

    assert refused(disk, RefusedError).startswith(f"{path} names no org and project")


def test_the_project_of_another_org_is_not_combined_with_the_org_in_the_settings(disk: Path) -> None:
    assert "belongs to another org than ARKOR_ORG" in refused(disk, RefusedError, ARKOR_ORG="theirs")
    assert access(disk, ARKOR_ORG="theirs", ARKOR_PROJECT="dogs").org == "theirs"
    assert access(disk, ARKOR_ORG="anon-org").project == "cats"
