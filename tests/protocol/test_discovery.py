"""The Studios that a script finds through their records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arkor_dash.protocol.discovery import StudioRecord, published, records_dir, running_studios
from tests.waiting import read_line

PUBLISHER = """
import sys, time
from pathlib import Path
from arkor_dash.protocol.discovery import StudioRecord, published
url, project, started_at = sys.argv[1:]
with published(StudioRecord(url, "opener", Path(project), Path(project) / ".arkor", float(started_at))):
    print("there", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def publish() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts processes that each publish a Studio."""
    started: list[subprocess.Popen[str]] = []

    def start(url: str, project: Path, started_at: float = 1.0) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, url, str(project), str(started_at)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert read_line(process.stdout) == "there\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=30)


def urls(cwd: Path | None = None) -> list[str]:
    return [studio.url for studio in running_studios(cwd)]


def test_a_record_is_private_and_removed_at_the_end(tmp_path: Path) -> None:
    record = StudioRecord("http://127.0.0.1:1", "opener", tmp_path, tmp_path / ".arkor", 1.0)
    with published(record):
        assert running_studios() == [record]
        (path,) = records_dir().iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
        assert records_dir().stat().st_mode & 0o777 == 0o700
        assert "opener" not in repr(record)
    assert list(records_dir().iterdir()) == []
    assert running_studios() == []


def test_no_studio_is_found_if_none_was_ever_started() -> None:
    assert running_studios() == []


def test_the_record_of_a_killed_studio_is_removed(publish, tmp_path: Path) -> None:
    studio = publish("http://127.0.0.1:1", tmp_path)
    assert urls() == ["http://127.0.0.1:1"]
    studio.kill()
    studio.wait(30)
    assert len(list(records_dir().iterdir())) == 1
    publish("http://127.0.0.1:2", tmp_path)
    assert len(list(records_dir().iterdir())) == 1
    assert urls() == ["http://127.0.0.1:2"]


def test_a_stale_record_is_removed_even_if_its_process_id_is_in_use(publish, tmp_path: Path) -> None:
    publish("http://127.0.0.1:1", tmp_path)
    (path,) = records_dir().iterdir()
    # As after a kill and a new process of the same id: the same content, and nobody holds it.
    copy = {**json.loads(path.read_text()), "url": "http://127.0.0.1:2", "pid": os.getpid()}
    handle = os.open(path.with_name("studio-copy.json"), os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(copy, file)
    assert urls() == ["http://127.0.0.1:1"]
    assert not path.with_name("studio-copy.json").exists()


def test_the_innermost_project_around_the_script_comes_first_then_the_newest_studio(
    publish, tmp_path: Path
) -> None:
    inner = tmp_path / "team" / "mine"
    inner.mkdir(parents=True)
    publish("http://127.0.0.1:1", tmp_path / "team", 3.0)
    publish("http://127.0.0.1:2", inner, 1.0)
    publish("http://127.0.0.1:3", tmp_path / "elsewhere", 2.0)
    publish("http://127.0.0.1:4", tmp_path / "elsewhere", 4.0)
    by_port = [url[-1] for url in urls(inner)]
    assert by_port == ["2", "1", "4", "3"]
    assert [url[-1] for url in urls()] == ["4", "1", "3", "2"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.chmod(0o640),
        lambda path: path.write_text("{"),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), "host": "another"})),
        lambda path: path.symlink_to(path.rename(path.with_name("kept"))),
    ],
)
def test_a_record_that_is_not_private_broken_or_from_another_machine_is_ignored(
    publish, tmp_path, spoil
) -> None:
    publish("http://127.0.0.1:1", tmp_path)
    (path,) = records_dir().iterdir()
    spoil(path)
    assert urls() == []
    assert path.exists()
