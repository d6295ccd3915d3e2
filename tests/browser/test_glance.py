"""What two seconds tell of a page: colours, signs, and texts that can be read whole."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.servers.scripted import Answer, Request, ScriptedServer, json_answer
from tests.waiting import PATIENCE_S, wait_until

from .conftest import App
from .example_runs import STEPS, Curve, ExampleRun, store_run
from .reading import click_run_again, open_tab
from .studio import Studio, job, log, sse_body
from .test_job_tabs import whole_job

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
COLOUR = "element => getComputedStyle(element).color"
CUT_LINES = """root => {
  const { top, bottom } = root.getBoundingClientRect();
  const [first, last] = [top + root.clientTop, top + root.clientTop + root.clientHeight];
  return [...root.querySelectorAll("li")].filter((line) => {
    const box = line.getBoundingClientRect();
    return [first, last].some((edge) => box.top < edge - 0.5 && box.bottom > edge + 0.5);
  }).map((line) => line.textContent);
}"""
AT_END = "root => root.scrollTop > 0 && root.scrollHeight - root.scrollTop - root.clientHeight < 1"


def test_a_run_that_needs_a_look_says_so_in_the_list_and_in_its_figures(
    start_app: Callable[..., App], page: Page, tmp_path: Path
) -> None:
    state, now = tmp_path / "state", datetime.now(UTC)
    for hours, name, curve, last in (
        (3, "calm", Curve(), STEPS),
        (2, "not a number", Curve(diverges_at=170), 172),
        (1, "diverged", Curve(diverges_at=150), STEPS),
    ):
        run = ExampleRun(f"job_{hours}", name, now - timedelta(hours=hours), curve)
        store_run(state, run, {"maxSteps": STEPS}, last, "training.completed")
    app = start_app(ARKOR_DASH_STATE_DIR=str(state))
    words = {
        "diverged": "The loss stays far above its best value.",
        "not a number": "The latest loss is not finite: NaN.",
    }
    for path, table in (("/jobs", "jobs_table"), ("", "recent_jobs")):
        page.goto(f"{app.url}{path}")
        rows = page.locator(f".st-key-{table} tbody tr")
        for name, text in words.items():
            expect(rows.filter(has_text=name).get_by_role("img", name=text)).to_be_visible()
        expect(page.locator(f".st-key-{table} .arkor-warning:visible")).to_have_count(2)
    warned = page.locator(".st-key-current_run .arkor-figure-warning")
    expect(warned.locator(".arkor-figure-note")).to_have_text(["diverged"])
    page.goto(f"{app.url}/job?id=job_1")
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(page.locator(".st-key-job_figures .arkor-figure-warning")).to_contain_text("diverged")
    page.goto(f"{app.url}/job?id=job_2")
    expect(page.locator(".st-key-job_figures .arkor-figure-warning")).to_contain_text("not finite")


def test_a_queued_job_is_as_calm_as_a_cancelled_one(visit, page: Page, studio: Studio) -> None:
    studio.add(job("waits", "queued", startedAt=None, completedAt=None))
    studio.add(job("ended", "cancelled"))
    visit("/jobs")
    waiting, ended = (page.locator(f".arkor-status-{word}") for word in ("queued", "cancelled"))
    expect(waiting).to_be_visible()
    assert waiting.evaluate(COLOUR) == ended.evaluate(COLOUR)


def test_the_dot_of_the_source_does_not_contradict_the_banner(visit, page: Page, studio: Studio) -> None:
    down = json_answer({"error": "busy"}, "503 Service Unavailable")
    visit(f"/job?id={studio.add(job('cut', 'running', completedAt=None), down)}")
    expect(page.locator(".st-key-stream_interrupted")).to_contain_text("answered 503: busy")
    expect(page.locator(".arkor-source-partly")).to_be_visible()
    expect(page.locator(".arkor-source-details")).to_contain_text(
        "It answers, but the event stream of this job is interrupted."
    )
    page.locator(".st-key-header").get_by_role("link", name="Jobs").click()
    expect(page.locator(".arkor-source-answers")).to_be_visible()


def wait_for_end(rows: Locator) -> None:
    wait_until(lambda: rows.evaluate(AT_END), what="the end of the list in view")


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (1280, 777), (390, 844)])
def test_a_list_that_follows_its_end_cuts_no_line(visit, page: Page, studio: Studio, width, height) -> None:
    page.set_viewport_size({"width": width, "height": height})
    studio.output = b"".join(b"line %d %s\n" % (number, b"x " * (number % 90)) for number in range(200))
    job_id = studio.add(job("long"), sse_body([log(step, loss=1.0) for step in range(1, 80)]))
    visit(f"/job?id={job_id}")
    events = page.locator(".st-key-event_log .arkor-rows")
    expect(events.locator("li")).to_have_count(79)
    wait_for_end(events)
    assert events.evaluate(CUT_LINES) == []
    visit("/")
    page.locator(".st-key-run_training button").click()
    output = page.locator(".st-key-run_log .arkor-rows")
    expect(output.locator("li")).to_have_count(200)
    wait_for_end(output)
    row = output.evaluate("root => parseFloat(getComputedStyle(root).lineHeight)")
    assert output.evaluate("root => root.clientHeight") % row == 0
    assert output.evaluate("root => root.scrollHeight") % row == 0


def test_what_leads_somewhere_looks_the_same(visit, page: Page, studio: Studio) -> None:
    visit(f"/job?id={whole_job(studio)}")
    link = page.locator(".st-key-breadcrumb").get_by_role("link", name="Jobs")
    colour = link.locator("p").evaluate(COLOUR)
    assert colour != page.locator("h1").evaluate(COLOUR)
    for name in ("Whole environment", "All artifacts"):
        button = page.get_by_role("button", name=name)
        assert button.locator("p").evaluate(COLOUR) == colour
    button.hover()
    assert "underline" in button.locator("p").evaluate("text => getComputedStyle(text).textDecorationLine")
    visit("/job?id=nothing")
    assert page.get_by_role("link", name="All jobs").locator("p").evaluate(COLOUR) == colour


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_caption_of_the_progress_has_air(visit, page: Page, studio: Studio, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    job_id = studio.add(
        job("half", config={"maxSteps": 4}), sse_body([log(step, loss=1.0) for step in (1, 2)])
    )
    for path, strip in ((f"/job?id={job_id}", "job_figures"), ("/", "current_run_figures")):
        visit(path)
        progress = page.locator(f".st-key-{strip} .arkor-figure").last
        expect(progress).to_contain_text("took 0:01:05")
        note, bar = (
            progress.locator(".arkor-figure-note").bounding_box(),
            progress.locator("progress").bounding_box(),
        )
        assert note is not None
        assert bar is not None
        assert bar["y"] - (note["y"] + note["height"]) >= 3


def test_a_run_that_did_not_start_is_told_at_the_top_of_the_page(
    start_app: Callable[..., App], page: Page
) -> None:
    studio, answered = Studio(), threading.Event()
    stream: queue.Queue[bytes | None] = queue.Queue()
    stream.put(sse_body([log(1, loss=1.0), ("training.completed", {}), ("end", {})]))
    job_id = studio.add(job("again", config={"lr": 1}), stream)

    def respond(request: Request) -> Answer:
        if (request.method, request.target) == ("GET", "/api/train"):
            return json_answer({"run": None})
        if request.method == "POST":
            answered.wait(PATIENCE_S)
            return json_answer({"error": "No <b>room</b>."}, "409 Conflict")
        return studio.respond(request)

    with ScriptedServer(respond) as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN="token")
        page.goto(f"{app.url}/job?id={job_id}")
        click_run_again(page)
        expect(page.get_by_text("Starting…")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".st-key-job_rerun_start")).to_have_count(0)
        answered.set()
        problem = page.locator(".st-key-job_rerun_problem").get_by_role("alert")
        expect(problem).to_have_text("Not started: No <b>room</b>.")
        open_tab(page, "Config")
        expect(problem).to_be_visible()
        stream.put(None)
