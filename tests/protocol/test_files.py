"""Atomic writes, safe opens and locks, on real files and between real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from arkor_dash.protocol.files import atomic_write, is_private, lock, open_regular, write_private
from tests.waiting import read_line

HOLDER = """
import os, sys
from arkor_dash.protocol.files import lock
lock(os.open(sys.argv[1], os.O_RDONLY), shared=sys.argv[2] == "shared")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    opened = os.open(tmp_path, os.O_RDONLY)
    yield opened
    os.close(opened)


@pytest.fixture
def holders() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate(timeout=30)


def hold(path: Path, kind: str, holders: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    """Start a process that locks `path` until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    holders.append(process)
    assert process.stdout is not None
    assert read_line(process.stdout) == "locked\n"
    return process


def test_a_written_file_is_private_and_no_temporary_file_remains(tmp_path: Path) -> None:
    write_private(tmp_path / "token", "ünlocked")
    assert (tmp_path / "token").read_text("utf-8") == "ünlocked"
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["token"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    write_private(tmp_path / "state", "old")

    def fail_half_way() -> None:
        with atomic_write(tmp_path / "state") as file:
            file.write(b"half of the n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert (tmp_path / "state").read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["state"]


def test_readers_see_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path, contents, written = tmp_path / "state", set(), threading.Event()
    write_private(path, "a" * 100_000)

    def write() -> None:
        for letter in "bcdefghij":
            write_private(path, letter * 100_000)
        written.set()

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    while not written.is_set():
        text = path.read_text()
        contents.add((len(text), len(set(text))))
    writer.join(30)
    assert contents == {(100_000, 1)}


def test_a_write_replaces_a_link_and_not_its_target(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("kept")
    (tmp_path / "state").symlink_to(tmp_path / "elsewhere")
    write_private(tmp_path / "state", "new")
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert (tmp_path / "state").read_text() == "new"


def test_a_regular_file_is_opened_from_its_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with open_regular(tmp_path / "file") as file:
        assert file.read() == b"content"


@pytest.mark.parametrize("kind", ["missing", "link", "pipe", "folder", "below a file"])
def test_opening_anything_but_a_regular_file_raises_file_not_found(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    if kind == "link":
        (tmp_path / "target").write_text("secret")
        path.symlink_to(tmp_path / "target")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "below a file":
        path.write_text("")
        path = path / "further"
    with pytest.raises(FileNotFoundError):
        open_regular(path)


@pytest.mark.parametrize(("mode", "private"), [(0o600, True), (0o640, False), (0o602, False)])
def test_a_file_that_others_can_open_is_not_private(tmp_path: Path, mode: int, private: bool) -> None:
    path = tmp_path / "file"
    path.write_text("")
    path.chmod(mode)
    with path.open() as file:
        assert is_private(file.fileno()) is private


@pytest.mark.parametrize(
    ("held", "wanted"), [("shared", "exclusive"), ("exclusive", "shared"), ("exclusive", "exclusive")]
)
def test_an_exclusive_lock_excludes_every_other(
    tmp_path: Path, descriptor: int, holders: list[subprocess.Popen[str]], held: str, wanted: str
) -> None:
    hold(tmp_path, held, holders)
    with pytest.raises(BlockingIOError):
        lock(descriptor, shared=wanted == "shared")


def test_shared_locks_can_be_held_together(
    tmp_path: Path, descriptor: int, holders: list[subprocess.Popen[str]]
) -> None:
    hold(tmp_path, "shared", holders)
    lock(descriptor, shared=True)


def test_a_waiting_process_gets_the_lock_when_its_holder_ends(
    tmp_path: Path, descriptor: int, holders: list[subprocess.Popen[str]]
) -> None:
    holder = hold(tmp_path, "exclusive", holders)
    threading.Timer(0.2, holder.kill).start()
    lock(descriptor, wait_s=30)


def test_waiting_for_a_lock_ends_at_the_time_limit(
    tmp_path: Path, descriptor: int, holders: list[subprocess.Popen[str]]
) -> None:
    hold(tmp_path, "exclusive", holders)
    began = time.monotonic()
    with pytest.raises(BlockingIOError):
        lock(descriptor, wait_s=0.2)
    assert 0.2 <= time.monotonic() - began < 30
