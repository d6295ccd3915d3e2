"""The first pages after a start, also of a dashboard that could not start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import App

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ARKOR_DASH_SOURCE": "moon"}, "ARKOR_DASH_SOURCE is 'moon'"),
        ({"ARKOR_DASH_DATABASE_URL": "sqlite:////proc/nowhere/history.db"}, "did not start"),
    ],
    ids=["setting", "studio"],
)
def test_every_page_shows_why_the_dashboard_could_not_start(
    start_app: Callable[..., App], page: Page, settings: dict[str, str], message: str
):
    app = start_app(**settings)
    for path in ("/", "/jobs", "/job?id=x"):
        page.goto(f"{app.url}{path}")
        expect(page.get_by_role("alert")).to_contain_text(message)
        expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_deep_link_works_as_the_first_request_after_a_start(start_app: Callable[..., App], page: Page):
    app = start_app()
    page.goto(f"{app.url}/jobs?q=nothing")
    expect(page.get_by_role("link", name="Overview")).to_be_visible()
    expect(page.locator(".st-key-jobs_empty")).to_contain_text("No jobs yet")
    expect(page.locator(".st-key-q input")).to_have_value("nothing")


def test_the_page_says_why_a_viewer_may_not_start_runs(start_app: Callable[..., App], page: Page):
    app = start_app(ARKOR_DASH_ACTIONS="nobody")
    page.goto(app.url)
    expect(page.get_by_text("ARKOR_DASH_ACTIONS is nobody")).to_be_visible()
    expect(page.locator(".st-key-run_training button")).to_contain_text("python-manual-chars")
    expect(page.locator(".st-key-run_training button")).to_be_disabled()


def test_the_pages_send_requests_to_their_own_server_only(start_app: Callable[..., App], page: Page):
    app = start_app()
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    for path in ("/", "/jobs", "/job?id=x"):
        page.goto(f"{app.url}{path}")
        expect(page.locator("h1")).to_be_visible()
        expect(page.get_by_role("link", name="Overview")).to_be_visible()
    assert [url for url in urls if not url.startswith((app.url, "data:", "blob:"))] == []


def test_the_try_again_button_starts_the_studio_once_its_database_can_be_created(
    start_app: Callable[..., App], page: Page, tmp_path: Path
):
    in_the_way = tmp_path / "database"
    in_the_way.write_text("a file where a folder should be")
    app = start_app(ARKOR_DASH_DATABASE_URL=f"sqlite:///{in_the_way}/history.db")
    page.goto(app.url)
    expect(page.get_by_role("alert")).to_contain_text("did not start")
    in_the_way.unlink()
    in_the_way.mkdir()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".st-key-run_training button")).to_contain_text("python-manual-chars")
