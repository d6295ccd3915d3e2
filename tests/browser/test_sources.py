"""The pages with each kind of source."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Answer, Request, json_answer, sse_answer
from tests.servers.apis import JOB_ID, TOKEN, Api, ArkorDev, Cloud, OurStudio, frames, job

from .conftest import App

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]
LOST_SINCE = re.compile(r"^lost since \d\d:\d\d:\d\d$")


def check_the_job(page: Page, app: App) -> None:
    page.goto(f"{app.url}/jobs")
    page.locator(".st-key-jobs_table").get_by_role("link", name=f"run {JOB_ID}").click()
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(page.locator(".st-key-event_log")).to_contain_text("2 artifacts")
    expect(page.locator(".arkor-legend button")).to_have_text(["Training loss", "Eval loss", "Checkpoint"])
    expect(page.locator(".st-key-metadata")).to_contain_text("arkorlab/triage-demo (train)")


@pytest.mark.parametrize("api", [ArkorDev(), OurStudio()], ids=["arkor dev", "ours"])
def test_a_running_studio_is_shown_and_can_train(start_app: StartApp, page: Page, api: Api):
    with api.serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        check_the_job(page, app)
        page.goto(app.url)
        page.locator(".st-key-run_training button").click()
        expect(page.locator(".st-key-run_log")).to_contain_text("Started job job_new_0001")
        expect(page.get_by_text("Finished.")).to_be_visible()


def test_the_page_says_if_a_run_ends_with_the_dashboard(start_app: StartApp, page: Page):
    with ArkorDev(trainer=None).serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(app.url)
        missing = "No trainer in src/arkor/index.ts yet. Add createTrainer(...) and pass it to createArkor."
        expect(page.get_by_text(missing)).to_be_visible()
        server.respond = ArkorDev().respond
        page.reload()
        expect(page.get_by_text("A run that is started here ends with the dashboard.")).to_be_visible()


def test_a_studio_is_used_with_the_token_on_disk(start_app: StartApp, page: Page, tmp_path: Path):
    with ArkorDev().serve() as server:
        folder = tmp_path / "home" / ".arkor"
        folder.mkdir(parents=True)
        (folder / "studio-token").write_text(TOKEN)
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_DASH_SOURCE="studio", HOME=str(folder.parent))
        check_the_job(page, app)


def test_the_cloud_shows_its_jobs_and_why_it_runs_nothing(start_app: StartApp, page: Page):
    with Cloud().serve() as server:
        app = start_app(
            ARKOR_CLOUD_API_URL=server.url,
            ARKOR_CLOUD_TOKEN=TOKEN,
            ARKOR_ORG="ours",
            ARKOR_PROJECT="cats & dogs",
        )
        check_the_job(page, app)
        page.goto(app.url)
        expect(page.get_by_text("no project to run")).to_be_visible()
        expect(page.locator(".st-key-run_training")).to_have_count(0)
        expect(page.locator(".arkor-source")).to_contain_text("ours / cats & dogs")


def test_every_page_shows_an_outage_and_then_another_source_at_the_address(start_app: StartApp, page: Page):
    jobs = [job("live", "running", completedAt=None), job()]
    dev, ours, hold = ArkorDev(jobs=jobs), OurStudio(jobs=jobs), threading.Event()

    def training(request: Request) -> Answer:
        if "/live/" in request.target:
            return sse_answer(*frames()[:5], whole=False, hold=hold)
        return dev.respond(request)

    def without_a_list(request: Request) -> Answer:
        if request.target == "/api/jobs":
            return json_answer({"error": "The disk is full"}, "500 Internal Server Error")
        return training(request)

    with dev.serve() as server:
        server.respond = training
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        pages = []
        for path in ("/", "/jobs", "/job?id=live"):
            pages.append(page if not pages else page.context.new_page())
            pages[-1].goto(f"{app.url}{path}")
            label = "anon · studio-e2e-org / studio-e2e-project · cloud.example"
            expect(pages[-1].locator(".arkor-source")).to_have_text(label)
        server.respond = without_a_list
        for each in pages:
            expect(each.locator(".arkor-source .arkor-lost")).to_have_text(LOST_SINCE)
        pages.append(
            page.context.new_page()
        )  # that of an ended job has no timer, unless the list is lost already
        pages[-1].goto(f"{app.url}/job?id={JOB_ID}")
        expect(pages[-1].locator(".arkor-source .arkor-lost")).to_have_text(LOST_SINCE)
        server.respond = ours.respond
        hold.set()
        for each in pages:
            expect(each.locator(".arkor-source")).to_have_text(
                f"local · my-project · 127.0.0.1:{server.port}"
            )
            expect(each.get_by_text("Failed to load jobs: ")).to_have_count(0)
