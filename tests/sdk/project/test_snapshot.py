from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from arkor_dash.errors import ProjectError
from arkor_dash.sdk.project import selection
from arkor_dash.sdk.project.snapshot import build_dir, built, current, find_entry


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARKOR_BUILD_DIR", raising=False)
    entry = tmp_path / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text("VERSION = 1")
    return entry


def version() -> str | None:
    with current(build_dir()) as snapshot:
        return (snapshot.folder / snapshot.entry).read_text() if snapshot else None


def test_the_last_snapshot_is_current_until_the_new_one_is_complete(
    entry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions: list[str | None] = []
    copytree = shutil.copytree

    def watched(*arguments: Any, **options: Any) -> None:
        versions.append(version())
        copytree(*arguments, **options)
        versions.append(version())

    monkeypatch.setattr(shutil, "copytree", watched)
    with built(find_entry(None), build_dir()):
        assert version() == "VERSION = 1"
    entry.write_text("VERSION = 2")
    with built(find_entry(None), build_dir()):
        assert version() == "VERSION = 2"
    assert versions == [None, None, "VERSION = 1", "VERSION = 1"]


def test_a_failed_copy_keeps_the_last_snapshot(entry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with built(find_entry(None), build_dir()):
        pass

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", full)
    with pytest.raises(ProjectError, match="No space left on device"), built(entry, build_dir()):
        pass
    assert version() == "VERSION = 1"


def test_an_abandoned_snapshot_is_removed_by_the_next_build(entry: Path) -> None:
    (build_dir() / "snapshot-dead").mkdir(parents=True)
    with built(entry, build_dir()) as snapshot:
        assert list(build_dir().glob("snapshot-*")) == [snapshot.folder]


def test_data_beside_the_entry_is_copied_and_caches_are_not(entry: Path) -> None:
    (entry.parent / "words.txt").write_text("a b c")
    (entry.parent / "__pycache__").mkdir()
    (entry.parent / "nested").mkdir()
    (entry.parent / "nested" / "more.txt").write_text("d")
    (entry.parent / "gone").symlink_to("nowhere")
    with built(entry, build_dir()) as snapshot:
        names = sorted(path.relative_to(snapshot.folder).as_posix() for path in snapshot.folder.rglob("*"))
    assert names == ["index.py", "nested", "nested/more.txt", "words.txt"]


def test_a_snapshot_of_a_read_only_project_is_writable(entry: Path) -> None:
    (entry.parent / "nested").mkdir()
    for folder in (entry.parent / "nested", entry.parent):
        folder.chmod(0o555)
    try:
        with built(entry, build_dir()) as snapshot:
            modes = {path.stat().st_mode & 0o777 for path in (snapshot.folder, snapshot.folder / "nested")}
    finally:
        entry.parent.chmod(0o755)
    assert modes == {0o700}


def test_the_files_of_a_build_are_private(entry: Path) -> None:
    tool = entry.parent / "nested" / "tool.sh"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh")
    tool.chmod(0o755)
    entry.chmod(0o644)
    with built(entry, build_dir()):
        modes = {path.name: path.stat().st_mode & 0o777 for path in build_dir().rglob("*")}
    folder = next(name for name in modes if name.startswith("snapshot-"))
    assert modes == {
        folder: 0o700,
        "nested": 0o700,
        "tool.sh": 0o700,
        "index.py": 0o600,
        "current.json": 0o600,
    }


def refusal(entry: Path) -> str:
    with pytest.raises(ProjectError) as refused, built(entry, build_dir()):
        pass
    return str(refused.value)


def test_links_to_any_file_and_to_folders_inside_are_followed(entry: Path, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("a b c")
    (entry.parent / "words.txt").symlink_to(tmp_path / "words.txt")
    (entry.parent / "one").mkdir()
    (entry.parent / "two").symlink_to("one")
    (entry.parent / "one" / "x.py").write_text("X = 1")
    with built(entry, build_dir()) as snapshot:
        assert (snapshot.folder / "words.txt").read_text() == "a b c"
        assert (snapshot.folder / "two" / "x.py").read_text() == "X = 1"
        assert not [path for path in snapshot.folder.rglob("*") if path.is_symlink()]


def test_a_link_to_a_folder_outside_is_refused_with_advice(entry: Path, tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    (entry.parent / "data").symlink_to(tmp_path / "dataset")
    assert refusal(entry) == (
        f"src/arkor/data is a link to {tmp_path}/dataset, which is outside src/arkor. "
        "Links are copied at every build. Remove the link, and open that folder by its own path."
    )


@pytest.mark.parametrize("target", [".", "..", "../..", "/"])
def test_a_link_to_a_folder_that_contains_it_is_refused(entry: Path, target: str) -> None:
    (entry.parent / "again").symlink_to(target)
    assert refusal(entry) == "src/arkor/again is a link to a folder that contains it. Remove the link."


def test_links_that_form_a_cycle_are_refused(entry: Path) -> None:
    for folder, other in (("a", "b"), ("b", "a")):
        (entry.parent / folder).mkdir()
        for number in range(2):
            (entry.parent / folder / f"link{number}").symlink_to(f"../{other}")
    assert re.fullmatch(
        r"src/arkor/[ab]/link[01]/link[01] is a link to a folder that contains it\. Remove the link\.",
        refusal(entry),
    )


@pytest.mark.parametrize(
    ("limit", "value", "shown"),
    [("FILES_LIMIT", 20, "more than 20 files and folders"), ("BYTES_LIMIT", 1_000, "more than 1,000 bytes")],
)
def test_a_project_that_is_too_large_to_copy_is_refused_with_advice(
    entry: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, shown: str
) -> None:
    data = entry.parent / "data" / "deep"
    data.mkdir(parents=True)
    for number in range(50):
        (data / f"{number}.bin").write_bytes(b"x" * 100)
    monkeypatch.setattr(selection, limit, value)
    assert refusal(entry) == (
        f"src/arkor has {shown}, most of them in 'data'. "
        "It is copied at every build. Move 'data' out of src/, and open it by its path."
    )


@pytest.mark.parametrize(
    "pointer",
    [
        "",
        "[]",
        "{}",
        '{"snapshot": "snapshot-gone", "source": "/x", "entry": "index.py"}',
        '{"snapshot": "../../src/arkor", "source": "/x", "entry": "index.py"}',
        '{"snapshot": "snapshot-", "source": "/x", "entry": "../index.py"}',
    ],
)
def test_a_broken_current_json_means_no_snapshot(entry: Path, pointer: str) -> None:
    build_dir().mkdir(parents=True)
    (build_dir() / "current.json").write_text(pointer)
    assert version() is None


def test_a_build_folder_inside_the_copied_folder_is_refused(entry: Path) -> None:
    with (
        pytest.raises(ProjectError, match="which a build copies"),
        built(entry, entry.parent / "build"),
    ):
        pass
