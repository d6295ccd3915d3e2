"""A chart that grows while a viewer looks at it."""

from __future__ import annotations

import queue
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from arkor_dash.charts.growing_figure import MOST_ADDED
from tests.charts.received_chart import ReceivedChart
from tests.charts.test_growing_chart import Run
from tests.waiting import wait_until

from .conftest import App
from .studio import Studio, iso, job, log, sse_body
from .test_chart_hover import CHART_JS, POINT_AT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PLOT = "document.querySelector('.st-key-loss_chart .js-plotly-plot')"
SHOWN = f"""() => {{
  const plot = {PLOT}, line = plot?._fullData?.find((trace) => trace.name === "Training loss");
  const note = document.querySelector(".arkor-head .arkor-note")?.textContent ?? "";
  return {{ node: plot === window.plot, points: line?.x.length, note, range: plot?._fullLayout.xaxis.range }};
}}"""
MODEL = """async ([source, messages]) => {
  const exported = `${source.replace("export default", "export const show =")}
    export { newPoints, receivePoints, figureOf };`;
  const url = URL.createObjectURL(new Blob([exported], { type: "text/javascript" }));
  const { newPoints, receivePoints, figureOf } = await import(url);
  const points = newPoints();
  messages.forEach((message) => receivePoints(points, message));
  const growing = figureOf(points).data.filter(({ x }) => Array.isArray(x));
  const traces = growing.map(({ uid, x, y, customdata }) => [uid, x, y, customdata ?? null]);
  return { note: points.shown.note, traces };
}"""


@pytest.fixture
def stream(shared: tuple[App, Studio]) -> Iterator[queue.Queue[bytes | None]]:
    stream: queue.Queue[bytes | None] = queue.Queue()
    started = job("grows", "running", startedAt=iso(datetime.now(UTC)), completedAt=None)
    shared[1].add(started, stream)
    yield stream
    stream.put(None)


def reports(first: int, last: int) -> bytes:
    events = [
        log(step, loss=1 + step % 7 / 10, timestamp=iso(datetime.now(UTC))) for step in range(first, last + 1)
    ]
    body = sse_body(events)
    return re.sub(rb"id: (\d+)\n", lambda found: b"id: %d\n" % (first - 1 + int(found[1])), body)


def shown(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(SHOWN)
    return found


def wait_for_note(page: Page, text: str) -> None:
    wait_until(lambda: text in shown(page)["note"], what=f"the note {text!r}")


def test_zoom_and_hover_survive_further_points_a_new_figure_and_the_end_of_the_job(
    shared, stream: queue.Queue[bytes | None], page: Page
) -> None:
    stream.put(reports(1, 300))
    page.goto(f"{shared[0].url}/job?id={shared[1].jobs[0]['id']}")
    wait_for_note(page, "showing 300 of 300 points")
    page.evaluate(f"() => {{ window.plot = {PLOT}; }}")
    page.evaluate(f"() => Plotly.relayout({PLOT}, {{'xaxis.range': [100, 299.5]}})")
    wait_for_note(page, "showing 200 of 200 points")
    page.mouse.move(
        *page.evaluate(POINT_AT.replace("'.arkor-plot'", "'.st-key-loss_chart .arkor-plot'"), 200)
    )
    label = page.locator(".st-key-loss_chart .hoverlayer .hovertext text.nums")
    expect(label).to_contain_text("step 200")
    page.evaluate(f"() => {{ {PLOT}.on('plotly_unhover', () => {{ window.unhovered = true; }}); }}")

    for number, last in enumerate((301, 302, 303 + MOST_ADDED, 310 + MOST_ADDED)):
        stream.put(reports((301, 302, 303, 304 + MOST_ADDED)[number], last))
        expect(page.locator(".st-key-event_log")).to_contain_text(f"step={last} ")
    stream.put(sse_body([("x", {})] * (320 + MOST_ADDED) + [("training.completed", {}), ("end", {})]))
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    after = shown(page)
    assert (after["node"], after["range"]) == (True, [100, 299.5])
    assert "showing 200 of 200 points" in after["note"]
    expect(label).to_contain_text("step 200")

    page.evaluate(f"() => Plotly.relayout({PLOT}, {{'xaxis.autorange': true}})")
    wait_for_note(page, f"of {310 + MOST_ADDED} points")
    assert shown(page)["node"]


def test_the_note_is_true_at_each_moment(
    shared, stream: queue.Queue[bytes | None], page: Page, wait_for_quiet_socket: Callable[[], None]
) -> None:
    stream.put(reports(1, 200))
    page.goto(f"{shared[0].url}/job?id={shared[1].jobs[0]['id']}")
    wait_for_note(page, "showing 200 of 200 points")
    wait_for_quiet_socket()  # the page runs again for the chart's width
    page.evaluate(f"""() => {{
      window.untrue = [];
      const look = () => {{
        const {{ points, note }} = ({SHOWN})();
        const drawn = Number(note.match(/showing ([\\d,]+)/)?.[1].replaceAll(",", ""));
        if (drawn !== points) window.untrue.push([points, note]);
        setTimeout(() => requestAnimationFrame(look));
      }};
      look();
    }}""")
    for first in range(201, 400, 10):
        stream.put(reports(first, first + 9))
        # The next points come before the chart is drawn again.
        expect(page.locator(".st-key-event_log")).to_contain_text(f"step={first + 9} ")
    wait_for_note(page, "showing 400 of 400 points")
    stream.put(reports(401, 5000))
    wait_until(lambda: "of 5,000 points" in shown(page)["note"], what="all points")
    assert page.evaluate("window.untrue") == []


def test_a_note_on_the_chosen_axis_is_shown_without_new_points(
    shared, stream: queue.Queue[bytes | None], page: Page
) -> None:
    stream.put(reports(1, 100))
    page.goto(f"{shared[0].url}/job?id={shared[1].jobs[0]['id']}")
    wait_for_note(page, "showing 100 of 100 points")
    page.locator(".st-key-curve button").click()
    page.get_by_text("Epoch", exact=True).click()
    wait_for_note(page, "showing 100 of 100 points · This run reports no epochs yet.")


def test_the_browser_makes_the_same_of_the_messages_as_the_model(page: Page) -> None:
    chance, run, messages, received = random.Random(5), Run(), [], None
    for step in range(1, 700):
        run.report(step, 1 / step if step % 50 else float("nan"), 2.0 if step % 40 == 0 else None)
        run.draw()
        message, now = run.chart.message(received)
        messages.append(message)
        received = now if chance.random() < 0.9 else received
    messages = [each for each in messages if chance.random() < 0.9]
    late = [(number + chance.randint(0, 4), each) for number, each in enumerate(messages)]
    messages = [each for _, each in sorted(late, key=lambda pair: pair[0])] + [run.chart.message(None)[0]]
    model = ReceivedChart()
    for message in messages:
        model.receive(message)
    page.goto("about:blank")
    found = page.evaluate(MODEL, [CHART_JS, messages])
    assert found["note"] == model.note
    assert [uid for uid, *_ in found["traces"]] == sorted(model.traces)
    for uid, *columns in found["traces"]:
        expected = [model.traces[uid].get(name) for name in ("x", "y", "customdata")]
        for one, other in zip(columns, expected, strict=True):
            assert one == other or np.array_equal(one, other, equal_nan=True), uid
