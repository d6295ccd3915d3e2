"""The script that the Overview page offers."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from arkor_dash.protocol.discovery import StudioRecord, published
from arkor_dash.recordings.storage import Folder
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import RecordingSource, Source, StudioSource
from arkor_dash.ui.report_card import script_snippet

OURS = "http://127.0.0.1:4100"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


def snippet(source: Source, *running: str) -> str | None:
    """The snippet of a dashboard while the Studios at these addresses run."""
    with ExitStack() as studios:
        for url in running:
            studios.enter_context(published(StudioRecord(url, "token", Path("/"), Path("/"), 0.0)))
        return script_snippet(SimpleNamespace(source=source))


def test_a_script_needs_no_address_where_one_studio_runs():
    shown = snippet(StudioSource(OURS, Secret("token")), OURS)
    assert shown is not None
    assert 'init(name="my-run") as run' in shown


def test_a_script_names_the_studio_where_it_could_find_another():
    shown = snippet(StudioSource(OURS, Secret("token")), OURS, "http://127.0.0.1:4200")
    assert shown is not None
    assert f'init(name="my-run", url="{OURS}") as run' in shown


def test_no_script_is_offered_for_a_source_that_scripts_do_not_find(tmp_path: Path):
    assert snippet(StudioSource("http://127.0.0.1:4000", Secret("token")), OURS) is None
    assert snippet(RecordingSource(Folder(tmp_path)), OURS) is None
