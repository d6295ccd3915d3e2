"""Overview on a fresh install: what leads to the first run, of the project or of a script."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .conftest import ROOT, App

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

StartApp = Callable[..., App]


def test_the_first_screen_says_what_a_click_will_do(start_app: StartApp, page: Page):
    app = start_app(ARKOR_SAMPLE_STEPS="300")
    page.goto(app.url)
    panel = page.locator(".st-key-overview_run")
    expect(panel).to_contain_text("Start your first run.")
    expect(panel.locator("dd")).to_have_text(["char-mlp (from scratch)", "pydoc_data.topics", "300"])
    expect(panel.locator(".st-key-run_training button")).to_be_enabled()


def test_the_script_that_is_offered_runs_as_it_is_and_its_job_appears(start_app: StartApp, page: Page):
    app = start_app()
    page.goto(app.url)
    card = page.locator(".st-key-overview_report")
    code = card.locator("code")
    expect(code).to_contain_text("run.log(")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARKOR_")}
    environment |= {"HOME": str(app.state_dir.parent), "PYTHONPATH": str(ROOT), "ARKOR_RECORD": "none"}
    done = subprocess.run(
        [sys.executable, "-c", code.inner_text()],
        env=environment,
        cwd=app.state_dir.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stderr == ""
    expect(page.locator(".st-key-current_run")).to_contain_text("my-run")
    expect(page.locator(".st-key-current_run .arkor-figure-value").first).to_have_text("0.0100")
    expect(page.locator(".st-key-recent_jobs tbody tr")).to_have_count(1)
    page.reload()
    expect(page.locator(".st-key-recent_jobs tbody tr")).to_have_count(1)
    expect(code).to_be_hidden()


def test_no_script_is_offered_to_who_may_not_start_runs(start_app: StartApp, page: Page):
    app = start_app(ARKOR_DASH_ACTIONS="nobody")
    page.goto(app.url)
    expect(page.get_by_text("ARKOR_DASH_ACTIONS is nobody")).to_be_visible()
    expect(page.locator(".st-key-recent_jobs, .st-key-jobs_empty").first).to_be_visible()
    expect(page.locator(".st-key-overview_report code")).to_have_count(0)
