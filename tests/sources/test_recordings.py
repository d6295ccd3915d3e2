"""Recordings as a source: the source contract on a real folder, and the behaviour of damaged and changing files."""

from __future__ import annotations

import gzip
import io
import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from arkor_dash.errors import (
    RecordingError,
    SettingsError,
    SourceUnavailableError,
)
from arkor_dash.export.replay import events_so_far
from arkor_dash.live.feed import Closed, JobFeed, Refused
from arkor_dash.protocol.jobs import UNFINISHED, parse_job
from arkor_dash.recordings import storage
from arkor_dash.recordings.format import Header, RecordedEvent, write
from arkor_dash.settings.load import load_settings
from arkor_dash.sources import Folder, RecordingSource, Source, Upload, choose_source
from tests.servers import ScriptedServer
from tests.servers.apis import JOB_ID, Api, frames, job
from tests.waiting import wait_until

from .contract import SourceContract, Tokens

SAVED_AT = datetime(2026, 11, 24, tzinfo=UTC)


def recorded(sent: Sequence[bytes]) -> list[RecordedEvent]:
    """The frames of the scripted servers, in the form of a recording."""
    events = []
    for frame in sent[:-1]:
        fields = dict(line.split(": ", 1) for line in frame.decode().strip().split("\n"))
        events.append(RecordedEvent(fields["event"], fields["data"], fields["id"]))
    return events


def packed(
    entry: dict[str, object],
    *,
    live: bool = False,
    saved_at: datetime = SAVED_AT,
    sent: Sequence[bytes] | None = None,
) -> bytes:
    file = io.BytesIO()
    write(file, "x", Header(parse_job(entry), saved_at, live, "studio"), recorded(sent or frames()))
    return file.getvalue()


class Recordings(Api):
    """A folder of recordings instead of a server."""

    folder: Path
    port = 0
    requests = ()

    @contextmanager
    def serve(self) -> Iterator[Recordings]:  # type: ignore[override]
        self.folder.mkdir()
        for number, entry in enumerate(self.jobs or []):
            (self.folder / f"{number}.jsonl.gz").write_bytes(packed(entry, sent=self.sent))
        yield self
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()


class TestRecordings(SourceContract):
    api = Recordings
    label = "recordings · runs"
    parts = frozenset()

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        Recordings.folder = tmp_path / "runs"

    def source(self, _server: ScriptedServer, _tokens: Tokens) -> Source:
        return RecordingSource(Folder(Recordings.folder))

    def test_jobs_are_complete_and_in_the_sources_order(self) -> None:
        jobs = [job("b", "completed"), job("a", "failed", error="Out of memory"), job("c", "cancelled")]
        later = job("d", createdAt="2026-11-23T11:38:00Z")
        with self.reading(self.api(jobs=[*jobs, later])) as (source, _, _tokens):
            listing = source.jobs()

        assert [entry.id for entry in listing.jobs] == ["d", "b", "a", "c"]
        assert [entry.status for entry in listing.jobs][1:] == ["completed", "failed", "cancelled"]
        assert listing.jobs[2].error == "Out of memory"
        assert listing.jobs[1].config["model"] == "unsloth/gemma-4-E4B-it"

    def test_a_broken_stream_is_resumed_after_its_last_complete_event(self) -> None:
        with self.reading() as (source, _, _tokens), source.events(JOB_ID, "12") as stream:
            ids = [frame.id for frame in stream]

        assert ids == [*map(str, range(13, len(frames()))), None]

    def test_the_stream_of_a_new_job_is_retried_until_it_exists(self) -> None:
        with self.reading(self.api(jobs=[])) as (source, _, _tokens):
            feed = JobFeed(source, JOB_ID)
            feed.start()
            (Recordings.folder / "late.jsonl.gz").write_bytes(packed(job()))
            wait_until(lambda: feed.is_complete)
            assert feed.snapshot().events == len(frames()) - 1

    # A folder has no token.
    test_a_refused_token_is_not_shown_and_a_new_one_takes_effect = None
    test_a_feed_whose_token_was_refused_goes_on_with_the_next_one = None
    test_the_cloud_secret_in_an_answer_is_not_kept = None

    def test_a_server_that_is_down_is_reported_and_found_again(self) -> None:
        with self.reading() as (source, _, _tokens):
            elsewhere = Recordings.folder.rename(Recordings.folder.with_name("elsewhere"))
            with pytest.raises(SourceUnavailableError, match="'runs', can't be read"):
                source.jobs()
            elsewhere.rename(Recordings.folder)
            assert source.jobs().jobs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "runs"
    path.mkdir()
    return path


