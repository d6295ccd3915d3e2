"""What an `arkor dev` can do that is not released yet: cancel jobs, and tell of rebuilds."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.servers.apis import JOB_ID, TOKEN, ArkorDevLocal, job
from tests.servers.scripted import Answer, Request, chunked, head, sse

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


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
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(f"{app.url}/job?id={JOB_ID}")
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
