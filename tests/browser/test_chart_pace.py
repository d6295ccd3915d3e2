"""When a chart is drawn, in a browser whose clock the test sets."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from arkor_dash.ui.browser import component

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

START = """async ([script, cost]) => {
  const body = `${script}
    export { newPace, drawSoon };`;
  const { newPace, drawSoon } = await import(URL.createObjectURL(new Blob([body], {type: "text/javascript"})));
  window.drawn = [];
  window.pace = newPace(async () => {
    window.drawn.push(performance.now());
    await new Promise((done) => setTimeout(done, cost));
  });
  window.update = (points) => drawSoon(window.pace, points);
}"""


def test_a_first_drawing_with_many_points_that_loads_plotly_delays_no_update(page: Page) -> None:
    page.clock.install(time=0)
    page.goto("about:blank")
    page.evaluate(START, [component.script("live", "chart_pace"), 800])
    page.clock.pause_at(1000)
    page.evaluate("window.update(500)")
    page.clock.run_for(1000)
    page.evaluate("window.update(1)")
    page.clock.run_for(50)
    assert page.evaluate("window.drawn.length") == 2


def drawings(page: Page, *, every_ms: list[int], points: int, updates: int, cost_ms: int) -> list[float]:
    """The delays in ms of the drawings that follow updates, each with so many points, in these intervals."""
    page.clock.install(time=0)
    page.goto("about:blank")
    page.evaluate(START, [component.script("live", "chart_pace"), cost_ms])
    page.clock.pause_at(1000)
    sent: list[float] = []
    for number in range(updates):
        sent.append(page.evaluate("(points) => { window.update(points); return performance.now() }", points))
        page.clock.run_for(every_ms[number % len(every_ms)])
    page.clock.run_for(2000)
    drawn: list[float] = page.evaluate("window.drawn")
    return [next(at for at in drawn if at >= start) - start for start in sent] if drawn else []


def test_updates_that_come_ten_times_a_second_are_drawn_at_once(page: Page) -> None:
    delays = drawings(page, every_ms=[95, 110, 100, 95], points=1, updates=40, cost_ms=20)
    assert max(delays) <= 40


def test_a_burst_delays_only_the_next_few_updates(page: Page) -> None:
    delays = drawings(page, every_ms=[10] * 5 + [100] * 35, points=1, updates=40, cost_ms=20)
    assert max(delays[-20:]) <= 40


def test_many_points_leave_the_page_most_of_its_time(page: Page) -> None:
    cost_ms, updates, every_ms = 40, 200, 50
    drawings(page, every_ms=[every_ms], points=10, updates=updates, cost_ms=cost_ms)
    count: int = page.evaluate("window.drawn.length")
    share = count * cost_ms / (updates * every_ms)
    assert 0.08 <= share <= 0.14
