"""Settings: where each value comes from, and the error for an unusable one."""

from __future__ import annotations

import logging
import pickle
import re
import traceback
from pathlib import Path

import pytest

from arkor_dash.errors import SettingsError
from arkor_dash.settings import load as load_module
from arkor_dash.settings.load import SAMPLE_PROJECT, Settings, load_settings
from arkor_dash.settings.secret import Secret

CANARY = "canary-5f1d"
SETTINGS = sorted(set(re.findall(r'"(ARKOR_[A-Z_]+)"', Path(load_module.__file__).read_text("utf-8"))))


def load(tmp_path: Path, secrets: dict[str, object] | None = None, **environ: str) -> Settings:
    return load_settings(environ, secrets, cwd=tmp_path, home=tmp_path)


def test_settings_that_are_unset_have_their_defaults(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings(
        source="auto",
        studio_url="http://127.0.0.1:4000",
        studio_token=None,
        studio_token_file=tmp_path / ".arkor" / "studio-token",
        studio_configured=False,
        studio_ports=range(4000, 4010),
        cloud_url=None,
        cloud_token=None,
        org=None,
        project=None,
        cloud_configured=False,
        cloud_credentials_file=tmp_path / ".arkor" / "credentials.json",
        cloud_state_file=tmp_path / ".arkor" / "state.json",
        project_dir=SAMPLE_PROJECT,
        state_dir=None,
        database_url=None,
        recordings_dir=None,
        cancel_grace_s=30.0,
        keep_runs=200,
        actions="local",
        operators=frozenset(),
        environment={},
    )


def test_the_environment_comes_before_the_secrets(tmp_path: Path) -> None:
    secrets: dict[str, object] = {"arkor": {"arkor_org": "theirs", "arkor_project": "theirs"}}

    settings = load(tmp_path, secrets, ARKOR_ORG="ours")

    assert (settings.org, settings.project) == ("ours", "theirs")


@pytest.mark.parametrize("blank", ["", "   ", "\n"])
def test_a_blank_value_counts_as_unset(tmp_path: Path, blank: str) -> None:
    settings = load(
        tmp_path,
        {"arkor": {"arkor_org": "theirs"}},
        ARKOR_ORG=blank,
        ARKOR_DASH_SOURCE=blank,
        ARKOR_STUDIO_URL=blank,
    )

    assert (settings.org, settings.source, settings.studio_configured) == ("theirs", "auto", False)


def test_a_studio_is_configured_by_its_url_or_its_token(tmp_path: Path) -> None:
    by_url = load(tmp_path, ARKOR_STUDIO_URL="https://studio.example:8443/base/")
    by_token = load(tmp_path, ARKOR_STUDIO_TOKEN=f" {CANARY}\n")

    assert (by_url.studio_url, by_url.studio_configured) == ("https://studio.example:8443/base", True)
    assert (by_token.studio_token, by_token.studio_configured) == (Secret(CANARY), True)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("ARKOR_CLOUD_API_URL", "https://cloud.example"),
        ("ARKOR_CLOUD_TOKEN", CANARY),
        ("ARKOR_ORG", "ours"),
        ("ARKOR_PROJECT", "cats"),
    ],
)
def test_the_cloud_is_configured_by_any_of_its_settings(tmp_path: Path, setting: str, value: str) -> None:
    assert load(tmp_path, **{setting: value}).cloud_configured


def test_the_cloud_state_file_is_in_the_project_even_if_that_has_no_python_entry(tmp_path: Path) -> None:
    project = tmp_path / "typescript"
    project.mkdir()

    settings = load(tmp_path, ARKOR_PROJECT_DIR=str(project))

    assert settings.cloud_state_file == project.resolve() / ".arkor" / "state.json"


def test_the_working_directory_is_the_project_if_it_has_an_entry_file(tmp_path: Path) -> None:
    entry = tmp_path / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.touch()

    assert load(tmp_path).project_dir == tmp_path.resolve()


def test_the_project_can_be_set(tmp_path: Path) -> None:
    project = tmp_path / "a project"
    project.mkdir()

    assert load(tmp_path, ARKOR_PROJECT_DIR=str(project)).project_dir == project.resolve()


