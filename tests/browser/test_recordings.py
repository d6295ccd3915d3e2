"""A job is exported from its page, and its recording is opened without a Studio."""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from arkor_dash.recordings.format import Header, RecordedEvent, Recording
from tests.servers import Answer, Request, chunked, head
from tests.servers.apis import TOKEN, OurStudio, frames, job
from tests.waiting import wait_until

from .conftest import App

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]

JOB_ID = "job_new_0001"
SO_FAR = 8
COUNT = len(frames()) - 1


class PausedRun(OurStudio):
    """A run that pauses after its first events until `go` is set."""

    def __init__(self) -> None:
        super().__init__(jobs=[job(JOB_ID, "running", completedAt=None)])
        self.go = threading.Event()

    def stream(self, request: Request) -> Answer:
        def pieces() -> Iterator[bytes]:
            last = int(request.headers.get("last-event-id") or 0)
            yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
            yield from chunked(*frames()[last:SO_FAR], whole=False)
            self.go.wait(300)
            yield from chunked(*frames()[max(last, SO_FAR) :])

        return Answer(pieces())

    def finish(self) -> None:
        self.jobs = [job(JOB_ID)]
        self.go.set()


def recorded_events(count: int) -> list[RecordedEvent]:
    """The first `count` events, as the server sends them."""
    fields = [
        dict(line.split(": ", 1) for line in each.decode().strip().split("\n")) for each in frames()[:count]
    ]
    return [RecordedEvent(each["event"], each["data"], each["id"]) for each in fields]


def export(page: Page, label: str) -> tuple[str, bytes]:
    """Choose an entry of the open menu. Returns the name and the content of the file."""
    menu = page.locator(".st-key-export_forms")
    entry = re.compile(f"{re.escape(label)}$")  # not the button for the file that was made last
    with page.expect_download() as download:
        menu.get_by_role("link" if label == "Output as text" else "button", name=entry).click()
        if label not in {"Chart as PNG", "Output as text"}:
            ready = f"Download {label[0].lower()}{label[1:]} ("
            menu.get_by_role("button", name=ready).click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def header_and_events(content: bytes) -> tuple[Header, list[RecordedEvent]]:
    recording = Recording(io.BytesIO(content), "saved")
    return recording.header, list(recording)


def check_points_and_events(page: Page, events: list[RecordedEvent]) -> None:
    """Check that the files with points and events hold those of the source."""
    read = pd.read_csv(io.BytesIO(export(page, "Points as CSV")[1]), parse_dates=["timestamp"])
    logged = [json.loads(event.data) for event in events if event.name == "training.log"]
    names = {
        "step": "step",
        "loss": "loss",
        "eval_loss": "evalLoss",
        "timestamp": "timestamp",
        "learning_rate": "learningRate",
        "epoch": "epoch",
    }
    expected = pd.DataFrame({name: [each[field] for each in logged] for name, field in names.items()})
    expected = expected.astype({"eval_loss": float, "timestamp": "datetime64[ms, UTC]"})
    pd.testing.assert_frame_equal(read, expected, check_dtype=False)
    parquet = pd.read_parquet(io.BytesIO(export(page, "Points as Parquet")[1]))
    pd.testing.assert_frame_equal(parquet, expected)

    name, lines = export(page, "Events as JSONL")
    assert name == f"{JOB_ID}.events.jsonl"
    assert [json.loads(line) for line in lines.splitlines()] == [
        {"id": event.id, "event": event.name, "data": json.loads(event.data)} for event in events
    ]
    log = export(page, "Event log as text")[1].decode().splitlines()
    assert len(log) == COUNT
    assert log[1] == "2026-11-23T11:37:28.453Z  training.log        step=1 loss=2.9900"
    assert export(page, "Output as text")[1] == b"Started job job_new_0001\n"


def test_a_job_is_exported_from_its_page_in_every_form(start_app: StartApp, page: Page, tmp_path: Path):
    studio = PausedRun()
    with studio.serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(f"{app.url}/job?id={JOB_ID}")
        expect(page.locator(".st-key-event_log")).to_contain_text("step=7 ")
        page.get_by_role("button", name="Export").click()

        name, live = export(page, "Recording")
        assert name == f"{JOB_ID}.jsonl.gz"
        header, events = header_and_events(live)
        assert (header.live, header.source, header.job.status) == (True, "studio", "running")
        assert events == recorded_events(SO_FAR)
        assert TOKEN not in gzip.decompress(live).decode()
        _, printed = export(page, "Output as text")
        assert printed == b"Started job job_new_0001\n"

        studio.finish()
        expect(page.locator(".st-key-job_status")).to_have_text("Completed")
        expect(page.locator(".st-key-event_log")).to_contain_text("2 artifacts")
        _, whole = export(page, "Recording")
        header, events = header_and_events(whole)
        assert (header.live, header.job.status, header.job.name) == (False, "completed", f"run {JOB_ID}")
        assert events == recorded_events(COUNT)

        check_points_and_events(page, events)

        name, picture = export(page, "Chart as PNG")
        width, height = struct.unpack(">II", picture[16:24])
        box = page.locator(".arkor-plot").bounding_box()
        assert name == f"{JOB_ID}.png"
        assert picture.startswith(b"\x89PNG")
        assert box is not None
        assert abs(width - 2 * box["width"]) <= 1
        assert abs(height - 2 * box["height"]) <= 1

        (tmp_path / "chart.html").write_bytes(export(page, "Chart as HTML")[1])
        server.refuse()
        menu = page.locator(".st-key-export_forms")
        menu.get_by_role("button", name="Events as JSONL").click()
        expect(menu.get_by_role("alert").filter(has_text="refused the connection")).to_be_visible()
        server.listen()
        menu.get_by_role("button", name="Try again").click()
        expect(menu.get_by_role("button", name="Download events as JSONL")).to_be_visible()

    # In a page of its own: the job's page may only now request the file that its newest button offers.
    chart, urls, errors = page.context.new_page(), list[str](), list[str]()
    chart.on("request", lambda request: urls.append(request.url))
    chart.on("pageerror", lambda error: errors.append(str(error)))
    chart.goto((tmp_path / "chart.html").as_uri())
    expect(chart.locator(".legendtext")).to_have_text(["Training loss", "Eval loss", "Checkpoint"])
    expect(chart.get_by_role("heading")).to_have_text(f"run {JOB_ID}")
    assert [url for url in urls if not url.startswith(("file:", "data:", "blob:"))] == []
    assert errors == []


