"""The server reads a job as soon as its page is asked for, before Streamlit runs the page."""

from __future__ import annotations

from pathlib import Path

import requests

from tests.servers.apis import TOKEN, OurStudio, job
from tests.servers.app import launch, stop
from tests.servers.client import open_stream, run_script
from tests.waiting import wait_until


def test_a_listed_job_is_read_once_its_page_is_asked_for(tmp_path: Path) -> None:
    with OurStudio(jobs=[job("job_1"), job("job_2")]).serve() as studio:
        settings = {
            "ARKOR_DASH_SOURCE": "studio",
            "ARKOR_STUDIO_URL": studio.url,
            "ARKOR_STUDIO_TOKEN": TOKEN,
        }
        app = launch(tmp_path / "app", settings)
        try:
            with open_stream(app) as stream:
                run_script(stream, page="jobs")  # has the list of jobs fetched

            def job_is_read() -> bool:
                for path in ("jobs?id=job_1", "job?id=unlisted", "job?id=job_2"):
                    assert requests.get(f"{app.url}/{path}", headers={"Accept": "text/html"}, timeout=60).ok
                return bool(reads(studio))

            wait_until(job_is_read, what="the request for the job's events")
            assert reads(studio) == ["/api/jobs/job_2/events"]
        finally:
            stop(app)


def reads(studio) -> list[str]:
    """The requests for the events of a job."""
    return [each.target for each in studio.requests if each.target.endswith("/events")]