def test_a_number_of_seconds_can_come_from_the_environment_and_from_the_secrets(tmp_path: Path) -> None:
    secrets: dict[str, object] = {"arkor": {"arkor_dash_cancel_grace_s": 7}}
    assert load(tmp_path, secrets).cancel_grace_s == 7
    assert load(tmp_path, secrets, ARKOR_DASH_CANCEL_GRACE_S="0.5").cancel_grace_s == 0.5


@pytest.mark.parametrize("text", ["-1", "soon", "inf", "nan"])
def test_an_unusable_number_of_seconds_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(
        SettingsError, match=f"ARKOR_DASH_CANCEL_GRACE_S is '{text}', but may only be a number"
    ):
        load(tmp_path, ARKOR_DASH_CANCEL_GRACE_S=text)


def test_the_number_of_kept_runs_can_come_from_the_environment_and_from_the_secrets(tmp_path: Path) -> None:
    secrets: dict[str, object] = {"arkor": {"arkor_dash_keep_runs": 7}}
    assert load(tmp_path, secrets).keep_runs == 7
    assert load(tmp_path, secrets, ARKOR_DASH_KEEP_RUNS="0").keep_runs == 0


@pytest.mark.parametrize("text", ["-1", "many", "1.5", "٣"])
def test_a_number_of_kept_runs_that_is_not_a_whole_number_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(
        SettingsError, match=f"ARKOR_DASH_KEEP_RUNS is '{text}', but may only be a whole number, 0 or more"
    ):
        load(tmp_path, ARKOR_DASH_KEEP_RUNS=text)


def test_a_state_folder_need_not_exist(tmp_path: Path) -> None:
    assert (
        load(tmp_path, ARKOR_DASH_STATE_DIR=str(tmp_path / "new")).state_dir == (tmp_path / "new").resolve()
    )


@pytest.mark.parametrize(
    ("setting", "held", "allowed"),
    [
        ("ARKOR_DASH_SOURCE", "studoi", "auto, embedded, studio, cloud"),
        ("ARKOR_DASH_ACTIONS", "all", "local, operators, everyone, nobody"),
        ("ARKOR_STUDIO_URL", "127.0.0.1:4000", "http"),
        ("ARKOR_STUDIO_URL", "ftp://host", "http"),
        ("ARKOR_STUDIO_URL", "http://", "http"),
        ("ARKOR_STUDIO_URL", "http://host:99999", "http"),
        ("ARKOR_STUDIO_URL", "http://[::1", "http"),
        ("ARKOR_STUDIO_URL", "http://ho st", "http"),
        ("ARKOR_CLOUD_API_URL", "cloud", "http"),
        ("ARKOR_PROJECT_DIR", "/no/such/folder", "a folder that exists"),
        ("ARKOR_PROJECT_DIR", "x" * 5_000, "a folder that exists"),
        ("ARKOR_PROJECT_DIR", "~nobody-here/x", "a folder that exists"),
        ("ARKOR_DASH_STATE_DIR", __file__, "a folder that exists or can be created"),
        ("ARKOR_DASH_OPERATORS", "ada", "a list of e-mail addresses"),
        ("ARKOR_DASH_OPERATORS", "*@example.org", "a list of e-mail addresses"),
    ],
)
def test_the_error_for_an_unusable_value_says_what_is_allowed(
    tmp_path: Path, setting: str, held: str, allowed: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, **{setting: held})

    message = str(raised.value)
    assert message.startswith(f"{setting} is ")
    assert held[:200] in message
    assert allowed in message


