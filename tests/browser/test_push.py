"""A live page is drawn again when something changes, and only then."""

from __future__ import annotations

import queue
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, WebSocket, WebSocketRoute, expect

from arkor_dash.live.push import PATH
from tests.waiting import wait_until

from .conftest import App, wait_on_page
from .reading import stream_frames
from .studio import Studio, iso, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture
def stream(shared: tuple[App, Studio]) -> Iterator[queue.Queue[bytes | None]]:
    """The stream of the newest job, with three reports so far, the last one just now."""
    stream: queue.Queue[bytes | None] = queue.Queue()
    stream.put(report(1) + report(2) + report(3))
    started = job("live", "running", startedAt=iso(datetime.now(UTC)), completedAt=None)
    shared[1].add(started, stream)
    yield stream
    stream.put(None)


def report(step: int) -> bytes:
    name, data = log(step, loss=1 / step)
    frame = sse_body([(name, {**data, "timestamp": iso(datetime.now(UTC))})])
    return frame.replace(b"id: 1\n", f"id: {step}\n".encode())


def address(shared: tuple[App, Studio]) -> str:
    return f"{shared[0].url}/job?id={shared[1].jobs[0]['id']}"


def test_no_message_is_sent_while_nothing_changes_and_durations_still_increase(
    shared, stream, page: Page, wait_for_quiet_socket: Callable[[], None]
) -> None:
    frames: list[object] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))  # noqa: PLW0108
    page.goto(address(shared))
    expect(page.locator(".st-key-event_log")).to_contain_text("step=3")
    expect(page.locator(".arkor-plot .main-svg").first).to_be_visible()  # plotly.js has been loaded
    wait_for_quiet_socket()
    facts = page.locator(".st-key-metadata dl")
    expect(facts).to_contain_text(re.compile(r"\d (s|min) ago"))

    def counts_silently() -> bool:
        before, first = len(frames), facts.inner_text()
        page.wait_for_function(
            "first => document.querySelector('.st-key-metadata dl').innerText !== first", arg=first
        )
        page.wait_for_timeout(6000)  # longer than any page's timer
        return len(frames) == before

    wait_until(counts_silently, what="durations that increase without a message")

    stream.put(report(4))
    expect(page.locator(".st-key-event_log")).to_contain_text("step=4")
    expect(page.locator(".arkor-plot")).to_have_attribute(
        "aria-label", re.compile("^Training loss, 4 points")
    )


def test_what_events_move_is_shown_without_a_run_of_the_script(
    shared, stream, page: Page, wait_for_quiet_socket: Callable[[], None]
) -> None:
    frames = stream_frames(page)
    page.goto(address(shared))
    expect(page.locator(".st-key-event_log")).to_contain_text("step=3")
    expect(page.locator(".arkor-legend button")).to_have_text(["Training loss"])
    page.locator(".st-key-advanced label").click()
    expect(page.locator(".st-key-stats_train")).to_contain_text("3 samples")
    wait_for_quiet_socket()
    before = len(frames)
    for step in range(4, 30):
        stream.put(report(step))
        expect(page.locator(".st-key-event_log")).to_contain_text(f"step={step}")
    expect(page.locator(".arkor-plot")).to_have_attribute(
        "aria-label", re.compile("^Training loss, 29 points")
    )
    expect(page.locator(".arkor-head").first).to_contain_text("showing 29 of 29 points")
    expect(page.locator(".st-key-stats_train")).to_contain_text("29 samples")
    assert len(frames) == before


@pytest.mark.parametrize(("path", "table"), [("/jobs", "jobs_table"), ("/", "recent_jobs")])
def test_a_new_job_and_a_new_status_are_shown_without_a_run_of_the_script(
    shared, page: Page, wait_for_quiet_socket: Callable[[], None], path: str, table: str
) -> None:
    app, studio = shared
    first = studio.add(job("first", "running", completedAt=None))
    frames = stream_frames(page)
    page.goto(f"{app.url}{path}")
    rows = page.locator(f".st-key-{table} tbody tr")
    expect(rows.filter(has_text=first)).to_contain_text("Running")
    wait_for_quiet_socket()
    before = len(frames)
    second = studio.add(job("second", "queued", startedAt=None, completedAt=None))
    expect(rows.filter(has_text=second)).to_contain_text("Queued")
    next(each for each in studio.jobs if each["id"] == second)["status"] = "cancelled"
    expect(rows.filter(has_text=second)).to_contain_text("Cancelled")
    assert len(frames) == before


