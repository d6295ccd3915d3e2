"""When a job ends that the viewer has seen running, the list is asked for at once, however seldom it is polled."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.servers import ScriptedServer, sse

from .conftest import ROOT, App
from .studio import Studio, job

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
POLLED_HOURLY = """
from arkor_dash.live.job_list import JobListPoller
refresh = JobListPoller.refresh
JobListPoller.refresh = lambda poller, age_s=0.0: refresh(poller, 3600.0 if age_s > 1.0 else age_s)
"""


def test_the_list_says_at_once_that_a_watched_job_has_ended(
    start_app: Callable[..., App], page: Page, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(POLLED_HOURLY, encoding="utf-8")
    studio, stream = Studio(), queue.Queue[bytes | None]()
    entry = job("watched", "running", completedAt=None)
    job_id = studio.add(entry, stream)
    stream.put(sse("training.started", {}, 1))
    with ScriptedServer(studio.respond) as server:
        settings = {"ARKOR_STUDIO_URL": server.url, "ARKOR_STUDIO_TOKEN": "token"}
        app = start_app(PYTHONPATH=f"{tmp_path}:{ROOT}", **settings)
        page.goto(f"{app.url}/job?id={job_id}")
        expect(page.locator(".st-key-job_status")).to_contain_text("Running")
        page.get_by_role("link", name="Jobs").first.click()
        row = page.locator(".st-key-jobs_table tbody tr")
        expect(row).to_contain_text("Running")
        expect(page.locator(".arkor-busy")).to_have_count(0)
        before = studio.list_requests
        entry["status"] = "completed"
        stream.put(sse("training.completed", {}, 2) + sse("end", {}, 3))
        expect(page.get_by_test_id("stToast")).to_contain_text("watched: completed.")
        expect(row).to_contain_text("Completed")
        assert studio.list_requests == before + 1
        stream.put(None)
