"""The Studio that the dashboard starts for itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from arkor_dash.errors import StudioStartError
from arkor_dash.protocol.discovery import running_studios
from arkor_dash.settings.load import SAMPLE_PROJECT
from arkor_dash.settings.secret import Secret
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
            return session.get(f"{studio.url}/api/jobs", headers=headers, timeout=5).ok
    except requests.ConnectionError:
        return False


def process_of(studio: EmbeddedStudio) -> psutil.Process:
    return next(
        child for child in psutil.Process().children() if "arkor_dash.studio" in " ".join(child.cmdline())
    )


def test_it_answers_as_soon_as_it_is_made(studio):
    assert studio.url.startswith("http://127.0.0.1:")
    assert answers(studio)


def test_its_token_is_neither_in_its_arguments_nor_in_its_repr(studio):
    assert studio.token.reveal() not in " ".join(process_of(studio).cmdline())
    assert studio.token.reveal() not in repr(studio.__dict__)


def test_scripts_find_it_with_a_token_that_is_not_its_own(studio):
    (found,) = [record for record in running_studios() if record.url == studio.url]
    assert found.project == SAMPLE_PROJECT.resolve()
    assert found.token != studio.token.reveal()


def test_when_it_dies_it_is_started_again_at_the_same_address(studio):
    url = studio.url
    died = process_of(studio)
    died.kill()
    wait_until(lambda: not died.is_running() and answers(studio), what="a new Studio")
    assert studio.url == url


def test_closing_it_ends_its_process(tmp_path):
    studio = EmbeddedStudio(SAMPLE_PROJECT, tmp_path / "state", None)
    process = process_of(studio)
    studio.close()
    assert not process.is_running()
    assert not answers(studio)


def test_a_studio_that_can_not_start_says_why(tmp_path):
    with pytest.raises(StudioStartError, match="did not start") as caught:
        EmbeddedStudio(SAMPLE_PROJECT, tmp_path / "state", Secret("nonsense://"))
    assert len(str(caught.value)) > len("The embedded Studio did not start. ")
