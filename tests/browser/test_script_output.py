"""The output of a real script, whose job is in a real Studio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.studio.process import TOKEN, StudioProcess
from tests.studio.script import Script

from .conftest import App
from .reading import wait_for_value
from .studio import NASTY

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[StudioProcess]:
    folder = tmp_path / "project"
    folder.mkdir()
    running = StudioProcess(folder)
    yield running
    running.close()


@pytest.fixture
def start(studio: StudioProcess, tmp_path: Path) -> Iterator[Callable[..., Script]]:
    scripts: list[Script] = []

    def start(arguments: str = "") -> Script:
        address = f"url={studio.url!r}, token={TOKEN!r}, {arguments}"
        scripts.append(Script(tmp_path, arguments=address, ARKOR_RECORD="output"))
        return scripts[-1]

    yield start
    for script in scripts:
        script.kill()


@pytest.fixture
def app(start_app: Callable[..., App], studio: StudioProcess) -> App:
    return start_app(ARKOR_STUDIO_URL=studio.url, ARKOR_STUDIO_TOKEN=TOKEN)


def test_what_a_script_prints_is_shown_live_and_kept_after_its_end(start, app: App, page: Page):
    script = start()
    page.goto(f"{app.url}/job?id={script.job_id}&tab=output")
    rows = page.locator(".st-key-output li")
    expect(rows).to_have_text([script.job_id])
    script.execute(f"print({NASTY!r}, file=sys.stderr)")
    expect(rows).to_have_text([script.job_id, NASTY, "done"])
    script.execute("sys.stderr.write(' 10%\\r 20%')")
    expect(rows).to_have_text([script.job_id, NASTY, "done", "20%done"])
    script.execute("sys.stderr.write('\\r\\x1b[31mhalf\\x1b[0m\\nof it\\n')")
    printed = [script.job_id, NASTY, "done", "20%done", "half", "of it", "done"]
    expect(rows).to_have_text(printed)

    overview = page.context.new_page()
    overview.goto(app.url)
    expect(overview.get_by_role("button", name="Run training: stub")).to_be_enabled()
    expect(overview.locator(".st-key-recent_jobs tbody tr")).to_have_count(1)
    expect(overview.locator(".st-key-run_log")).to_have_count(0)

    script.process.stdin.write("print('the end', file=sys.stderr)\n")
    script.end()
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(rows).to_have_text([*printed, "the end", "done"])
    page.locator(".st-key-export button").first.click()
    with page.expect_download() as started:
        page.locator(".st-key-export_forms").get_by_role("link", name="Output as text").click()
    text = started.value.path().read_bytes().decode()
    assert text.startswith(f"{script.job_id}\n{NASTY}\ndone\n")
    assert text.endswith(" 10%\r 20%done\n\r\x1b[31mhalf\x1b[0m\nof it\ndone\nthe end\ndone\n")


def test_the_output_goes_on_in_the_page_when_the_studio_was_started_again(
    start, app: App, page: Page, studio: StudioProcess
):
    script = start()
    page.goto(f"{app.url}/job?id={script.job_id}&tab=output")
    rows = page.locator(".st-key-output li")
    expect(rows).to_have_text([script.job_id])
    studio.stop()
    script.execute("print('meanwhile', file=sys.stderr)")
    after = StudioProcess(studio.project, "--port", studio.url.rpartition(":")[2])
    try:
        lines = lambda: [line for line in rows.all_text_contents() if "Studio" not in line]  # noqa: E731
        page.wait_for_function("document.querySelector('.st-key-output')?.textContent.includes('meanwhile')")
        script.end()
        expect(page.locator(".st-key-job_status")).to_have_text("Completed")
        wait_for_value(lines, [script.job_id, "meanwhile", "done"])
    finally:
        after.close()


def test_a_script_that_does_not_send_its_output_says_so_and_export_no_longer_offers_it(
    start, app: App, page: Page
):
    script = start("output=False")
    script.execute("print('private', file=sys.stderr); run.log(1, loss=1.0)")
    script.end()
    page.goto(f"{app.url}/job?id={script.job_id}")
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    page.locator(".st-key-export button").first.click()
    offered = page.locator(".st-key-export_forms").get_by_role("link", name="Output as text")
    answer = page.request.get(offered.evaluate("e => e.href"))
    assert (answer.status, "The Studio has no output of this job." in answer.text()) == (404, True)

    page.goto(f"{app.url}/job?id={script.job_id}&tab=output")
    expect(page.locator(".st-key-output")).to_contain_text("The Studio has no output of this job.")
    expect(page.locator(".st-key-output")).not_to_contain_text("private")
    page.locator(".st-key-export button").first.click()
    expect(page.locator(".st-key-export_forms")).to_contain_text("Event log as text")
    expect(offered).to_have_count(0)
