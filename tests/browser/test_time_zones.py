"""Times in the time zone of the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import Answer, Request, sse_answer
from tests.servers.apis import JOB_ID, TOKEN, OurStudio

from .conftest import PATIENCE_MS, App
from .studio import NOON, iso, job, log, sse_body
from .test_recordings import recording_file

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

UNKNOWN_ZONE = """
const known = Intl.DateTimeFormat.prototype.resolvedOptions;
Intl.DateTimeFormat.prototype.resolvedOptions = function () {
  return { ...known.call(this), timeZone: "Etc/Unknown" };
};
"""
SAVED = {"timestamp": "2026-11-23T11:00:00Z", "artifacts": [{"name": "model", "sizeBytes": 1}]}
FAR = {"timestamp": "9999-12-31T23:30:00Z", "step": 1, "artifacts": [{"name": "far", "sizeBytes": 1}]}


class WithArtifacts(OurStudio):
    def stream(self, _seen: Request) -> Answer:
        return sse_answer(sse_body([("checkpoint.saved", FAR), ("training.completed", SAVED), ("end", {})]))


def test_every_page_shows_times_with_the_browsers_offset(
    start_app: Callable[..., App], page: Page, tmp_path: Path
):
    (tmp_path / "done.jsonl.gz").write_bytes(recording_file())
    page.add_init_script(UNKNOWN_ZONE)
    with WithArtifacts().serve() as server:
        app = start_app(
            ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN, ARKOR_DASH_RECORDINGS_DIR=str(tmp_path)
        )
        page.goto(f"{app.url}/job?id={JOB_ID}&tab=artifacts")
        artifacts = page.locator(".st-key-artifacts")
        expect(artifacts).to_contain_text("2026-11-23 12:00:00")
        expect(artifacts).to_contain_text("9999-12-31 23:30:00")

        page.goto(f"{app.url}/job?recording=done.jsonl.gz")
        expect(page.get_by_text("A recording, saved on 24 November 2026 at 01:00.")).to_be_visible()

        page.goto(f"{app.url}/jobs")
        expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
        server.refuse()
        expect(page.get_by_text("This is the list as of ")).to_be_visible()
        expect(page.locator(".arkor-source .arkor-lost")).to_contain_text("lost since ")


@contextmanager
def axis_of_times(app: App, browser: Browser, zone: str, job_id: str) -> Iterator[Page]:
    """The job's page in a browser of that zone, with its curve along the time."""
    context = browser.new_context(timezone_id=zone)
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{app.url}/job?id={job_id}&x=Time")
        yield page
    finally:
        context.close()


def zoom(page: Page, change: str) -> None:
    page.evaluate(f"() => Plotly.relayout(document.querySelector('.arkor-plot'), {{{change}}})")


@pytest.mark.parametrize(
    ("zone", "noon"),
    [("Asia/Kolkata", "17:30"), ("America/New_York", "07:00"), ("Europe/Berlin", "13:00")],
)
def test_an_axis_of_times_is_in_local_time_and_a_zoom_keeps_its_points(
    shared, browser: Browser, zone: str, noon: str
) -> None:
    app, studio = shared
    reports = [
        log(step, loss=2.0 - step / 400, timestamp=iso(NOON + timedelta(seconds=step))) for step in range(301)
    ]
    job_id = studio.add(job("in local time"), sse_body([*reports, ("end", {})]))
    with axis_of_times(app, browser, zone, job_id) as page:
        expect(page.get_by_text("showing 301 of 301 points")).to_be_visible()
        ticks = page.locator(".arkor-plot .xtick text")
        expect(ticks.first).to_contain_text(noon)
        hour, minute = int(noon[:2]), int(noon[3:])
        later = [f"{hour:02}:{minute + minutes:02}" for minutes in range(6)]
        expect(ticks.last).to_contain_text(later[5])
        zoom(page, f"'xaxis.range': ['2026-11-23 {later[1]}', '2026-11-23 {later[2]}']")
        expect(page.get_by_text("showing 61 of 61 points")).to_be_visible()
        expect(ticks.first).to_contain_text(later[1])
        zoom(page, "'xaxis.autorange': true")
        expect(page.get_by_text("showing 301 of 301 points")).to_be_visible()
        expect(ticks.last).to_contain_text(later[5])


class Night(NamedTuple):
    """A change of the clock in a zone, and the number of points in a view of six hours around it, one a minute."""

    zone: str
    change: datetime
    ends: tuple[str, str]
    view: tuple[str, str]
    points: int


AUTUMN_BERLIN = Night(
    "Europe/Berlin",
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    ("00:00", "05:00"),
    ("2026-10-25 04:00", "2026-10-25 04:30"),
    31,
)
NIGHTS = [
    AUTUMN_BERLIN,
    # The hour from 2:00 comes twice. Both belong to a view of it.
    AUTUMN_BERLIN._replace(view=("2026-10-25 02:50", "2026-10-25 03:10"), points=81),
    AUTUMN_BERLIN._replace(view=("2026-10-25 02:10", "2026-10-25 02:20"), points=71),
    # The hour from 2:00 does not exist.
    Night(
        "Europe/Berlin",
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        ("23:00", "06:00"),
        ("2026-03-29 01:50", "2026-03-29 03:10"),
        21,
    ),
    Night(
        "America/New_York",
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        ("23:00", "04:00"),
        ("2026-11-01 00:00", "2026-11-01 00:30"),
        31,
    ),
]


@pytest.mark.parametrize("night", NIGHTS)
def test_an_axis_of_times_is_in_local_time_before_and_after_the_clock_is_changed(
    shared, browser: Browser, night: Night
) -> None:
    app, studio = shared
    reports = [
        log(step, loss=2.0, timestamp=iso(night.change + timedelta(minutes=step - 180)))
        for step in range(361)
    ]
    job_id = studio.add(job("through the night"), sse_body([*reports, ("end", {})]))
    with axis_of_times(app, browser, night.zone, job_id) as page:
        expect(page.get_by_text("showing 361 of 361 points")).to_be_visible()
        ticks = page.locator(".arkor-plot .xtick text")
        expect(ticks.first).to_contain_text(night.ends[0])
        expect(ticks.last).to_contain_text(night.ends[1])
        zoom(page, f"'xaxis.range': {list(night.view)}")
        expect(page.get_by_text(f"showing {night.points} of {night.points} points")).to_be_visible()
