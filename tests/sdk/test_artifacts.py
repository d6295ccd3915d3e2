from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from arkor_dash.sdk.artifacts import ArtifactFolder


def write(path: Path, text: str = "weights") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_is_copied_into_the_folder(tmp_path: Path) -> None:
    source = write(tmp_path / "model.npz", "abc")
    artifact = ArtifactFolder(tmp_path / "artifacts").save("artifact", source)
    assert artifact.payload() == {"kind": "artifact", "name": "model.npz", "sizeBytes": 3}
    assert artifact.path == tmp_path / "artifacts" / "model.npz"
    source.write_text("changed later")
    assert artifact.path.read_text() == "abc"


def test_a_folder_is_copied_with_the_targets_of_its_links(tmp_path: Path) -> None:
    write(tmp_path / "blobs" / "1", "four")
    write(tmp_path / "model" / "deep" / "config.json", "{}")
    (tmp_path / "model" / "weights").symlink_to("../blobs/1")
    artifact = ArtifactFolder(tmp_path / "artifacts").save("artifact", tmp_path / "model")
    assert artifact.size_bytes == 6
    assert not (artifact.path / "weights").is_symlink()
    assert (artifact.path / "weights").read_text() == "four"
    assert (artifact.path / "deep" / "config.json").read_text() == "{}"


def test_copies_are_private(tmp_path: Path) -> None:
    file = write(tmp_path / "model" / "deep" / "weights")
    for path, mode in ((file, 0o644), (file.parent, 0o555), (tmp_path / "model", 0o755)):
        path.chmod(mode)
    folder = ArtifactFolder(tmp_path / "artifacts")
    folder.save("artifact", tmp_path / "model")
    folder.save("artifact", file)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "artifacts").rglob("*")}
    file.parent.chmod(0o755)
    assert modes == {"model": 0o700, "deep": 0o700, "weights": 0o600}


def test_saving_the_same_path_again_replaces_the_copy(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path / "artifacts")
    folder.save("artifact", write(tmp_path / "model" / "old", "1").parent)
    (tmp_path / "model" / "old").rename(tmp_path / "model" / "new")
    artifact = folder.save("artifact", tmp_path / "model")
    assert [file.name for file in artifact.path.iterdir()] == ["new"]
    assert [file.name for file in (tmp_path / "artifacts").iterdir()] == ["model"]


def test_another_path_with_the_same_name_gets_a_new_name(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path / "artifacts")
    names = [folder.save("artifact", write(tmp_path / part / "model.npz", part)).name for part in "abc"]
    assert names == ["model.npz", "model-2.npz", "model-3.npz"]
    assert (tmp_path / "artifacts" / "model.npz").read_text() == "a"
    assert (tmp_path / "artifacts" / "model-3.npz").read_text() == "c"


def test_two_checkpoints_written_to_the_same_path_are_both_kept(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path / "artifacts")
    for step in ("1", "2"):
        folder.save("checkpoint", write(tmp_path / "model.npz", step), folder=f"checkpoint-{step}")
    assert (tmp_path / "artifacts" / "checkpoint-1" / "model.npz").read_text() == "1"
    assert (tmp_path / "artifacts" / "checkpoint-2" / "model.npz").read_text() == "2"


def test_unprintable_characters_in_a_name_are_replaced(tmp_path: Path) -> None:
    source = tmp_path / os.fsdecode(b"a\nb\xff<c>")
    source.write_text("x")
    artifact = ArtifactFolder(tmp_path / "artifacts").save("artifact", source)
    assert artifact.name == "a_b__c_"
    assert artifact.path.read_text() == "x"


@pytest.mark.parametrize("path", ["sub/..", ".", "sub/../sub/model.npz"])
def test_a_path_with_dots_is_saved_under_its_real_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    home = tmp_path / "home"
    write(home / "sub" / "model.npz")
    monkeypatch.chdir(home)
    artifact = ArtifactFolder(tmp_path / "run" / "artifacts").save("artifact", path)
    assert artifact.name == ("model.npz" if path.endswith(".npz") else "home")
    assert artifact.path.parent == tmp_path / "run" / "artifacts"


def test_saving_a_missing_path_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="write the file first, then save it"):
        ArtifactFolder(tmp_path / "artifacts").save("artifact", tmp_path / "model.npz")


def test_a_folder_that_contains_the_runs_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="save a part of it"):
        ArtifactFolder(tmp_path / "run" / "artifacts").save("artifact", tmp_path)


def test_without_a_run_folder_nothing_is_copied(tmp_path: Path) -> None:
    source = write(tmp_path / "model.npz")
    artifact = ArtifactFolder(None).save("artifact", source)
    assert artifact.path == source
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]


def test_a_full_disk_does_not_end_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    source = write(tmp_path / "model.npz")
    artifact = ArtifactFolder(tmp_path / "artifacts").save("artifact", source)
    assert artifact.path == source
    assert "No space left on device" in capsys.readouterr().err
    assert list((tmp_path / "artifacts").iterdir()) == []
