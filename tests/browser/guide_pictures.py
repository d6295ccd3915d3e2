"""The pictures of the guide and of the README, from the example runs.

`python -m tests.browser.guide_pictures [FOLDER]` writes them. The default folder is `docs`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.waiting import PATIENCE_S

from .chromium import launch_chromium
from .example_runs import STEPS, Curve, LiveRun, local_studio
from .page_states import CONFIG, PageState, css, page_states

WIDTH, HEIGHT = 1280, 860
SETTLING_MS = 1500
PICTURES = {
    "job": "job, live",
    "findings": "job, diverged",
    "silent": "job, silent",
    "artifacts": "job, finished, Artifacts",
}
"""The state that each picture shows as it is."""
HEIGHTS = {"compare": 1500, "curve": 1180, "open": 620, "toast": 460}


def main(folder: Path) -> None:
    expect.set_options(timeout=1000 * PATIENCE_S)
    with TemporaryDirectory() as files, sync_playwright() as playwright, page_states(Path(files)) as found:
        browser = launch_chromium(playwright)
        states = {state.name: state for state in found}
        for name, state in PICTURES.items():
            with _picture(browser, folder, name, states[state]):
                pass
        finished = states["job, finished"]
        smoothed = PageState("curve", f"{finished.url}&advanced=true&smooth=0.6&x=Elapsed", finished.shown)
        with _picture(browser, folder, "curve", smoothed):
            pass
        chosen = "&metric=loss&metric=grad_norm"
        compared = replace(states["compare"], url=f"{states['compare'].url}{chosen}")
        with _picture(browser, folder, "compare", compared):
            pass
        with _picture(browser, folder, "export", finished) as page:
            page.get_by_role("button", name="Export").click()
        with _picture(browser, folder, "again", finished) as page:
            page.locator(".st-key-job_rerun button").first.click()
        with _picture(browser, folder, "cancel", states["job, live"]) as page:
            page.locator(".st-key-job_cancel button").click()
        with _picture(browser, folder, "open", states["jobs, none"]) as page:
            page.get_by_role("button", name="Open a recording").click()
        _recording(browser, folder, Path(files), finished, states["jobs, none"])
        _message(browser, folder, Path(files) / "new", states["jobs, none"])
        browser.close()


@contextmanager
def _picture(browser: Browser, folder: Path, name: str, state: PageState) -> Iterator[Page]:
    """Take a picture of the state after what the block does with its page."""
    size = {"width": WIDTH, "height": HEIGHTS.get(name, HEIGHT)}
    with browser.new_context(viewport=size, locale="en-GB", color_scheme="light") as context:  # type: ignore[arg-type]
        context.set_default_timeout(1000 * PATIENCE_S)
        page = context.new_page()
        state.open(page)
        page.wait_for_timeout(SETTLING_MS)
        yield page
        page.wait_for_timeout(SETTLING_MS)
        page.screenshot(path=folder / f"{name}.png")
        print(folder / f"{name}.png")


def _recording(browser: Browser, folder: Path, files: Path, finished: PageState, jobs: PageState) -> None:
    """Export a job, and open the file in a dashboard that does not know the job."""
    with browser.new_context() as context:
        page = context.new_page()
        finished.open(page)
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Recording").click()
            page.get_by_role("button", name="Download recording (").click()
        file = files / download.value.suggested_filename
        download.value.save_as(file)
    with _picture(browser, folder, "recording", jobs) as page:
        page.get_by_role("button", name="Open a recording").click()
        page.locator("input[type=file]").set_input_files(file)
        expect(finished.shown(page).first).to_be_visible()


def _message(browser: Browser, folder: Path, data_home: Path, jobs: PageState) -> None:
    """Watch a run, and end it while its list of jobs is shown."""
    url, token = local_studio(data_home)
    run = LiveRun(
        url, token, name="support-lr1e-4", config=CONFIG, curve=Curve(), output="", first=STEPS // 2
    )
    listed = replace(jobs, shown=css(".st-key-jobs_table .arkor-status-running"))
    with run, _picture(browser, folder, "toast", listed) as page:
        page.locator(".st-key-jobs_table").get_by_role("link", name="support-lr1e-4").click()
        expect(page.locator(".st-key-job_status")).to_have_text("Running")
        page.locator(".st-key-header").get_by_role("link", name="Jobs").click()
        expect(page.locator(".st-key-jobs_table .arkor-status-running")).to_be_visible()
        run.complete()
        expect(page.get_by_test_id("stToast")).to_be_visible()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