def recording_file(*, live: bool = False, damaged_at: int | None = None) -> bytes:
    lines = [
        {
            "format": "arkor-dash recording",
            "version": 1,
            "savedAt": "2026-11-24T00:00:00Z",
            "live": live,
            "source": "x",
        }
        | {"job": job("job_live", "running", completedAt=None) if live else job("job_done")},
        *(
            {"id": event.id, "name": event.name, "data": event.data}
            for event in recorded_events(SO_FAR if live else COUNT)
        ),
    ]
    written = [json.dumps(line).encode() for line in lines]
    if damaged_at is not None:
        written[damaged_at - 1] = b'{"name": '
    return gzip.compress(b"\n".join(written) + b"\n")


def test_a_recording_is_opened_without_a_studio(start_app: StartApp, page: Page, tmp_path: Path):
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "done.jsonl.gz").write_bytes(recording_file())
    (folder / "live.jsonl.gz").write_bytes(recording_file(live=True))
    (folder / "damaged.jsonl.gz").write_bytes(recording_file(damaged_at=13))
    (tmp_path / "foreign.jsonl.gz").write_bytes(gzip.compress(b'{"some": "thing"}\n'))
    app = start_app(ARKOR_DASH_SOURCE="recordings", ARKOR_DASH_RECORDINGS_DIR=str(folder))
    log, status = page.locator(".st-key-event_log"), page.locator(".st-key-job_status")

    # The list shows the folder's recordings.
    page.goto(f"{app.url}/jobs")
    expect(page.locator(".arkor-source")).to_have_text("recordings · runs")
    page.locator(".st-key-jobs_table").get_by_role("link", name="run job_live").click()
    expect(status).to_have_text("Unfinished")
    expect(page.get_by_text("during the run. Later events are not in it.")).to_be_visible()
    expect(log).to_contain_text("step=7 ")
    expect(page.locator(".st-key-metadata")).to_contain_text("12:22:31")  # it ended when it was saved

    # An address opens one of them.
    page.goto(f"{app.url}/job?recording=done.jsonl.gz")
    expect(status).to_have_text("Completed")
    expect(log).to_contain_text("2 artifacts")
    expect(page.get_by_text("A recording, saved on 24 November 2026 at 01:00.")).to_be_visible()
    expect(page.locator(".arkor-legend button")).to_have_text(["Training loss", "Eval loss", "Checkpoint"])
    page.get_by_role("button", name="Export").click()
    _, again = export(page, "Recording")
    assert header_and_events(again) == (header_and_events(again)[0], header_and_events(recording_file())[1])
    assert header_and_events(again)[0].source == "x"

    # A damaged one shows the events before the damage, and its place.
    page.goto(f"{app.url}/job?recording=damaged.jsonl.gz")
    expect(page.get_by_role("alert").filter(has_text="damaged.jsonl.gz, line 13: ")).to_be_visible()
    expect(log).to_contain_text("step=10 ")
    expect(log).not_to_contain_text("step=11 ")
    for name in ("../foreign.jsonl.gz", "gone.jsonl.gz"):
        page.goto(f"{app.url}/job?recording={name}")
        expect(page.get_by_role("heading", name="This recording can't be opened")).to_be_visible()

    # From the viewer's disk: first a file that is no recording.
    page.goto(f"{app.url}/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr").first).to_be_visible()  # it stands above the button
    page.get_by_role("button", name="Open a recording").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "foreign.jsonl.gz")
    expect(
        page.get_by_role("alert").filter(has_text="foreign.jsonl.gz, line 1: the file is not a recording")
    ).to_be_visible()
    mine = {"name": "mine.jsonl.gz", "mimeType": "application/gzip", "buffer": recording_file()}
    page.locator("input[type=file]").set_input_files(mine)
    page.wait_for_url(re.compile(r"/job\?upload="))
    expect(log).to_contain_text("2 artifacts")
    expect(page.locator(".arkor-source")).to_have_text("recording · mine.jsonl.gz")

    # Only this viewer has it, and it is not written to disk.
    page.reload()
    expect(page.get_by_role("heading", name="This recording is not open any more")).to_be_visible()
    wait_until(lambda: not list(tmp_path.rglob("mine*")), what="no trace of the file")
    assert sorted(path.name for path in folder.iterdir()) == [
        "damaged.jsonl.gz",
        "done.jsonl.gz",
        "live.jsonl.gz",
    ]