@pytest.mark.parametrize(
    ("setting", "held"),
    [
        ("ARKOR_STUDIO_URL", f"http://user:{CANARY}@host"),
        ("ARKOR_STUDIO_TOKEN", f"{CANARY}\nmore"),
        ("ARKOR_CLOUD_TOKEN", f"{CANARY}é"),
        ("ARKOR_DASH_DATABASE_URL", f"mysql://user:{CANARY}@host/db"),
        ("ARKOR_DASH_DATABASE_URL", CANARY),
    ],
)
def test_the_error_for_an_unusable_secret_does_not_show_it(tmp_path: Path, setting: str, held: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, **{setting: held})

    assert str(raised.value).startswith(f"{setting} is ")
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize(
    "held",
    [
        f"http://user:{CANARY}@host:80/",
        f"http://{CANARY}@host/?{CANARY}#{CANARY}",
        f"http://127.0.0.1:4000/?{CANARY}",
        f"http://127.0.0.1:4000/#{CANARY}",
        f"postgresql://user:{CANARY}@host/db?password={CANARY}#{CANARY}",
        f"https://user:{CANARY}/{CANARY}@host/ is the address",
    ],
)
@pytest.mark.parametrize("place", ["environment", "secrets"])
def test_no_setting_shows_the_secret_parts_of_an_address(
    tmp_path: Path, setting: str, held: str, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = ""
    try:
        if place == "environment":
            shown = repr(load(tmp_path, **{setting: held}))
        else:
            shown = repr(load(tmp_path, {"arkor": {setting.lower(): held}}))
    except SettingsError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error.args)
    assert shown
    assert CANARY not in shown + caplog.text


@pytest.mark.parametrize("setting", ["ARKOR_STUDIO_URL", "ARKOR_CLOUD_API_URL"])
@pytest.mark.parametrize(
    "held",
    [
        f"host:4000/?{CANARY}",
        f"host/#{CANARY}",
        f"//user:{CANARY}@host",
        f"user:{CANARY}@host",
        f"://u:{CANARY}@h",
    ],
)
def test_an_address_without_a_scheme_shows_no_secret_part_either(
    tmp_path: Path, setting: str, held: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, **{setting: held})

    assert CANARY not in str(raised.value)


def test_the_error_for_an_address_with_a_query_shows_the_rest_of_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ARKOR_STUDIO_URL is 'http://host:4000/\?…', but may only be"):
        load(tmp_path, ARKOR_STUDIO_URL="http://host:4000/?x=1")


@pytest.mark.parametrize(
    "listed", [["Ada@Example.org", " kim@example.org"], "ada@example.org, KIM@example.org,"]
)
def test_operators_are_a_list_in_the_secrets_or_a_text_with_commas(tmp_path: Path, listed: object) -> None:
    settings = load(tmp_path, {"arkor": {"arkor_dash_operators": listed}})

    assert settings.operators == {"ada@example.org", "kim@example.org"}


def test_operators_in_the_environment_replace_those_in_the_secrets(tmp_path: Path) -> None:
    secrets: dict[str, object] = {"arkor": {"arkor_dash_operators": ["ada@example.org"]}}

    settings = load(tmp_path, secrets, ARKOR_DASH_OPERATORS="kim@example.org")

    assert settings.operators == {"kim@example.org"}


@pytest.mark.parametrize("listed", [[5], {"ada@example.org": True}])
def test_operators_of_another_type_are_an_error(tmp_path: Path, listed: object) -> None:
    with pytest.raises(SettingsError, match="ARKOR_DASH_OPERATORS is "):
        load(tmp_path, {"arkor": {"arkor_dash_operators": listed}})


@pytest.mark.parametrize("section", ["text", ["list"], 5])
def test_secrets_of_another_type_are_an_error(tmp_path: Path, section: object) -> None:
    with pytest.raises(SettingsError, match="may only be a table"):
        load(tmp_path, {"arkor": section})


def test_a_secret_that_is_not_text_is_an_error_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ARKOR_STUDIO_TOKEN is of type int"):
        load(tmp_path, {"arkor": {"arkor_studio_token": 5}})


@pytest.mark.parametrize(
    "url", ["sqlite:///x.db", "postgresql+psycopg://u:p@host/db", "postgresql://host/db"]
)
def test_a_database_url_is_kept_as_a_secret(tmp_path: Path, url: str) -> None:
    settings = load(tmp_path, ARKOR_DASH_DATABASE_URL=url)

    assert settings.database_url == Secret(url)
    assert url not in repr(settings)


def test_a_secret_is_only_readable_through_reveal() -> None:
    secret = Secret(CANARY)

    assert secret.reveal() == CANARY
    assert CANARY not in f"{secret} {secret!r}"
    assert secret != CANARY
    with pytest.raises(TypeError):
        pickle.dumps(secret)
