"""The artifacts and exports that are kept in memory."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from arkor_dash.ui.keys import key_part
from tests.servers import Answer, Request, head, sse_answer
from tests.servers.apis import JOB_ID, TOKEN, OurStudio
from tests.waiting import wait_until

from .conftest import App
from .studio import log, sse_body

NAMES = ("a", "bb", "ccc")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


class WithArtifacts(OurStudio):
    """A run that has saved three files, each of which holds its own name."""

    def stream(self, _seen: Request) -> Answer:
        artifacts = [{"name": name, "sizeBytes": len(name)} for name in NAMES]
        events = [log(1, loss=1.0), ("training.completed", {"artifacts": artifacts}), ("end", {})]
        return sse_answer(sse_body(events))


class WithLargeFiles(WithArtifacts):
    """A run with a large artifact, and with a long output that the dashboard does not follow."""

    SIZE = 300_000_000
    OUTPUT = b"".join(b"line %d\n" % number for number in range(100_000))

    def stream(self, _seen: Request) -> Answer:
        events = [
            log(1, loss=1.0),
            ("training.completed", {"artifacts": [{"name": "big", "sizeBytes": self.SIZE}]}),
        ]
        return sse_answer(sse_body([*events, ("end", {})]))

    def other(self, request: Request) -> Answer:
        if request.target.endswith("/artifacts/big"):
            piece = b"x" * 1_000_000
            return Answer(
                [head(Content_Length=str(self.SIZE)), *(piece for _ in range(self.SIZE // len(piece)))]
            )
        if request.target.startswith(f"/api/jobs/{JOB_ID}/output"):
            start = head(
                Content_Type="text/plain", Content_Length=str(len(self.OUTPUT)), X_Arkor_Output_Size="900000"
            )
            return Answer([start, self.OUTPUT])
        return super().other(request)


def address_of_download(page: Page, button: Locator) -> str:
    with page.expect_download() as started:
        button.click()
    return started.value.url


def test_only_the_latest_file_is_kept_for_a_viewer(start_app: Callable[..., App], page: Page):
    def is_kept(address: str) -> bool:
        return requests.get(address, timeout=60).status_code == requests.codes.ok

    with WithArtifacts().serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(f"{app.url}/job?id={JOB_ID}&tab=artifacts")
        artifacts = page.locator(".st-key-artifacts")
        expect(artifacts.get_by_role("button", name="Download")).to_have_count(3)
        addresses = []
        for name in NAMES:
            artifacts.locator(f".st-key-artifact_{key_part(name)} button").click()
            save = artifacts.get_by_role("button", name=f"Save {name} ({len(name)} B)")
            addresses.append(address_of_download(page, save))
            wait_until(
                lambda: [each for each in addresses if is_kept(each)] == addresses[-1:], what="one kept file"
            )

        page.get_by_role("button", name="Export").click()
        menu = page.locator(".st-key-export_forms")
        menu.get_by_role("button", name="Points as CSV").click()
        points = menu.get_by_role("button", name="Download points as CSV (")
        addresses.append(address_of_download(page, points))
        wait_until(
            lambda: [each for each in addresses if is_kept(each)] == addresses[-1:], what="one kept file"
        )
        expect(artifacts.get_by_role("button", name="Download")).to_have_count(3)


def test_files_of_any_size_are_downloaded_whole_and_pass_through_little_memory(
    start_app: Callable[..., App], page: Page
):
    with WithLargeFiles().serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(f"{app.url}/job?id={JOB_ID}&tab=artifacts")
        link = page.locator(".st-key-artifacts").get_by_role("link", name="Download")
        expect(link).to_be_visible()
        before = psutil.Process(app.process.pid).memory_info().rss
        with page.expect_download() as started:
            link.click()
        assert started.value.path().stat().st_size == WithLargeFiles.SIZE
        assert psutil.Process(app.process.pid).memory_info().rss - before < 100_000_000
        assert started.value.suggested_filename == "big"

        page.get_by_role("button", name="Export").click()
        output = page.locator(".st-key-export_forms").get_by_role("link", name="Output as text")
        with page.expect_download() as started:
            output.click()
        assert started.value.path().read_bytes() == WithLargeFiles.OUTPUT[:900_000]
        assert started.value.suggested_filename == f"{JOB_ID}.output.txt"


NAMES_OF_CONTROLS = """all => all.filter((each) => each.getClientRects().length).map((each) => {
  const text = [...each.querySelectorAll("[data-testid=stIconMaterial]")].reduce(
    (whole, icon) => whole.replace(icon.textContent, ""), each.getAttribute("aria-label") ?? each.innerText);
  return text.trim();
})"""


def test_every_download_of_a_page_is_named_after_what_it_downloads(start_app: Callable[..., App], page: Page):
    class Both(WithArtifacts):
        def stream(self, _seen: Request) -> Answer:
            artifacts = [{"name": name, "sizeBytes": len(name)} for name in NAMES]
            artifacts += [
                {"name": "big", "sizeBytes": WithLargeFiles.SIZE},
                {"name": "folder/", "type": "folder"},
            ]
            events = [log(1, loss=1.0, kl=0.5), ("training.completed", {"artifacts": artifacts}), ("end", {})]
            return sse_answer(sse_body(events))

    with Both().serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(f"{app.url}/job?id={JOB_ID}&tab=artifacts")
        controls = page.locator(".st-key-artifacts :is(button, a), .st-key-export_forms :is(button, a)")
        expect(controls).to_have_count(5)
        page.locator(".st-key-export button").first.click()
        expect(page.locator(".st-key-export_forms").get_by_text("Output as text")).to_be_visible()
        names = controls.evaluate_all(NAMES_OF_CONTROLS)
        assert len(set(names)) == len(names) > 10
        assert {"Download big (300.0 MB)", "Download bb (2 B)", "Output as text", "Points as CSV"} <= set(
            names
        )
        page.locator(f".st-key-artifact_{key_part('bb')} button").click()
        expect(page.get_by_role("button", name="Save bb (2 B)")).to_be_visible()

        page.goto(f"{app.url}/job?id={JOB_ID}&tab=metrics&metric=kl")
        expect(page.get_by_role("button", name="Chart of kl as PNG")).to_be_visible()
