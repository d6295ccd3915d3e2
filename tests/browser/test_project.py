"""The run panel while its author edits the project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import App

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PROJECT = """
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    print("hello from the trainer", flush=True)
    run.log(1, loss=1.0)

trainer = create_trainer(name="{name}", train=train)
arkor = create_arkor(trainer=trainer)
"""
NO_TRAINER = "No trainer in src/arkor/index.py yet. Add create_trainer(...) and pass it to create_arkor."


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    entry = tmp_path / "project" / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(PROJECT.format(name="mine"))
    return entry


def test_each_reload_shows_the_project_as_it_is_then(start_app: Callable[..., App], page: Page, entry: Path):
    app = start_app(ARKOR_PROJECT_DIR=str(entry.parents[2]))
    button = page.locator(".st-key-run_training button")
    page.goto(app.url)
    expect(button).to_contain_text("Run training: mine")
    expect(button).to_be_enabled()

    entry.write_text("from arkor_dash.sdk import create_arkor\narkor = create_arkor()\n")
    page.reload()
    expect(page.get_by_text(NO_TRAINER)).to_be_visible()
    expect(button).to_be_disabled()

    entry.write_text("import does_not_exist\n")
    page.reload()
    expect(page.get_by_text("Couldn't read manifest: ")).to_contain_text("does_not_exist")
    expect(button).to_be_disabled()

    entry.write_text(PROJECT.format(name="**later** :smile: <b>"))
    page.reload()
    expect(button).to_contain_text("**later**")
    assert button.locator("strong, b").count() == 0


def test_the_manifest_is_requested_once_per_page_load(start_app: Callable[..., App], page: Page, entry: Path):
    builds = entry.parents[2] / "builds"
    entry.write_text(f"open({str(builds)!r}, 'a').write('x')\n" + PROJECT.format(name="counted"))
    app = start_app(ARKOR_PROJECT_DIR=str(entry.parents[2]))
    page.goto(app.url)
    expect(page.locator(".st-key-run_training button")).to_contain_text("counted")
    assert builds.read_text() == "x"
    page.locator(".st-key-run_training button").click()
    expect(page.locator(".st-key-run_log")).to_contain_text("hello from the trainer")
    expect(page.get_by_text("Finished.")).to_be_visible()
    assert builds.read_text() == "xx"  # the run imported the project too
    page.reload()
    expect(page.locator(".st-key-run_training button")).to_be_enabled()
    assert builds.read_text() == "xxx"


def test_a_return_from_another_page_requests_the_manifest_again(
    start_app: Callable[..., App], page: Page, entry: Path
):
    app = start_app(ARKOR_PROJECT_DIR=str(entry.parents[2]))
    page.goto(app.url)
    expect(page.locator(".st-key-run_training button")).to_contain_text("mine")
    entry.write_text(PROJECT.format(name="edited"))
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(page.locator("h1")).to_have_text(["Jobs"])
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".st-key-run_training button")).to_contain_text("edited")
