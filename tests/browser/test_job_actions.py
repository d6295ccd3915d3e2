"""The actions on a job, with two viewers: cancel it, download its artifacts, run it again."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers.scripted import Answer, Request, ScriptedServer, dripping, json_answer
from tests.waiting import wait_until

from .conftest import PATIENCE_MS, App
from .reading import click_run_again, open_job, open_tab
from .studio import Studio, iso, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]
DOWNLOAD = re.compile(r"Download (checkpoint-1/)?weights \(2\.0 kB\)$")
SAVE = re.compile(r"Save (checkpoint-1/)?weights \(2\.0 kB\)$")

# Runs until a file lets it end, and logs nothing after its first step.
STUBBORN = """
import signal, threading
from pathlib import Path
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    folder = Path(__file__).parent
    Path("weights").write_bytes(b"w" * 2048)
    run.log(1, loss=2.5)
    run.save_checkpoint(1, "weights")
    while not (run.cancelled and Path({release_file!r}).exists()):
        threading.Event().wait(0.02)
    run.save_artifact("weights")

config = {{"learningRate": 0.5, "maxSteps": 3, "shuffle": True, "note": "first", "layers": [1, 2]}}
arkor = create_arkor(trainer=create_trainer(name="stubborn", train=train, config=config))
"""


@pytest.fixture
def release_file(tmp_path: Path) -> Path:
    """The file whose creation lets a cancelled trainer end."""
    return tmp_path / "let-go"


@pytest.fixture
def project(tmp_path: Path, release_file: Path) -> Path:
    entry = tmp_path / "project" / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(STUBBORN.format(release_file=str(release_file)))
    return entry.parents[2]


def start_run(page: Page, app: App) -> None:
    page.goto(app.url)
    page.locator(".st-key-run_training button").click()
    open_job(page, page.locator(".st-key-recent_jobs tbody tr").first)
    expect(page.locator(".st-key-job_status")).to_have_text("Running")


def test_a_cancelled_run_is_cancelled_on_every_viewers_page(
    start_app: StartApp, page: Page, browser: Browser, project: Path, release_file: Path
) -> None:
    app = start_app(ARKOR_PROJECT_DIR=str(project), ARKOR_DASH_CANCEL_GRACE_S="280")
    start_run(page, app)
    processes = app.run_processes()
    assert processes
    other = browser.new_page()
    other.set_default_timeout(PATIENCE_MS)
    other.goto(page.url)
    expect(other.locator(".st-key-job_status")).to_have_text("Running")

    page.locator(".st-key-job_cancel button").click()
    expect(page.get_by_text("gives it time to save")).to_be_visible()
    expect(page.locator(".st-key-job_status")).to_have_text("Running")  # it asks for confirmation first
    page.locator(".st-key-job_cancel_confirm button").click()
    for viewer in (page, other):
        expect(viewer.locator(".st-key-job_status")).to_have_text("Cancelling…")
        expect(viewer.locator(".st-key-metadata")).to_contain_text("Cancelling…")
        expect(viewer.locator(".st-key-job_cancel")).to_have_count(0)
    other.goto(f"{app.url}/jobs?status=Running")
    expect(other.locator(".arkor-status-cancelling")).to_have_text("Cancelling…")

    open_tab(page, "Artifacts")
    artifacts = page.locator(".st-key-artifacts")
    expect(artifacts).to_contain_text("checkpoint-1/weights")
    expect(artifacts).not_to_contain_text("At cancel")
    artifacts.get_by_role("button", name="Download checkpoint-1/weights (2.0 kB)").click()
    expect(artifacts.get_by_role("button", name="Save checkpoint-1/weights (2.0 kB)")).to_be_visible()
    release_file.touch()
    expect(page.locator(".st-key-job_status")).to_have_text("Cancelled")
    expect(artifacts.locator(".arkor-chip").first).to_have_text("At cancel")
    expect(artifacts).to_contain_text("step 1 · 20")
    expect(artifacts).to_contain_text("At cancel 1 · Checkpoint 1")
    buttons = artifacts.locator("[class*=st-key-artifact_] button")
    for number, texts in enumerate(([SAVE, DOWNLOAD], [DOWNLOAD, SAVE])):
        buttons.nth(number).click()
        expect(buttons).to_have_text(texts)
        with page.expect_download() as started:
            artifacts.get_by_role("button", name="Save").click()
        assert started.value.suggested_filename == "weights"
        assert started.value.path().read_bytes() == b"w" * 2048
    open_tab(page, "Overview")
    expect(page.locator(".st-key-event_log")).to_contain_text("training.cancelled")
    expect(page.locator(".st-key-job_cancel")).to_have_count(0)
    wait_until(lambda: not any(process.is_running() for process in processes), what="the trainer's end")
    other.goto(app.url)
    expect(other.get_by_text("Cancelled.", exact=True)).to_be_visible()
    other.close()

    run_it_again(page, release_file)


def run_it_again(page: Page, release_file: Path) -> None:
    """Run the job again with edited values, and while another run is in progress."""
    first = page.url
    page.locator(".st-key-job_rerun button").first.click()
    start = page.locator(".st-key-job_rerun_start button")
    page.get_by_label("learningRate").fill("fast")
    page.get_by_label("layers").fill("[1,")
    start.click()
    expect(page.get_by_text("This should be a number, such as 8 or 3e-4.")).to_be_visible()
    expect(page.get_by_text("This should be JSON")).to_be_visible()
    page.get_by_label("learningRate").fill("2e-4")
    page.get_by_label("layers").fill('[1, {"a": null}]')
    page.get_by_label("note").fill("**second**")
    page.get_by_test_id("stForm").get_by_text("shuffle").click()
    release_file.unlink()
    start.click()
    page.wait_for_url(lambda address: "/job?id=" in address and address != first)
    expect(page.locator(".st-key-job_status")).to_have_text("Running")

    page.goto(first)
    page.locator(".st-key-job_rerun button").first.click()
    start.click()
    expect(page.get_by_text("Not started: A run of this project is in progress.")).to_be_visible()
    page.get_by_role("link", name="Open that job").click()
    expect(page.locator(".st-key-job_status")).to_have_text("Running")
    page.locator(".st-key-job_cancel button").click()
    page.locator(".st-key-job_cancel_confirm button").click()
    release_file.touch()
    expect(page.locator(".st-key-job_status")).to_have_text("Cancelled")
    page.locator(".st-key-job_rerun button").first.click()
    expect(page.get_by_label("learningRate")).to_have_value("0.0002")
    expect(page.get_by_label("maxSteps")).to_have_value("3")
    expect(page.get_by_label("layers")).to_have_value('[1, {"a": null}]')
    expect(page.get_by_label("note")).to_have_value("**second**")
    expect(page.get_by_label("shuffle")).not_to_be_checked()


def test_artifacts_of_a_source_without_downloads_are_listed_as_text(start_app: StartApp, page: Page) -> None:
    nasty = "<b>**bold**</b> :smile: " + "long/" * 60
    artifacts = [{"kind": "adapter", "name": nasty, "sizeBytes": 3_500_000_000}, {}]
    checkpoints = [
        ("checkpoint.saved", {"step": step, "artifacts": [{"name": f"checkpoint-{step}"}]})
        for step in range(1, 8)
    ]
    studio = Studio()
    events = [("training.started", {}), *checkpoints, ("training.completed", {"artifacts": artifacts})]
    job_id = studio.add(job(), sse_body([*events, ("end", {})]))
    with ScriptedServer(studio.respond) as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN="token")
        page.goto(f"{app.url}/job?id={job_id}&tab=artifacts")
        card = page.locator(".st-key-artifacts")
        expect(card).to_contain_text("<b>**bold**</b> :smile:")
        expect(card).to_contain_text("(3.5 GB)")
        expect(card).to_contain_text("Without a name")
        expect(card.locator(".arkor-stage-final")).to_have_count(2)
        expect(card.locator(".arkor-stage-checkpoint")).to_have_count(3)
        card.get_by_text("4 earlier").click()
        expect(card.locator(".arkor-stage-checkpoint")).to_have_count(7)
        expect(card.get_by_role("button", name="Download")).to_have_count(0)
        page.set_viewport_size({"width": 390, "height": 844})
        fits = "() => document.scrollingElement.scrollWidth <= innerWidth"
        wait_until(lambda: page.evaluate(fits), what="a page that fits a phone")


def test_a_viewer_without_permission_is_offered_no_actions(
    start_app: StartApp, page: Page, project: Path
) -> None:
    app = start_app(ARKOR_PROJECT_DIR=str(project))
    start_run(page, app)
    address = page.url
    expect(page.locator(".st-key-job_cancel")).to_be_visible()
    page.set_extra_http_headers({"X-Forwarded-For": "192.0.2.7"})
    page.goto(address)
    expect(page.locator(".st-key-job_status")).to_have_text("Running")
    expect(page.locator(".st-key-job_cancel")).to_have_count(0)


def test_cancel_is_offered_only_where_the_source_can_and_a_refusal_is_shown(
    start_app: StartApp, page: Page
) -> None:
    studio = Studio()
    stream: queue.Queue[bytes | None] = queue.Queue()
    job_id = studio.add(job(status="running", completedAt=None), stream)
    stream.put(sse_body([("training.started", {}), log(1, loss=2.0, timestamp=iso(datetime.now(UTC)))]))
    is_ours = threading.Event()

    def respond(request: Request) -> Answer:
        if is_ours.is_set() and (request.method, request.target) == ("GET", "/api/train"):
            return json_answer({"run": None})
        if is_ours.is_set() and request.target.endswith("/cancel"):
            return json_answer({"error": "Not **today**."}, "409 Conflict")
        return studio.respond(request)

    with ScriptedServer(respond) as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN="token")
        page.goto(f"{app.url}/job?id={job_id}")
        expect(page.locator(".st-key-event_log")).to_contain_text("step=1")
        expect(page.locator(".st-key-job_status")).to_have_text("Running")
        expect(page.locator(".st-key-job_cancel")).to_have_count(0)

        server.refuse()  # after an outage, the dashboard identifies the kind of Studio again
        is_ours.set()
        expect(page.get_by_text("Failed to load jobs")).to_be_visible()
        server.listen()
        page.locator(".st-key-job_cancel button").click()
        page.locator(".st-key-job_cancel_confirm button").click()
        expect(page.locator(".st-key-job_cancel_problem")).to_have_text("Not cancelled: Not **today**.")
        expect(page.locator(".st-key-job_status")).to_have_text("Running")
        stream.put(None)


@dataclass
class Hanging:
    """A Studio that answers each POST and each download a byte at a time, without an end, until it is `released`."""

    studio: Studio = field(default_factory=Studio)
    hanging: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def respond(self, request: Request) -> Answer:
        if (request.method, request.target) == ("GET", "/api/train"):
            return json_answer({"run": None})
        if request.method == "POST" or "/artifacts/" in request.target:
            self.hanging.set()
            return Answer(dripping(self.released))
        return self.studio.respond(request)


def click_cancel(page: Page) -> None:
    page.locator(".st-key-job_cancel button").click()
    page.locator(".st-key-job_cancel_confirm button").click()


def click_download(page: Page) -> None:
    open_tab(page, "Artifacts")
    page.locator(".st-key-artifacts").get_by_role("button", name="Download").click()


@pytest.mark.parametrize(
    ("click", "status"),
    [(click_run_again, "completed"), (click_cancel, "running"), (click_download, "completed")],
)
def test_a_source_that_does_not_answer_one_viewer_blocks_no_page(
    start_app: StartApp, page: Page, click: Callable[[Page], None], status: str
) -> None:
    source = Hanging()
    saved = {"step": 1, "artifacts": [{"name": "weights", "sizeBytes": 9}]}
    stream: queue.Queue[bytes | None] = queue.Queue()
    events: list[tuple[str, object]] = [log(1, loss=2.0), ("checkpoint.saved", saved)]
    ending: list[tuple[str, object]] = [("training.completed", {}), ("end", {})]
    stream.put(sse_body(events + ending if status == "completed" else events))
    first = source.studio.add(job(status=status), stream)
    other_stream: queue.Queue[bytes | None] = queue.Queue()
    other_stream.put(sse_body(events))
    second = source.studio.add(job("other", "running", completedAt=None), other_stream)
    other = page.context.new_page()
    with ScriptedServer(source.respond) as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN="token")
        other.goto(f"{app.url}/job?id={second}")
        expect(other.locator(".st-key-event_log li")).to_have_count(2)
        page.goto(f"{app.url}/job?id={first}")
        expect(page.locator(".st-key-job_status")).to_have_text(status.capitalize())
        try:
            click(page)
            wait_until(source.hanging.is_set, what="the request")
            more = sse_body([*events, log(3, loss=1.0)])
            other_stream.put(more[len(sse_body(events)) :])
            expect(other.locator(".st-key-event_log li")).to_have_count(3)
            other.reload()
            expect(other.locator(".st-key-event_log li")).to_have_count(3)
            if click is click_download:
                open_tab(page, "Overview")
            page.locator(".st-key-advanced label").click()
            expect(page.locator(".st-key-stats_train")).to_be_visible()
        finally:
            source.released.set()
            stream.put(None)
            other_stream.put(None)
        if click is click_run_again:
            expect(page.get_by_text("Not started: ")).to_be_visible()
    other.close()
