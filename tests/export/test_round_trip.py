"""A job with many metrics, exported as a recording that is opened and exported again."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet

from arkor_dash.charts.curve import PLAIN
from arkor_dash.export.job_files import FILE_FORMATS, ExportedJob
from arkor_dash.live.feed import FeedSnapshot, JobFeed
from arkor_dash.sdk import Run
from arkor_dash.sdk.artifacts import ArtifactFolder
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import Folder, RecordingSource, Source, StudioSource
from tests.servers.apis import JOB_ID, TOKEN, OurStudio
from tests.servers.scripted import sse
from tests.waiting import wait_until

METRICS = [f"{group}/{name}" for group in ("rewards", "completions", "clip_ratio") for name in "abcdefgh"]


class Frames:
    """The events of a run, as the frames of a stream."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def put(self, event: str, data: Mapping[str, object]) -> None:
        self.sent.append(sse(event, json.loads(json.dumps(data)), len(self.sent) + 1))


def frames_of_a_run(folder: Path) -> list[bytes]:
    """Steps with 29 metrics, of which some come late, repeat, begin again, or are not finite."""
    frames = Frames()
    run = Run("job", {}, frames, ArtifactFolder(folder), lambda *_: None)
    for step in (*range(1, 21), 15, 16, *range(1, 9)):
        metrics = {name: number / 1e6 * step for number, name in enumerate(METRICS)}
        run.log(
            step, {**metrics, "loss": math.nan if step == 7 else 3e-5 * step, "kl": "Infinity", "text": "4 s"}
        )
        run.log(step, learning_rate=1e-5 * step, epoch=step / 10)
    run.log(8, {"eval_a_loss": 2.0})
    frames.put("training.completed", {"artifacts": []})
    frames.put("end", {})
    return frames.sent


@contextmanager
def read(source: Source, job_id: str) -> Iterator[tuple[ExportedJob, FeedSnapshot]]:
    feed = JobFeed(source, job_id)
    feed.start()
    try:
        wait_until(lambda: feed.is_complete)
        job, snapshot = source.job(job_id), feed.snapshot()
        yield (
            ExportedJob(source, job, live=False, feed=snapshot, options=PLAIN, followed_output=None),
            snapshot,
        )
    finally:
        feed.close()


def files(exported: ExportedJob) -> dict[str, bytes]:
    return {each.suffix: each.make(exported) for each in FILE_FORMATS if each.suffix != ".html"}


def test_a_recording_of_29_metrics_exports_what_the_job_did(tmp_path: Path) -> None:
    sent = frames_of_a_run(tmp_path)
    folder = tmp_path / "recordings"
    folder.mkdir()
    with (
        OurStudio(sent=sent).serve() as server,
        read(StudioSource(server.url, Secret(TOKEN)), JOB_ID) as first,
    ):
        before = files(first[0])
    (folder / "run.jsonl.gz").write_bytes(before[".jsonl.gz"])
    recordings = RecordingSource(Folder(folder))
    with read(recordings, recordings.jobs().jobs[0].id) as (exported, snapshot):
        after = files(exported)

    assert len(snapshot.metrics.metrics) == len(METRICS) + 5 == 29
    assert snapshot.metrics.restart is not None
    table = pyarrow.parquet.read_table(io.BytesIO(after[".parquet"]))
    assert set(table.column_names) == {"step", "timestamp", *snapshot.metrics.metrics} | {"eval_loss"}
    assert table.num_rows == 28
    assert {suffix: content for suffix, content in after.items() if suffix != ".jsonl.gz"} == {
        suffix: content for suffix, content in before.items() if suffix != ".jsonl.gz"
    }
