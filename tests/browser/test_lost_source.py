"""Pages whose Studio is frozen: what counts stands still, and one message says since when."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.waiting import wait_until

from .conftest import App
from .reading import open_job

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
LOST_SINCE = re.compile(r"lost since \d\d:\d\d:\d\d$")
ENDLESS = """
import time
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    step = 0
    while not run.cancelled:
        step += 1
        run.log(step, loss=1 / step)
        time.sleep(0.2)

arkor = create_arkor(trainer=create_trainer(name="endless", train=train, config={"maxSteps": 100000}))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    entry = tmp_path / "project" / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(ENDLESS)
    return entry.parents[2]


def studio_of(app: App) -> psutil.Process:
    return next(process for process in app.children() if "arkor_dash.studio" in process.cmdline())


def test_a_frozen_studio_is_lost_until_it_goes_on(
    start_app: Callable[..., App], page: Page, project: Path, wait_for_quiet_socket: Callable[[], None]
) -> None:
    app = start_app(ARKOR_PROJECT_DIR=str(project))
    page.goto(app.url)
    page.locator(".st-key-run_training button").click()
    open_job(page, page.locator(".st-key-recent_jobs tbody tr").first)
    facts = page.locator(".st-key-metadata")
    duration = facts.locator("dt:text-is('Duration') + dd")
    left = facts.locator("dt:text-is('Time left') + dd")
    expect(left).to_contain_text("about")
    overview = page.context.new_page()
    overview.goto(app.url)
    expect(overview.get_by_text("Running. It goes on when this page is closed.")).to_be_visible()

    studio = studio_of(app)
    studio.send_signal(signal.SIGSTOP)
    try:
        for each in (page, overview):
            expect(each.locator(".arkor-source .arkor-lost")).to_have_text(LOST_SINCE)
        expect(left).to_have_text("–")
        expect(facts.locator("dt:text-is('Last event') + dd time")).to_be_visible()
        stood = duration.inner_text()
        wait_for_quiet_socket()
        assert duration.inner_text() == stood
        pulse = "chip => getComputedStyle(chip, '::before').animationName"
        assert page.locator(".st-key-job_status .arkor-chip").evaluate(pulse) == "none"
        expect(overview.locator(".st-key-run_training button")).to_be_disabled()
        expect(overview.get_by_text("Running. It goes on")).to_have_count(0)
    finally:
        studio.send_signal(signal.SIGCONT)
    for each in (page, overview):
        expect(each.locator(".arkor-lost")).to_have_count(0)
    expect(left).to_contain_text("about")
    wait_until(lambda: duration.inner_text() != stood, what="a duration that counts again")
