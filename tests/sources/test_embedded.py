"""The Studio that the dashboard starts for itself."""

from __future__ import annotations

import os
import site
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from arkor_dash.errors import SourceUnavailableError, StudioStartError
from arkor_dash.protocol.discovery import running_studios
from arkor_dash.settings.load import SAMPLE_PROJECT
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import EMBEDDED, StudioSource, embedded
from arkor_dash.sources.embedded import EmbeddedStudio
from tests.waiting import wait_until


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[EmbeddedStudio]:
    studio = EmbeddedStudio(SAMPLE_PROJECT, tmp_path / "state", None)
    yield studio
    studio.close()


def answers(studio: EmbeddedStudio) -> bool:
    headers = {"X-Arkor-Studio-Token": studio.token.reveal()}
    try:
        with requests.Session() as session:
            return session.get(f"{studio.url}/api/jobs", headers=headers, timeout=20).ok
    except requests.RequestException:
        return False


def process_of(studio: EmbeddedStudio) -> psutil.Process:
    return next(
        child for child in psutil.Process().children() if "arkor_dash.studio" in " ".join(child.cmdline())
    )


def test_it_answers_as_soon_as_it_is_created(studio):
    assert studio.url.startswith("http://127.0.0.1:")
    assert answers(studio)


def test_its_token_is_neither_in_its_arguments_nor_in_its_repr(studio):
    assert studio.token.reveal() not in " ".join(process_of(studio).cmdline())
    assert studio.token.reveal() not in repr(studio.__dict__)


def test_scripts_find_it_with_a_token_of_their_own(studio):
    (found,) = [record for record in running_studios() if record.url == studio.url]
    assert found.project == SAMPLE_PROJECT.resolve()
    assert found.token != studio.token.reveal()


def test_a_studio_that_dies_is_started_again_at_the_same_address(studio):
    url = studio.url
    died = process_of(studio)
    died.kill()
    wait_until(lambda: not died.is_running() and answers(studio), what="a new Studio")
    assert studio.url == url


def test_closing_it_during_a_wait_to_start_again_ends_the_wait(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(embedded, "FIRST_WAIT_S", 3_600.0)
    monkeypatch.setattr(embedded, "LONGEST_WAIT_S", 3_600.0)
    studio = EmbeddedStudio(SAMPLE_PROJECT, tmp_path / "state", None)
    first = process_of(studio)
    first.kill()
    wait_until(lambda: not first.is_running() and answers(studio), what="a new Studio")
    process_of(studio).kill()
    wait_until(lambda: "ended within" in caplog.text, what="the wait")
    studio.close()
    wait_until(
        lambda: "embedded-studio" not in [thread.name for thread in threading.enumerate()],
        what="the end of the supervising thread",
    )


def test_closing_it_ends_its_process(tmp_path):
    studio = EmbeddedStudio(SAMPLE_PROJECT, tmp_path / "state", None)
    process = process_of(studio)
    studio.close()
    assert not process.is_running()
    assert not answers(studio)


def test_a_studio_that_fails_to_start_says_why(tmp_path):
    with pytest.raises(StudioStartError, match="did not start") as caught:
        EmbeddedStudio(SAMPLE_PROJECT, tmp_path / "state", Secret("nonsense://"))
    assert len(str(caught.value)) > len("The embedded Studio did not start. ")


def test_a_studio_that_can_not_be_started_again_says_why_to_whoever_asks(tmp_path):
    state = tmp_path / "state"
    studio = EmbeddedStudio(SAMPLE_PROJECT, state, None)
    source = StudioSource(studio.url, studio.access, EMBEDDED)
    assert source.jobs().jobs == ()
    database = state / "studio.sqlite3"
    kept = database.read_bytes()
    try:
        process_of(studio).kill()
        database.write_bytes(b"zeroed" * 1_000)

        def problem() -> str:
            try:
                source.jobs()
            except SourceUnavailableError as error:
                return str(error)
            return ""

        wait_until(lambda: f"did not start. {database} is not a database of SQLite." in problem())
        (state / "studio.sqlite3-wal").unlink(missing_ok=True)
        database.write_bytes(kept)
        wait_until(lambda: not problem(), what="a Studio with the restored database")
    finally:
        studio.close()


PACKAGE_PARENT = Path(embedded.__file__).parents[2]


def python_path_of_a_studio(tmp_path: Path) -> list[str]:
    studio = EmbeddedStudio(SAMPLE_PROJECT, tmp_path / "state", None)
    try:
        return process_of(studio).environ().get("PYTHONPATH", "").split(os.pathsep)
    finally:
        studio.close()


def test_an_installed_package_is_not_put_before_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(PACKAGE_PARENT)])

    assert str(PACKAGE_PARENT) not in python_path_of_a_studio(tmp_path)


def test_a_package_that_is_not_installed_is_found_after_the_users_own_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert python_path_of_a_studio(tmp_path) == [str(tmp_path), str(PACKAGE_PARENT)]
