"""The commit of a run's code, and whether the code was changed since, by a real git."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from arkor_dash.sdk.recorder import commands
from arkor_dash.sdk.recorder.code_version import CodeFolder, code_version, folder_of_script
from arkor_dash.sdk.recorder.commands import output_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "repository"
    (folder / "src" / "arkor").mkdir(parents=True)
    (folder / "src" / "arkor" / "index.py").write_text("x = 1\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--no-gpg-sign", "-m", "first")
    return folder


def test_unchanged_code_is_that_of_the_commit(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    for folder in (repository, repository / "src" / "arkor"):
        assert code_version(CodeFolder(folder)) == (commit, False)


def test_edited_staged_and_new_code_counts_as_changed_but_not_what_a_training_writes(
    repository: Path,
) -> None:
    (repository / "checkpoint.bin").write_text("weights")
    assert code_version(CodeFolder(repository))[1] is False
    (repository / "new.py").write_text("")
    assert code_version(CodeFolder(repository))[1] is True
    (repository / "new.py").unlink()
    (repository / "src" / "arkor" / "index.py").write_text("x = 2\n")
    assert code_version(CodeFolder(repository))[1] is True
    git(repository, "add", ".")
    assert code_version(CodeFolder(repository))[1] is True


def test_a_snapshot_of_code_that_was_edited_and_committed_since_counts_as_changed(
    repository: Path, tmp_path: Path
) -> None:
    source, snapshot = repository / "src" / "arkor", tmp_path / "snapshot"
    shutil.copytree(source, snapshot)
    (snapshot / "__pycache__").mkdir()
    (snapshot / "__pycache__" / "index.pyc").write_text("")
    assert code_version(CodeFolder(source, snapshot))[1] is False
    (source / "index.py").write_text("x = 2\n")
    git(repository, "commit", "--quiet", "--no-gpg-sign", "-am", "second")
    assert code_version(CodeFolder(source, snapshot)) == (git(repository, "rev-parse", "HEAD"), True)
    (source / "index.py").unlink()
    git(repository, "commit", "--quiet", "--no-gpg-sign", "-am", "third")
    assert code_version(CodeFolder(source, snapshot))[1] is True


def test_without_a_commit_or_a_repository_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert code_version(CodeFolder(tmp_path)) == ("", None)
    git(tmp_path, "init", "--quiet")
    assert code_version(CodeFolder(tmp_path)) == ("", None)
    assert code_version(CodeFolder(tmp_path / "gone")) == ("", None)


def test_the_repository_of_the_code_counts_and_not_one_that_the_shell_has_chosen(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert code_version(CodeFolder(repository)) == (commit, False)


def test_a_program_that_the_repository_names_is_not_run(repository: Path, tmp_path: Path) -> None:
    program = tmp_path / "monitor"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    program.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(program))
    code_version(CodeFolder(repository))
    assert not (tmp_path / "was-run").exists()


def test_the_index_is_left_alone(repository: Path) -> None:
    os.utime(repository / "src" / "arkor" / "index.py", (1, 1))
    before = (repository / ".git" / "index").read_bytes()
    assert code_version(CodeFolder(repository))[1] is False
    assert (repository / ".git" / "index").read_bytes() == before


def test_a_command_that_hangs_fails_or_is_not_there_has_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "TIMEOUT_S", 0.1)
    assert output_of("sh", "-c", "sleep 60 & sleep 60") is None
    monkeypatch.setattr(commands, "TIMEOUT_S", 60.0)
    assert output_of("sh", "-c", "echo no; exit 3") is None
    assert output_of("no-such-program") is None
    assert output_of("sh", "-c", "cat; echo yes") == "yes"


def test_the_folder_of_a_notebook_is_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__file__", __file__, raising=False)
    assert folder_of_script() == CodeFolder(Path(__file__).parent)
    monkeypatch.delattr(main, "__file__")
    assert folder_of_script() == CodeFolder(Path.cwd())
