"""What an `arkor dev` can do that is not released yet: cancel jobs, and tell of rebuilds."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.servers.apis import JOB_ID, TOKEN, ArkorDev, ArkorDevLocal, job
from tests.servers.scripted import Answer, Request, ScriptedServer, chunked, head, sse

from .conftest import App

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def open_page(start_app: Callable[..., App], page: Page, server: ScriptedServer, path: str = "") -> None:
    """Open a page of a dashboard that shows this `arkor dev`."""
    app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
    page.goto(f"{app.url}{path}")


class Cancellable(ArkorDevLocal):
    """An `arkor dev --local` with one running job, which streams a failure once it is cancelled."""

    def __init__(self) -> None:
        super().__init__(jobs=[job(JOB_ID, "running", completedAt=None)])
        self.cancelled = threading.Event()

    def other(self, request: Request) -> Answer:
        answer = super().other(request)
        if request.target == f"/api/jobs/{JOB_ID}/cancel":
            self.cancelled.set()
        return answer

    def stream(self, _seen: Request) -> Answer:
        def pieces() -> Iterator[bytes]:
            yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
            started = sse("training.started", {}, 1) + sse("training.log", {"step": 1, "loss": 2}, 2)
            yield from chunked(started, whole=False)
            self.cancelled.wait(200)
            failed = {"type": "training.failed", "jobId": JOB_ID, "error": "Job cancelled"}
            yield from chunked(sse("training.failed", failed, 3), sse("end", {}))

        return Answer(pieces())


def test_a_job_of_a_local_arkor_dev_is_cancelled_and_reads_so_everywhere(start_app, page):
    studio = Cancellable()
    with studio.serve() as server:
        open_page(start_app, page, server, f"/job?id={JOB_ID}")
        status = page.locator(".st-key-job_status")
        expect(status).to_have_text("Running")
        page.locator(".st-key-job_cancel button").first.click()
        page.get_by_role("button", name="Cancel this run").click()
        expect(status).to_have_text("Cancelled")
        expect(page.locator(".st-key-event_log")).to_contain_text("Job cancelled")
        expect(page.locator(".st-key-job_failed")).to_have_count(0)
        expect(page.locator(".st-key-job_rerun")).to_have_count(0)
        page.reload()
        expect(status).to_have_text("Cancelled")
        expect(page.locator(".st-key-job_failed")).to_have_count(0)
        page.get_by_role("link", name="Jobs", exact=True).first.click()
        expect(page.locator(".st-key-jobs_table")).to_contain_text("Cancelled")


class Rebuilding(ArkorDev):
    """An `arkor dev` that tells of rebuilds. `None` in `builds` closes its stream."""

    def __init__(self) -> None:
        super().__init__(trainer="first")
        self.builds: queue.Queue[bytes | None] = queue.Queue()

    def other(self, request: Request) -> Answer:
        return Answer(self._told()) if request.target == "/api/dev/events" else super().other(request)

    def _told(self) -> Iterator[bytes]:
        yield head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
        while (build := self.builds.get(timeout=250)) is not None:
            yield b"".join(chunked(build, whole=False))

    def train(self, **_headers: str) -> Answer:
        marker = b"[arkor:0123456789abcdef0123456789abcdef] Started job job_new_0001\n"
        headers = head(Content_Type="text/plain", Transfer_Encoding="chunked", X_Arkor_Train_Pid="17")
        return Answer([headers, *chunked(marker, b"step=1\n", b"\n---\nexit=null\n")])


def test_a_rebuild_is_seen_on_an_open_page_and_says_why_it_ended_the_run(start_app, page):
    studio = Rebuilding()
    with studio.serve() as server:
        open_page(start_app, page, server)
        button = page.locator(".st-key-run_training button")
        expect(button).to_contain_text("Run training: first")
        expect(page.get_by_text("Edits to src/arkor/index.ts show here at once.")).to_be_visible()
        page.evaluate("window.isSamePage = true")

        studio.trainer = "second"
        studio.builds.put(sse("ready", {"type": "ready", "hash": "1-1", "configHash": "a"}))
        expect(button).to_contain_text("Run training: second")
        button.click()
        expect(page.get_by_text("A signal ended the run.")).to_be_visible()
        expect(page.locator(".st-key-run_log li")).to_have_text(["step=1"])
        expect(page.get_by_role("link", name="Open the job")).to_be_visible()
        studio.builds.put(sse("rebuild", {"type": "rebuild", "hash": "2-1", "restartTargets": [{"pid": 17}]}))
        expect(page.get_by_text("The project was built anew, so arkor dev ended this run.")).to_be_visible()

        studio.build_error = "Build failed; see HMR error frame"
        studio.builds.put(sse("error", {"type": "error", "message": "Unexpected token in index.ts"}))
        expect(page.get_by_text("Couldn't read manifest: Unexpected token in index.ts")).to_be_visible()
        expect(button).to_be_disabled()
        assert page.evaluate("window.isSamePage")
        told = [request for request in server.requests if request.target == "/api/dev/events"]
        assert len(told) == 1
        studio.builds.put(None)


class Endless(ArkorDev):
    """Its trainer hangs. `closed` is set once the connection of the run is closed, which ends the trainer."""

    def __init__(self) -> None:
        super().__init__(trainer="endless", jobs=[job(JOB_ID, "completed")])
        self.closed = threading.Event()

    def train(self, **_headers: str) -> Answer:
        def pieces() -> Iterator[bytes]:
            yield head(Content_Type="text/plain", Transfer_Encoding="chunked")
            yield from chunked(f"Started job {JOB_ID}\n".encode(), whole=False)
            try:
                while not self.closed.wait(0.1):
                    yield b"".join(chunked(b".", whole=False))
            finally:
                self.closed.set()

        return Answer(pieces())


def test_a_run_that_hangs_is_ended_by_closing_its_connection(start_app, page):
    studio = Endless()
    with studio.serve() as server:
        open_page(start_app, page, server)
        button = page.locator(".st-key-run_training button")
        expect(page.locator(".st-key-run_end")).to_have_count(0)
        button.click()
        expect(page.get_by_text("The job has ended, but its process still runs.")).to_be_visible()
        expect(button).to_be_disabled()
        page.locator(".st-key-run_end button").first.click()
        page.locator(".st-key-run_end_confirm button").click()
        expect(
            page.get_by_text("A signal ended the run: SIGTERM. The job had completed before.")
        ).to_be_visible()
        expect(button).to_be_enabled()
        expect(page.locator(".st-key-run_end")).to_have_count(0)
        assert studio.closed.wait(60)