def test_recordings_have_no_project_and_say_how_to_start_runs(folder: Path) -> None:
    source = RecordingSource(Folder(folder))

    assert source.runner is None
    assert "no project to run. To start runs here, set ARKOR_DASH_SOURCE" in source.no_runner_reason


def test_only_a_file_that_has_changed_is_read_again(folder: Path) -> None:
    path = folder / "a.jsonl.gz"
    path.write_bytes(packed(job("one")))
    source = RecordingSource(Folder(folder))
    assert [entry.id for entry in source.jobs().jobs] == ["one"]

    path.write_bytes(packed(job("three")))
    assert [entry.id for entry in source.jobs().jobs] == ["three"]
    path.chmod(0)  # unreadable from now on, but it is not read again
    assert [entry.id for entry in source.jobs().jobs] == ["three"]
    path.unlink()
    assert source.jobs().jobs == ()


def test_unreadable_recordings_are_counted_and_other_files_are_ignored(folder: Path) -> None:
    (folder / "good.jsonl.gz").write_bytes(packed(job("good")))
    (folder / "bad.jsonl.gz").write_bytes(packed(job("bad"))[:40])
    (folder / "bad.jsonl").write_text("{}\n")
    (folder / "README.md").write_text("# Runs\n")
    (folder / "folder.jsonl").mkdir()

    listing = RecordingSource(Folder(folder)).jobs()

    assert [entry.id for entry in listing.jobs] == ["good"]
    assert listing.malformed == 2


def test_two_files_of_one_job_are_both_listed(folder: Path) -> None:
    (folder / "a.jsonl.gz").write_bytes(packed(job("one")))
    newest = datetime(2026, 11, 25, tzinfo=UTC)
    (folder / "b.jsonl.gz").write_bytes(packed(job("one"), saved_at=newest))
    source = RecordingSource(Folder(folder))

    assert [entry.id for entry in source.jobs().jobs] == ["one", "one · a.jsonl.gz"]
    assert source.entry("one").header.saved_at == newest
    assert (source.job_in("a.jsonl.gz"), source.job_in("b.jsonl.gz")) == ("one · a.jsonl.gz", "one")


@pytest.mark.parametrize("status", ["running", "completed", "paused"])
def test_a_job_recorded_while_it_ran_is_unfinished_since_then(folder: Path, status: str) -> None:
    (folder / "a.jsonl.gz").write_bytes(packed(job("one", status, completedAt=None), live=status != "paused"))
    found = RecordingSource(Folder(folder)).job("one")

    assert (found.status, found.completed_at) == (UNFINISHED, SAVED_AT)


@pytest.mark.parametrize(
    "name",
    [
        "../secret.jsonl",
        "/etc/passwd",
        "link.jsonl",
        "sub/inner.jsonl",
        "pipe.jsonl",
        "folder.jsonl",
        "notes.txt",
        "gone.jsonl",
        ".jsonl/../../secret.jsonl",
        "a\0.jsonl",
        "\ud800.jsonl",
        "x" * 5000 + ".jsonl",
        "..",
        "",
    ],
)
def test_a_name_never_leads_out_of_the_folder(folder: Path, name: str) -> None:
    (folder.parent / "secret.jsonl").write_bytes(packed(job()))
    (folder / "link.jsonl").symlink_to(folder.parent / "secret.jsonl")
    (folder / "loop.jsonl").symlink_to("loop.jsonl")
    (folder / "sub").mkdir()
    (folder / "sub" / "inner.jsonl").write_bytes(packed(job()))
    (folder / "folder.jsonl").mkdir()
    (folder / "notes.txt").write_bytes(packed(job()))
    os.mkfifo(folder / "pipe.jsonl")
    source = RecordingSource(Folder(folder))

    with pytest.raises(RecordingError, match=r"no such recording|name of a recording"):
        source.job_in(name)
    assert source.jobs().jobs == ()


def test_a_file_over_the_size_limit_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.jsonl.gz").write_bytes(packed(job()))
    monkeypatch.setattr(storage, "FILE_LIMIT", 10)

    with pytest.raises(RecordingError, match="the file has more than 0 MiB"):
        RecordingSource(Folder(folder)).job_in("a.jsonl.gz")


