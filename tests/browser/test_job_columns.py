"""Columns of the list of jobs are turned on, sorted by, kept in the address and exported."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from arkor_dash.studio.api.batches import parse_batch
from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.waiting import wait_until

from .conftest import App
from .reading import focus
from .test_recordings import recording_file

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

FIXED = ["Status", "Name", "Created", "ID"]
DEFAULTS = ["Loss curve", "loss, last", "loss, lowest", "Progress", "Duration"]
LOSSES = {"first": 0.5, "second": 2e-5, "third": 1.5}


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    """The state folder of a Studio with three jobs, each with a loss and a setting."""
    state = StateDir(tmp_path / "state")
    state.create()
    at = datetime.now(UTC)
    with Store(sqlite_url(state.database)) as store:
        for number, (name, loss) in enumerate(LOSSES.items(), start=1):
            config = json.dumps({"maxSteps": 10, "note": f"=1+{number}"})
            store.create_job(f"job_{name}", name, at, config=config)
            later = (at + timedelta(seconds=60 * number)).isoformat()
            events = [
                ("training.started", {"timestamp": at.isoformat()}),
                ("training.log", {"step": number, "loss": loss, "timestamp": later}),
                ("training.completed", {"timestamp": later}),
            ]
            batch = [
                {"seq": seq, "event": event, "data": data}
                for seq, (event, data) in enumerate(events, start=1)
            ]
            store.append(f"job_{name}", parse_batch(json.dumps({"events": batch}).encode()))
    return state


def cells(page: Page, column: int) -> list[str]:
    return page.locator(f".st-key-jobs_table tbody td:nth-child({column})").all_inner_texts()


def test_columns_are_turned_on_sorted_by_kept_in_the_address_and_exported(
    start_app: Callable[..., App], page: Page, state: StateDir
) -> None:
    app = start_app(ARKOR_DASH_STATE_DIR=str(state.root))
    heads = page.locator(".st-key-jobs_table th")
    page.goto(f"{app.url}/jobs?column=none")
    expect(heads).to_have_text([*FIXED, "Edit"])
    page.get_by_role("button", name="Columns").click()
    choice = page.get_by_role("combobox", name="Columns")
    for label in ("loss, last", "Duration", "Progress"):
        choice.fill(label)
        expect(page.get_by_role("option")).to_have_text([label])
        choice.press("Enter")
        expect(heads.get_by_text(label)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    wait_until(lambda: cells(page, 5) == ["1.5000", "2.0000e-5", "0.5000"], what="the losses")
    assert cells(page, 6) == ["0:03:00", "0:02:00", "0:01:00"]
    assert cells(page, 7) == ["30%", "20%", "10%"]

    head = page.get_by_role("button", name="loss, last")
    for direction, order in (
        ("ascending", ["second", "first", "third"]),
        ("descending", ["third", "first", "second"]),
    ):
        head.press("Enter")
        wait_until(lambda order=order: cells(page, 2) == order, what=f"the {direction} order")
        expect(page.get_by_role("columnheader", name="loss, last")).to_have_attribute("aria-sort", direction)
    expect(head).to_be_focused()
    wait_until(lambda: "sort=-last%3Aloss" in page.url, what="the address")

    page.goto(f"{app.url}/jobs?column=setting:note&column=nonsense&sort=-setting:note")
    expect(heads).to_have_text([*FIXED, "note", "Edit"])
    wait_until(lambda: cells(page, 5) == ["=1+3", "=1+2", "=1+1"], what="the settings")
    page.locator(".st-key-q input").fill("ir")
    wait_until(lambda: cells(page, 2) == ["third", "first"], what="the search")
    page.locator(".st-key-jobs_csv button").click()
    with page.expect_download() as started:
        page.locator(".st-key-jobs_export").get_by_role("button", name="Download jobs as CSV").click()
    with Path(started.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["Name"], row["note"]) for row in rows] == [("third", "'=1+3"), ("first", "'=1+1")]

    page.get_by_role("link", name="third").click()
    expect(page.locator("h1")).to_have_text(["third"])
    page.go_back()
    expect(heads).to_have_text([*FIXED, "note", "Edit"])

    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{app.url}/jobs?column=tags&column=last:loss")
    shown = page.locator(".st-key-jobs_table .arkor-cell-more:visible")
    expect(shown).to_have_text(["1.5000", "2.0000e-5", "0.5000"])  # a list has no place for missing tags


def test_a_list_shows_how_its_runs_are_doing_until_other_columns_are_chosen(
    start_app: Callable[..., App], page: Page, state: StateDir
) -> None:
    app = start_app(ARKOR_DASH_STATE_DIR=str(state.root))
    page.set_viewport_size({"width": 1600, "height": 800})
    page.goto(f"{app.url}/jobs")
    heads = page.locator(".st-key-jobs_table th")
    expect(heads).to_have_text([*FIXED, *DEFAULTS, "Edit"])
    wait_until(lambda: cells(page, 8) == ["30%", "20%", "10%"], what="the progress")
    assert cells(page, 9) == ["0:03:00", "0:02:00", "0:01:00"]
    curve = page.get_by_role("img", name="Loss curve: From 1.5000 to 1.5000")
    assert curve.locator("polyline").get_attribute("points") == "0,50 100,50"
    assert "column=" not in page.url
    page.get_by_role("button", name="Progress").click()
    wait_until(lambda: cells(page, 2) == ["first", "second", "third"], what="the order")

    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("columnheader")).to_have_text(
        [*FIXED, "Loss curve", "loss, last", "Progress", "Duration", "Edit"]
    )
    page.set_viewport_size({"width": 800, "height": 800})
    expect(page.get_by_role("columnheader")).to_have_text([*FIXED, "loss, last", "Edit"])
    box = page.locator(".st-key-jobs_table .arkor-table-box")
    assert box.evaluate("e => e.scrollWidth - e.clientWidth") == 0

    page.get_by_role("button", name="Columns").click()
    page.get_by_role("combobox", name="Columns").press("Backspace")
    expect(heads).to_have_text([*FIXED, *DEFAULTS[:-1], "Edit"])
    wait_until(lambda: page.url.count("column=") == 4, what="the address")
    page.reload()
    expect(heads).to_have_text([*FIXED, *DEFAULTS[:-1], "Edit"])


def test_the_status_and_the_name_stay_in_view_when_a_wide_list_is_scrolled(
    start_app: Callable[..., App], page: Page, state: StateDir
) -> None:
    app = start_app(ARKOR_DASH_STATE_DIR=str(state.root))
    page.set_viewport_size({"width": 800, "height": 800})
    columns = ("duration", "progress", "last:loss", "lowest:loss", "highest:loss", "tags", "curve")
    page.goto(f"{app.url}/jobs?{urlencode([('column', each) for each in columns])}")
    box = page.locator(".st-key-jobs_table .arkor-table-box")
    name = page.get_by_role("link", name="third")
    expect(name).to_be_visible()
    box.evaluate("e => e.scrollTo(e.scrollWidth, 0)")
    expect(page.locator(".arkor-cell-created").first).not_to_be_in_viewport()
    expect(page.locator(".arkor-cell-status").first).to_be_in_viewport(ratio=1)
    at = "const { x, y } = e.getBoundingClientRect(); return e.contains(document.elementFromPoint(x + 8, y + 8));"
    for shown in (name, page.locator(".st-key-jobs_table .arkor-chip").first):
        assert shown.evaluate(f"e => {{ {at} }}")


def test_a_row_keeps_the_focus_while_its_values_move(
    start_app: Callable[..., App], page: Page, state: StateDir
) -> None:
    with Store(sqlite_url(state.database), owner="local") as store:
        store.create_job("job_live", "live", datetime.now(UTC), is_external=True)
        app = start_app(ARKOR_DASH_STATE_DIR=str(state.root))
        page.goto(f"{app.url}/jobs?column=last:loss&column=curve")
        link = page.get_by_role("link", name="live")
        focus(link)
        for seq, loss in ((1, 2.5), (2, 1.5)):
            event = {"seq": seq, "event": "training.log", "data": {"step": seq, "loss": loss}}
            store.append("job_live", parse_batch(json.dumps({"events": [event]}).encode()))
            wait_until(lambda loss=loss: cells(page, 5)[0] == f"{loss:.4f}", what="the loss")
            expect(link).to_be_focused()
        expect(page.get_by_role("img", name="Loss curve: From 2.5000 to 1.5000")).to_be_visible()


def test_the_latest_jobs_show_their_progress_and_loss(
    start_app: Callable[..., App], page: Page, state: StateDir
) -> None:
    app = start_app(ARKOR_DASH_STATE_DIR=str(state.root))
    page.goto(app.url)
    row = page.locator(".st-key-recent_jobs tbody tr", has_text="third")
    expect(row.locator('[data-kind="progress"]')).to_have_text("30%")
    expect(row.locator('[data-kind="last"]')).to_have_text("1.5000")


def test_a_list_of_recordings_offers_no_metrics_of_another_source(
    start_app: Callable[..., App], page: Page, state: StateDir, tmp_path: Path
) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "done.jsonl.gz").write_bytes(recording_file())
    app = start_app(ARKOR_DASH_STATE_DIR=str(state.root), ARKOR_DASH_RECORDINGS_DIR=str(folder))
    for address, offers in (("/jobs?column=none", 1), ("/jobs?column=none&recording=done.jsonl.gz", 0)):
        page.goto(f"{app.url}{address}")
        page.get_by_role("button", name="Columns").click()
        choice = page.get_by_role("combobox", name="Columns")
        choice.click()
        expect(page.get_by_role("option", name="Duration")).to_be_visible()
        expect(page.get_by_role("option", name="loss, last")).to_have_count(offers)
