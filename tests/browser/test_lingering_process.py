"""A process that outlives its job, as the job's page shows it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.servers.scripted import Answer, Request, ScriptedServer, chunked, head, json_answer
from tests.waiting import wait_until

from .conftest import App
from .reading import click_run_again
from .studio import Studio, job, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]

# Reports its end, but one of its threads keeps the process from ending.
LINGERING = """
import threading
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    run.log(1, loss=2.5)
    threading.Thread(target=threading.Event().wait, args=(3600,)).start()

arkor = create_arkor(trainer=create_trainer(name="lingering", train=train, config={"maxSteps": 1}))
"""


def test_the_process_of_an_ended_job_can_be_ended_so_that_another_run_can_start(
    start_app: StartApp, page: Page, tmp_path: Path
) -> None:
    entry = tmp_path / "project" / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(LINGERING)
    app = start_app(ARKOR_PROJECT_DIR=str(entry.parents[2]), ARKOR_DASH_CANCEL_GRACE_S="15")
    page.goto(app.url)
    page.locator(".st-key-run_training button").click()
    expect(page.get_by_text("The job has ended, but its process still runs.")).to_be_visible()
    expect(page.locator(".st-key-run_training button")).to_be_disabled()
    page.get_by_role("link", name="Open the job").click()
    page.wait_for_url(re.compile(r"/job\?id="))
    first = page.url
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    page.locator(".st-key-job_rerun button").first.click()
    start = page.locator(".st-key-job_rerun_start button")
    expect(start).to_be_visible()
    expect(page.locator(".st-key-job_end_process")).to_be_visible()
    expect(start).to_be_visible()
    page.reload()

    click_run_again(page)
    expect(
        page.get_by_text("Not started: The last job has ended, but its process still runs.")
    ).to_be_visible()
    expect(page.get_by_role("link", name="Open that job")).to_have_attribute("href", re.compile(first[-20:]))
    page.keyboard.press("Escape")

    page.locator(".st-key-job_end_process button").click()
    expect(page.get_by_text("It may be saving or uploading, or it hangs.")).to_be_visible()
    page.locator(".st-key-job_end_process_confirm button").click()
    expect(page.get_by_text("Ending the process.")).to_be_visible()
    expect(page.get_by_text("Ending the process.")).to_have_count(0)
    expect(page.locator(".st-key-job_end_process")).to_have_count(0)
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    click_run_again(page)
    page.wait_for_url(lambda address: "/job?id=" in address and address != first)
    page.goto(app.url)
    expect(page.locator(".st-key-recent_jobs tbody tr")).to_have_count(2)


@dataclass
class SlowToSay:
    """A Studio of ours that takes its time to say that the process of `job_id` runs, once `is_slow` is set."""

    job_id: str = ""
    studio: Studio = field(default_factory=Studio)
    is_slow: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)
    ends: threading.Event = field(default_factory=threading.Event)

    def respond(self, request: Request) -> Answer:
        if request.target == "/api/train":
            return Answer(self._run())
        if request.target.startswith(f"/api/jobs/{self.job_id}/output"):
            return Answer(self._output())
        return self.studio.respond(request)

    def _run(self) -> Iterator[bytes]:
        if not self.is_slow.is_set():
            yield from json_answer({"run": None}).pieces
            return
        self.asked.set()
        self.answers.wait(300)
        yield from json_answer({"run": {"jobId": self.job_id, "running": True}}).pieces

    def _output(self) -> Iterator[bytes]:
        yield head(Content_Type="text/plain", Transfer_Encoding="chunked")
        self.ends.wait(300)
        yield from chunked(b"\n---\nexit=0\n")


def test_a_studio_that_takes_its_time_may_say_that_the_process_of_a_shown_ended_job_runs(
    start_app: StartApp, page: Page
) -> None:
    source = SlowToSay()
    source.job_id = source.studio.add(job(), sse_body([("training.completed", {}), ("end", {})]))
    with ScriptedServer(source.respond) as server:
        try:
            app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN="token")
            page.goto(f"{app.url}/job?id={source.job_id}")
            expect(page.locator(".st-key-event_log li")).to_have_count(1)
            source.is_slow.set()
            page.reload()
            wait_until(source.asked.is_set, what="the question which process runs")
            expect(page.locator(".st-key-event_log li")).to_have_count(1)
            expect(page.locator(".st-key-job_rerun")).to_be_visible()
            expect(page.locator(".st-key-job_end_process")).to_have_count(0)
            source.answers.set()
            expect(page.locator(".st-key-job_end_process button")).to_be_visible()
        finally:
            source.answers.set()
            source.ends.set()
