"""Jobs are renamed, tagged, archived and deleted in the list and on their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.records import NewEvent
from arkor_dash.studio.storage.store import Store
from tests.waiting import wait_until

from .conftest import App
from .studio import NASTY, job

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]
TAG = "**bold** <b>b</b> :smile:"


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    """The state folder of a Studio with three jobs that have ended: first, second, third."""
    state = StateDir(tmp_path / "state")
    state.create()
    with Store(sqlite_url(state.database)) as store:
        for name in ("first", "second", "third"):
            at = datetime.now(UTC)
            store.create_job(f"job_{name}", name, at)
            store.append(f"job_{name}", [NewEvent(1, "training.completed", "{}", at)])
            state.run(f"job_{name}").mkdir()
    return state


def names(page: Page) -> list[str]:
    return page.locator(".st-key-jobs_table .arkor-cell-name").all_inner_texts()


def test_a_job_is_renamed_tagged_archived_and_deleted(
    start_app: StartApp, page: Page, state: StateDir
) -> None:
    app = start_app(ARKOR_DASH_STATE_DIR=str(state.root))
    page.goto(f"{app.url}/jobs")
    dialog = page.get_by_role("dialog")
    expect(page.get_by_role("button", name="Edit second")).to_be_visible()
    expect(page.get_by_role("switch", name="Archived")).to_have_count(0)  # there is none
    page.get_by_role("button", name="Edit second").press("Enter")
    dialog.get_by_label("Name").fill(NASTY)
    tags = dialog.get_by_role("combobox")
    for tag in (TAG, "good"):
        tags.fill(tag)
        tags.press("Enter")
    dialog.get_by_label("Notes").fill(f"{NASTY}\nagain")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    wait_until(lambda: names(page) == ["third", NASTY, "first"], what="the new name in the list")
    page.locator(".st-key-q input").fill("GOOD")
    wait_until(lambda: names(page) == [NASTY], what="the job with the tag")

    page.get_by_role("link", name=NASTY).click()
    expect(page.get_by_role("list", name="Tags").get_by_role("listitem")).to_have_text([TAG, "good"])
    expect(page.locator(".st-key-job_notes")).to_have_text(f"{NASTY}\nagain")
    assert page.locator(".st-key-job_head :is(strong, script, b)").count() == 0
    page.locator(".st-key-job_edit button").click()
    dialog.get_by_role("button", name="Archive").click()
    expect(dialog).to_have_count(0)
    page.goto(app.url)
    expect(page.locator(".st-key-recent_jobs .arkor-cell-name")).to_have_text(["third", "first"])
    page.goto(f"{app.url}/jobs")
    wait_until(lambda: names(page) == ["third", "first"], what="the list without the archived job")
    page.locator(".st-key-archived label").click()
    wait_until(lambda: names(page) == [NASTY] and "archived=" in page.url, what="the archived job")

    page.get_by_role("link", name=NASTY).click()
    page.locator(".st-key-job_edit button").click()
    dialog.get_by_role("button", name="Delete…").click()
    assert state.run("job_second").is_dir()  # it asks for confirmation first
    page.get_by_role("button", name="Delete this job").click()
    expect(page.locator("h1")).to_have_text(["Jobs"])
    expect(page.locator(".st-key-jobs_empty")).to_contain_text("No archived jobs")
    page.locator(".st-key-archived label").click()
    wait_until(lambda: names(page) == ["third", "first"], what="the list without the deleted job")
    expect(page.get_by_role("switch", name="Archived")).to_have_count(0)
    assert sorted(folder.name for folder in state.runs.iterdir()) == ["job_first", "job_third"]


def test_who_may_not_cancel_runs_sees_no_controls(start_app: StartApp, page: Page, state: StateDir) -> None:
    app = start_app(ARKOR_DASH_STATE_DIR=str(state.root), ARKOR_DASH_ACTIONS="nobody")
    page.goto(f"{app.url}/jobs")
    wait_until(lambda: names(page) == ["third", "second", "first"], what="the list")
    expect(page.get_by_role("button", name="Edit")).to_have_count(0)
    page.goto(f"{app.url}/job?id=job_first")
    expect(page.locator(".st-key-export")).to_be_visible()
    expect(page.locator(".st-key-job_edit")).to_have_count(0)


def test_a_source_that_can_not_keep_jobs_shows_no_controls(visit, page, studio) -> None:
    job_id = studio.add(job("theirs", "completed", archived=True))
    visit("/jobs")
    wait_until(lambda: names(page) == ["theirs"], what="the list")
    expect(page.get_by_role("button", name="Edit")).to_have_count(0)
    expect(page.locator(".st-key-archived")).to_have_count(0)
    page.goto(page.url.replace("/jobs", f"/job?id={job_id}"))
    expect(page.locator(".st-key-export")).to_be_visible()
    expect(page.locator(".st-key-job_edit")).to_have_count(0)
