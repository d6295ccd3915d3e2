"""A run's artifacts can be downloaded, and no other files."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from arkor_dash.studio.api.downloads import LEFT_OUT, open_download
from tests.studio.process import StudioProcess
from tests.studio.runs.test_cancel import REAL_TRAINER

Launch = Callable[..., StudioProcess]

PROJECT = """
from pathlib import Path
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    folder = Path("adapter")
    (folder / "ünder").mkdir(parents=True, exist_ok=True)
    for name, text in (("config.json", "{}"), ("ünder/weights", "w" * 700), ("empty", "")):
        (folder / name).write_text(text)
    Path("model.npz").write_bytes(bytes(range(256)) * 4000)
    run.save_checkpoint(5, "model.npz")
    run.save_artifact(folder)
    run.save_artifact("model.npz")

arkor = create_arkor(trainer=create_trainer(name="saves", train=train))
"""
CONTENT = bytes(range(256)) * 4000


def fetch(studio: StudioProcess, job_id: str, name: str) -> tuple[int, bytes, str]:
    answer = studio.get(f"/api/jobs/{job_id}/artifacts/{quote(name, safe='')}")
    return answer.status_code, answer.content, answer.headers.get("Content-Disposition", "")


def test_checkpoints_files_and_folders_are_fetched_whole(launch: Launch, project: Path) -> None:
    entry = project / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(PROJECT)
    studio = launch(trainer=REAL_TRAINER)
    job_id, _ = studio.train()
    listed = studio.get(f"/api/jobs/{job_id}").json()["artifacts"]
    assert [each["name"] for each in listed] == ["checkpoint-5/model.npz", "adapter", "model.npz"]
    *_, (_, _, data), _ = studio.events(job_id)
    assert [each.get("isFolder") for each in data["artifacts"]] == [True, None]
    for name in ("checkpoint-5/model.npz", "model.npz"):
        status, content, disposition = fetch(studio, job_id, name)
        assert (status, content == CONTENT, disposition) == (
            200,
            True,
            "attachment; filename*=UTF-8''model.npz",
        )
    status, content, disposition = fetch(studio, job_id, "adapter")
    assert (status, disposition) == (200, "attachment; filename*=UTF-8''adapter.tar")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        found = {each.name: archive.extractfile(each).read() for each in archive.getmembers()}
    assert found == {
        "adapter/config.json": b"{}",
        "adapter/ünder/weights": b"w" * 700,
        "adapter/empty": b"",
    }
    assert fetch(studio, job_id, "checkpoint-5")[0] == 404, "it is there, but was not reported"


NAMES = [
    "../output.log",
    "..",
    ".",
    "",
    "/etc/hostname",
    "link",
    "linked/hostname",
    "loop",
    "fifo",
    "a/../../output.log",
    "x" * 5_000,
    "real/../link",
]


def test_no_reported_name_gives_access_to_files_outside_the_artifacts_folder(launch: Launch) -> None:
    code = f"""
os.chdir(os.environ["ARKOR_RUN_DIR"] + "/artifacts")
open("real", "w").write("mine")
os.mkdir("a")
os.symlink("/etc/hostname", "link")
os.symlink("/etc", "linked")
os.symlink("loop", "loop")
os.mkfifo("fifo")
os.symlink("real", "inside")
names = {[*NAMES, "inside", "real"]!r}
send((1, "training.completed", {{"artifacts": [{{"name": name}} for name in names]}}))
"""
    studio = launch(trainer=code)
    job_id, _ = studio.train()
    for name in NAMES:
        status, content, _ = fetch(studio, job_id, name)
        assert (status, b"There is no such artifact here" in content or b"Not Found" in content) == (
            404,
            True,
        )
    for name in ("inside", "real"):
        assert fetch(studio, job_id, name)[1] == b"mine"
    assert studio.get("/api/jobs/job_x/artifacts/real").status_code == 404
    path = f"/api/jobs/{job_id}/artifacts/real"
    assert studio.get(path, headers={"X-Arkor-Studio-Token": "x"}).status_code == 403
    assert studio.get(path, headers={"Host": "evil.example"}).status_code == 403


def test_links_in_a_folder_are_left_out_of_its_archive(tmp_path: Path) -> None:
    folder = tmp_path / "root" / "kept"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_text("s3cret")
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "outside").symlink_to(tmp_path)
    (folder / "mine").write_text("mine")
    archive = b"".join(open_download(tmp_path / "root", "kept").pieces)
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        assert opened.getnames() == ["kept/mine", LEFT_OUT]
        note = opened.extractfile(LEFT_OUT)
        assert note is not None
        assert note.read().decode().splitlines()[2:] == ["kept/outside", "kept/out"]
    assert b"s3cret" not in archive


def test_an_archive_names_the_files_that_could_not_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "root" / "kept"
    folder.mkdir(parents=True)
    (folder / "a").write_text("a")
    os.mkfifo(folder / "b")
    archive = b"".join(open_download(tmp_path / "root", "kept").pieces)
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        assert opened.getnames() == ["kept/a", LEFT_OUT]
        note = opened.extractfile(LEFT_OUT)
        assert note is not None
        assert note.read().decode().splitlines()[2:] == ["kept/b"]


def test_a_file_that_changes_during_its_download_keeps_the_announced_size(tmp_path: Path) -> None:
    folder = tmp_path / "root" / "kept"
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        (folder / name).write_bytes(b"x" * 300_000)
    pieces = iter(open_download(tmp_path / "root", "kept").pieces)
    read = [next(pieces), next(pieces)]
    (folder / "a").write_bytes(b"")
    (folder / "b").write_bytes(b"y" * 10)
    with tarfile.open(fileobj=io.BytesIO(b"".join([*read, *pieces]))) as opened:
        assert [(each.name, each.size) for each in opened.getmembers()] == [
            ("kept/a", 300_000),
            ("kept/b", 10),
        ]


@pytest.mark.parametrize("name", ["kept", "missing", "a\x00b", "\ud800"])
def test_a_missing_file_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        open_download(tmp_path / "none", name)
    with pytest.raises(FileNotFoundError):
        open_download(tmp_path, name)