def test_a_link_within_the_folder_is_followed(folder: Path) -> None:
    (folder / "a.jsonl.gz").write_bytes(packed(job("one")))
    (folder / "latest.jsonl.gz").symlink_to("a.jsonl.gz")

    assert RecordingSource(Folder(folder)).job_in("latest.jsonl.gz").startswith("one")


def test_opening_a_damaged_file_names_the_line(folder: Path) -> None:
    (folder / "bad.jsonl").write_text("{}\n")

    with pytest.raises(RecordingError, match=r"^bad\.jsonl, line 1: "):
        RecordingSource(Folder(folder)).job_in("bad.jsonl")


@pytest.mark.parametrize("status", ["running", "completed"])
def test_events_before_a_damaged_line_are_read_and_the_damage_is_reported(folder: Path, status: str) -> None:
    lines = gzip.decompress(packed(job(JOB_ID, status))).splitlines(keepends=True)
    path = folder / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join([*lines[:12], b"{\n", *lines[13:]])))
    source = RecordingSource(Folder(folder))
    feed = JobFeed(source, JOB_ID)
    feed.start()
    wait_until(lambda: isinstance(feed.snapshot().connection, (Closed, Refused)))

    assert feed.snapshot().events == 11
    assert str(source.damage(JOB_ID)).startswith("a.jsonl.gz, line 13: ")

    path.write_bytes(gzip.compress(b"".join(lines)))
    with source.events(JOB_ID, "11") as stream:
        assert [frame.id for frame in stream] == [*map(str, range(12, len(frames()))), None]
    assert source.damage(JOB_ID) is None
    feed.close()


def test_a_closed_stream_ends(folder: Path) -> None:
    (folder / "a.jsonl.gz").write_bytes(packed(job()))
    with RecordingSource(Folder(folder)).events(JOB_ID) as stream:
        remaining = iter(stream)
        next(remaining)
        stream.close()
        assert list(remaining) == []


def test_an_upload_is_a_source_of_one_job() -> None:
    source = RecordingSource(Upload("mine.jsonl.gz", packed(job("one"))))

    assert source.label == "recording · mine.jsonl.gz"
    assert source.job_in("mine.jsonl.gz") == "one"
    with source.events("one") as stream:
        assert len(list(stream)) == len(frames())
    with pytest.raises(RecordingError, match="no such recording"):
        source.job_in("other.jsonl.gz")


def test_many_threads_can_list_one_folder(folder: Path) -> None:
    for number in range(20):
        (folder / f"{number}.jsonl.gz").write_bytes(packed(job(f"job_{number}")))
    source = RecordingSource(Folder(folder))
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(len(source.jobs().jobs))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert counts == [20] * 8


def test_the_settings_choose_the_folder(folder: Path, tmp_path: Path) -> None:
    def load(**environ: str) -> Source:
        settings = load_settings(environ, cwd=tmp_path, home=tmp_path)
        return choose_source(settings, lambda: RecordingSource(Upload("embedded", b"")))

    (folder / "a.jsonl.gz").write_bytes(packed(job()))
    source = load(ARKOR_DASH_SOURCE="recordings", ARKOR_DASH_RECORDINGS_DIR=str(folder))
    assert [entry.id for entry in source.jobs().jobs] == [JOB_ID]
    # A folder without ARKOR_DASH_SOURCE is only for opening its files.
    assert load(ARKOR_DASH_RECORDINGS_DIR=str(folder)).label == "recording · embedded"
    with pytest.raises(SettingsError, match="ARKOR_DASH_RECORDINGS_DIR is not set"):
        load(ARKOR_DASH_SOURCE="recordings")
    with pytest.raises(SettingsError, match="a folder that exists"):
        load(ARKOR_DASH_RECORDINGS_DIR=str(folder / "gone"))


def test_a_recording_of_a_recording_has_the_same_events(folder: Path) -> None:
    source = RecordingSource(Upload("mine.jsonl.gz", packed(job(JOB_ID))))
    again = [
        RecordedEvent(frame.name, frame.data, frame.id)
        for frame in events_so_far(source, JOB_ID, len(frames()) - 1)
    ]

    assert again == recorded(frames())
    assert json.loads(again[1].data)["step"] == 1
    assert source.kind == "recording"
