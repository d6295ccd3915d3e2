"""The pages with a broken stream, with a run of `arkor dev`, and with a source that refuses this version."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Answer, Request, chunked, head, html_answer, json_answer, sse_answer
from tests.servers.apis import JOB_ID, TOKEN, ArkorDev, Cloud, frames, job
from tests.waiting import wait_until

from .conftest import App

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]


@dataclass
class BreakingArkorDev(ArkorDev):
    """An `arkor dev` whose stream answers with `answer`, if set. `break_off` ends the open stream."""

    jobs: list[dict[str, object]] = field(default_factory=lambda: [job(status="running", completedAt=None)])
    answer: Answer | None = None
    upto: int = 0
    going: threading.Event = field(default_factory=threading.Event)

    def stream(self, request: Request) -> Answer:
        if self.answer is not None:
            return self.answer
        start = int(request.headers.get("last-event-id", "0"))
        return sse_answer(*frames()[start : self.upto], b": hi\n\n", whole=False, hold=self.going)

    def page(self) -> Answer:
        """A page without the token, which is only in the file."""
        return html_answer("<!doctype html>")

    def break_off(self) -> None:
        self.going.set()
        self.going = threading.Event()

    def resume_until(self, upto: int) -> None:
        self.answer, self.upto = None, upto


def test_a_broken_stream_shows_a_banner_above_the_chart_and_resumes_where_it_stopped(
    start_app: StartApp, page: Page, wait_for_quiet_socket: Callable[[], None], tmp_path: Path
):
    folder = tmp_path / "home" / ".arkor"
    folder.mkdir(parents=True)
    (folder / "studio-token").write_text(TOKEN)
    dev = BreakingArkorDev(upto=5)
    banner, rows = page.locator(".st-key-stream_interrupted"), page.locator(".st-key-event_log li")
    with dev.serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_DASH_SOURCE="studio", HOME=str(folder.parent))
        page.goto(f"{app.url}/job?id={JOB_ID}")
        expect(rows).to_have_count(5)
        expect(page.locator(".arkor-legend button")).to_have_text(["Training loss"])
        expect(banner).to_have_count(0)

        dev.answer = json_answer({"error": "later"}, "503 Service Unavailable", Retry_After="4")
        dev.break_off()
        expect(banner).to_contain_text(
            re.compile(r"The connection was lost \d+ s ago\. Next try in \d+ s\. .* answered 503")
        )
        expect(banner).to_contain_text("Event stream interrupted.")
        places = [where.bounding_box() for where in (banner, page.locator(".arkor-plot"), rows.first)]
        assert [place["y"] for place in places if place] == sorted(place["y"] for place in places if place)
        expect(rows).to_have_count(5)
        dev.resume_until(10)
        expect(rows).to_have_count(10)
        expect(banner).to_have_count(0)

        dev.answer = json_answer({"error": "Gone"}, "410 Gone")
        dev.break_off()
        expect(banner).to_contain_text(
            "Event stream interrupted. Gone. The received events are kept. Retry requests"
        )
        dev.resume_until(15)
        banner.get_by_role("button", name="Retry").click()
        expect(rows).to_have_count(15)
        expect(banner).to_have_count(0)

        dev.token = "another"
        dev.resume_until(20)
        dev.break_off()
        expect(banner).to_contain_text("~/.arkor/studio-token")
        (folder / "studio-token").write_text("another")
        expect(rows).to_have_count(20)
        expect(banner).to_have_count(0)

        dev.answer = json_answer({}, "503 Service Unavailable", Retry_After="300")
        dev.break_off()
        expect(banner).to_contain_text("Next try in")
        dev.answer = sse_answer()
        dev.jobs[0]["status"] = "cancelled"
        expect(page.locator(".st-key-job_status")).to_have_text("Cancelled")
        expect(banner).to_have_count(0)
        expect(rows).to_have_count(20)
        wait_for_quiet_socket()
        texts = rows.all_inner_texts()
    assert not [text for text in texts if "interrupted" in text]
    assert [re.findall(r"step=(\d+)", text) for text in texts[1:]] == [[str(step)] for step in range(1, 20)]


def test_a_run_outlives_the_page_that_started_it_and_every_viewer_sees_its_log(
    start_app: StartApp, page: Page
):
    hold = threading.Event()
    with ArkorDev(hold=hold).serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(app.url)
        page.locator(".st-key-run_training button").click()
        expect(page.locator(".st-key-run_log")).to_contain_text("step=1 loss=2.749583")
        other = page.context.new_page()
        other.goto(app.url)
        expect(other.locator(".st-key-run_log")).to_contain_text("step=1 loss=2.749583")
        page.close()
        other.reload()
        expect(other.locator(".st-key-run_log")).to_contain_text("step=1 loss=2.749583")
        expect(
            other.get_by_text("Running. It goes on when this page is closed, until the dashboard ends.")
        ).to_be_visible()
        hold.set()
        expect(other.locator(".st-key-run_log")).to_contain_text("finished with status=completed")
        expect(other.get_by_text("Finished.")).to_be_visible()
    starts = [
        request for request in server.requests if (request.method, request.target) == ("POST", "/api/train")
    ]
    assert len(starts) == 1


def test_a_run_of_arkor_dev_ends_with_the_dashboard(start_app: StartApp, page: Page):
    dev = ArkorDev()
    start = head(Content_Type="text/plain", Transfer_Encoding="chunked")
    held = Answer([start, *chunked(b"Started job job_new_0001\n", whole=False)], hold=threading.Event())
    with dev.serve() as server:
        server.respond = lambda request: held if request.method == "POST" else dev.respond(request)
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(app.url)
        page.locator(".st-key-run_training button").click()
        expect(page.locator(".st-key-run_log")).to_contain_text("Started job job_new_0001")
        assert server.open_connections >= 1
        app.process.terminate()
        wait_until(lambda: server.open_connections == 0, what="the end of the run's connection")


def test_a_deprecation_notice_is_shown_once_and_the_error_for_a_refused_version_names_the_upgrade(
    start_app: StartApp, page: Page
):
    notice = {"Deprecation": "true", "Warning": '299 - "Version 0.0 goes away"'}
    cloud = Cloud(notice=notice)
    settings = {"ARKOR_CLOUD_TOKEN": TOKEN, "ARKOR_ORG": "ours", "ARKOR_PROJECT": "cats & dogs"}
    with cloud.serve() as server:
        app = start_app(ARKOR_CLOUD_API_URL=server.url, **settings)
        toast = page.get_by_test_id("stToast")
        page.goto(app.url)
        expect(toast).to_contain_text("Version 0.0 goes away.")
        page.get_by_role("link", name="Jobs", exact=True).click()
        expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
        expect(toast).to_have_count(0)
        page.wait_for_timeout(6_000)  # through one more refresh
        assert toast.count() == 0
        other = page.context.new_page()
        other.goto(f"{app.url}/job?id={JOB_ID}")
        expect(other.get_by_test_id("stToast")).to_contain_text("Version 0.0 goes away.")

        refusal = {
            "error": "sdk_version_unsupported",
            "supportedRange": "^1.4.0",
            "upgrade": "npm install arkor",
        }
        server.respond = lambda _: json_answer(refusal, "426 Upgrade Required")
        expect(page.get_by_text("It supports arkor ^1.4.0. Upgrade: npm install arkor.")).to_be_visible()
        expect(page.locator(".arkor-lost")).to_be_visible()