def test_viewers_of_one_job_who_have_chosen_other_axes_are_drawn_only_when_something_changes(
    shared, stream, page: Page
) -> None:
    frames = stream_frames(page)
    by_time = page.context.new_page()
    frames_by_time = stream_frames(by_time)
    for each, axis in ((page, ""), (by_time, "&x=Time")):
        each.goto(f"{address(shared)}{axis}")
        expect(each.locator(".st-key-event_log")).to_contain_text("step=3")
        expect(each.locator(".arkor-legend button")).to_have_text(["Training loss"])
    expect(by_time.locator(".xtitle")).to_have_text("time")

    def is_quiet() -> bool:
        before = len(frames), len(frames_by_time)
        page.wait_for_timeout(2000)
        return (len(frames), len(frames_by_time)) == before

    wait_until(is_quiet, what="two pages whose scripts do not run")


def test_every_view_of_a_live_job_moves(shared, stream, page: Page, browser: Browser) -> None:
    """Zoomed in, with smoothing on a log axis, in the dark on a phone, and compared with another job."""
    app, studio = shared
    other = studio.add(job("other"), sse_body([log(1, loss=1.0), ("training.completed", {}), ("end", {})]))
    live = studio.jobs[1]["id"]
    phone = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    try:
        views = [
            (page, f"job?id={live}", "Training loss, 4 points"),
            (page.context.new_page(), f"job?id={live}&log=true&smooth=0.5", "Training loss, 5 points"),
            (phone.new_page(), f"job?id={live}", "Training loss, 5 points"),
            (page.context.new_page(), f"compare?job={live}&job={other}", "Last values: loss: live 0.2"),
        ]
        for view, path, _ in views:
            view.goto(f"{app.url}/{path}")
            expect(view.locator(".arkor-plot .main-svg").first).to_be_visible()
        page.evaluate("Plotly.relayout(document.querySelector('.js-plotly-plot'), {'xaxis.range': [2, 9]})")
        expect(page.locator(".arkor-head").first).to_contain_text("showing 2 of 2 points")
        for step in (4, 5):
            stream.put(report(step))
        for view, _, alt in views:
            expect(view.locator(".arkor-plot").first).to_have_attribute(
                "aria-label", re.compile(re.escape(alt))
            )
        expect(page.locator(".arkor-head").first).to_contain_text("showing 4 of 4 points")
        shown = page.evaluate("document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range")
        assert [round(end) for end in shown] == [2, 9]
    finally:
        phone.close()


def test_a_page_whose_websocket_is_blocked_polls(shared, stream, page: Page) -> None:
    page.route_web_socket(f"**/{PATH}", lambda socket: socket.close())
    page.goto(address(shared))
    expect(page.locator(".st-key-event_log")).to_contain_text("step=3")
    for step in range(4, 7):
        stream.put(report(step))
        expect(page.locator(".st-key-event_log")).to_contain_text(f"step={step}")


def test_a_page_goes_on_when_its_websocket_is_cut_and_comes_back_to_it(
    shared, stream, page: Page, wait_for_quiet_socket: Callable[[], None]
) -> None:
    frames, open_sockets, is_cut = stream_frames(page), [], [False]

    def connect(socket: WebSocketRoute) -> None:
        if is_cut[0]:
            socket.close()
        else:
            socket.connect_to_server()
            open_sockets.append(socket)

    page.route_web_socket(f"**/{PATH}", connect)
    page.goto(address(shared))
    expect(page.locator(".st-key-event_log")).to_contain_text("step=3")
    wait_on_page(page, lambda: open_sockets, what="the websocket")
    is_cut[0] = True
    open_sockets.pop().close()
    for step in range(4, 7):
        stream.put(report(step))
        expect(page.locator(".st-key-event_log li")).to_have_count(step)
    is_cut[0] = False
    wait_on_page(page, lambda: open_sockets, what="another websocket")
    wait_for_quiet_socket()
    before = len(frames)
    stream.put(report(7))
    expect(page.locator(".st-key-event_log li")).to_have_count(7)
    expect(page.locator(".arkor-plot")).to_have_attribute(
        "aria-label", re.compile("^Training loss, 7 points")
    )
    assert len(frames) == before


def test_leaving_the_page_closes_its_websocket(shared, stream, page: Page) -> None:
    opened: list[WebSocket] = []
    page.on("websocket", lambda socket: opened.append(socket) if socket.url.endswith(PATH) else None)
    page.goto(address(shared))
    expect(page.locator(".st-key-event_log")).to_contain_text("step=3")
    wait_on_page(page, lambda: opened, what="a listener")
    of_job = tuple(opened)  # the next page has its own
    page.locator(".st-key-breadcrumb a:visible").click()
    expect(page.locator("h1")).to_have_text(["Jobs"])
    wait_on_page(page, lambda: all(each.is_closed() for each in of_job), what="its end")


def test_the_end_of_a_job_is_drawn(shared, stream, page: Page) -> None:
    page.goto(address(shared))
    expect(page.locator(".st-key-job_status")).to_have_text("Running")
    end = sse_body([("x", {})] * 3 + [("training.completed", {}), ("end", {})])
    stream.put(end)
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(page.locator(".st-key-event_log")).to_contain_text("training.completed")
