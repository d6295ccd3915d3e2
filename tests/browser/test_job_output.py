"""The Output section of a job's page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Answer, Request, chunked, head, json_answer, sse_answer
from tests.servers.apis import JOB_ID, TOKEN, OurStudio, job
from tests.waiting import wait_until

from .conftest import App
from .reading import open_tab
from .studio import NASTY, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SCRIPT_JOB = "job_of_a_script"
PRINTED = b"".join(b"step %d\n" % number for number in range(200_000)) + f"KeyError: {NASTY}\n".encode()


class Running(OurStudio):
    """A run that prints a second line once `go` is set."""

    def __init__(self) -> None:
        super().__init__(jobs=[job(JOB_ID, "running", completedAt=None)])
        self.go = threading.Event()
        self.connections = 0

    def stream(self, _seen: Request) -> Answer:
        return Answer([head(Content_Type="text/event-stream"), sse_body([log(1, loss=1.0)])], hold=self.go)

    def other(self, request: Request) -> Answer:
        path = urlsplit(request.target).path
        if (request.method, path) == ("GET", "/api/train"):
            return json_answer({"run": {"jobId": JOB_ID, "running": True, "exitCode": None}})
        if path != f"/api/jobs/{JOB_ID}/output":
            return super().other(request)
        self.connections += 1

        def pieces() -> Iterator[bytes]:
            yield head(Content_Type="text/plain", Transfer_Encoding="chunked")
            yield from chunked(b"first\n", whole=False)
            self.go.wait(300)
            yield from chunked(b"second\n", b"\n---\nexit=0\n")

        return Answer(pieces())


def test_the_output_of_a_run_in_progress_is_followed_and_read_once(start_app: Callable[..., App], page: Page):
    api = Running()
    with api.serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(f"{app.url}/job?id={JOB_ID}&tab=output")
        rows = page.locator(".st-key-output li")
        expect(rows).to_have_text(["first"])
        api.go.set()
        expect(rows).to_have_text(["first", "second"])
        assert api.connections == 1


class WithOutput(OurStudio):
    """A run that has failed and printed more than a page shows, and a job of a script."""

    def __init__(self) -> None:
        super().__init__(jobs=[job(JOB_ID, "failed", error="KeyError"), job(SCRIPT_JOB)])
        self.offsets: list[int] = []

    def stream(self, _seen: Request) -> Answer:
        ended = ("training.failed", {"error": "KeyError"})
        return sse_answer(sse_body([log(1, loss=1.0), ended, ("end", {})]))

    def other(self, request: Request) -> Answer:
        parts = urlsplit(request.target)
        if parts.path != f"/api/jobs/{JOB_ID}/output":
            return super().other(request)
        self.offsets.append(int(parse_qs(parts.query)["offset"][0]))
        size = str(len(PRINTED))
        start = head(Content_Type="text/plain", Transfer_Encoding="chunked", X_Arkor_Output_Size=size)
        return Answer([start, *chunked(PRINTED[self.offsets[-1] :], b"\n---\nexit=1\n")])


def test_the_output_of_an_ended_run_is_read_when_it_is_opened_and_shows_its_end(
    start_app: Callable[..., App], page: Page, wait_for_quiet_socket
):
    api = WithOutput()
    with api.serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(f"{app.url}/job?id={JOB_ID}")
        expect(page.locator(".st-key-event_log")).to_be_visible()
        wait_for_quiet_socket()
        assert api.offsets == []
        open_tab(page, "Output")
        section = page.locator(".st-key-output")
        rows = section.locator(".arkor-rows")
        expect(rows.locator("li").last).to_have_text(f"KeyError: {NASTY}")
        wait_until(
            lambda: rows.evaluate("e => e.scrollHeight - e.scrollTop - e.clientHeight < 24"),
            what="the end of the output in view",
        )
        lines = "root => root.clientHeight / parseFloat(getComputedStyle(root).lineHeight)"
        assert float(rows.evaluate(lines)).is_integer()
        expect(section).to_contain_text("Earlier lines are in the download.")
        expect(page).to_have_url(re.compile("tab=output"))
        with page.expect_download() as started:
            section.get_by_text("Download the log").click()
        assert started.value.path().read_bytes() == PRINTED
        wait_for_quiet_socket()
        read = list(api.offsets)
        second = page.context.new_page()
        second.goto(page.url)
        expect(second.locator(".st-key-output li").last).to_have_text(f"KeyError: {NASTY}")
        assert api.offsets == read
        second.goto(f"{app.url}/job?id={SCRIPT_JOB}&tab=output")
        expect(second.locator(".st-key-output")).to_contain_text("The Studio has no output of this job.")


def test_a_recording_has_no_output_even_if_the_studio_keeps_that_of_its_job(
    start_app: Callable[..., App], page: Page, tmp_path
):
    api = WithOutput()
    folder = tmp_path / "recordings"
    folder.mkdir()
    with api.serve() as server:
        settings = {"ARKOR_STUDIO_URL": server.url, "ARKOR_STUDIO_TOKEN": TOKEN}
        app = start_app(**settings, ARKOR_DASH_RECORDINGS_DIR=str(folder))
        page.goto(f"{app.url}/job?id={JOB_ID}")
        page.locator(".st-key-export button").first.click()
        page.get_by_role("button", name="Recording", exact=True).click()
        with page.expect_download() as started:
            page.get_by_role("button", name=re.compile("Download recording")).click()
        started.value.save_as(folder / "kept.jsonl.gz")
        page.goto(f"{app.url}/job?id={JOB_ID}&recording=kept.jsonl.gz&tab=output")
        expect(page.locator(".st-key-job_status")).to_have_text("Failed")
        expect(
            page.locator(".arkor-note").get_by_text(re.compile("recording", re.IGNORECASE)).first
        ).to_be_visible()
        expect(page.locator(".st-key-output")).to_contain_text("The source of this job keeps no output.")
        assert api.offsets == []
