"""The tabs of a job's page, and what stands beside them."""

from __future__ import annotations

import queue
import re

import pytest
from playwright.sync_api import Page, expect

from tests.servers.scripted import sse
from tests.waiting import wait_until

from .conftest import wait_on_page
from .layout_shift import MOST_SHIFT, NOTE_SHIFTS, layout_shift
from .reading import focus, open_tab
from .studio import job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
ENDED = [("training.completed", {}), ("end", {})]
SAVED = {"step": 2, "artifacts": [{"name": f"checkpoint-2/{name}", "sizeBytes": 2_000} for name in "ab"]}
WHOLE = [
    (
        "training.environment",
        {"python": "3.12.1", "commit": "c0ffee0123456789", "libraries": {"torch": "2.6"}},
    ),
    *(log(step, loss=1 / step, kl=0.5) for step in (1, 2)),
    ("checkpoint.saved", SAVED),
    *ENDED,
]
CONTENT = {
    "Overview": ".st-key-loss_chart .js-plotly-plot",
    "Metrics": ".st-key-metrics .arkor-tile",
    "Output": ".st-key-output",
    "Config": ".st-key-config dt",
    "Artifacts": ".st-key-artifacts code",
}


def whole_job(studio) -> str:
    return studio.add(job("tabbed", config={"lr": 2e-4}), sse_body(WHOLE))


def test_the_address_holds_the_open_tab_and_back_leads_to_the_one_before(visit, page, studio):
    job_id = whole_job(studio)
    visit(f"/job?id={job_id}")
    tabs = page.get_by_role("tablist").get_by_role("tab")
    expect(tabs).to_have_text(["Overview ", "Metrics 1", "Output ", "Config ", "Artifacts 2"])
    for name, content in CONTENT.items():
        open_tab(page, name)
        expect(page.locator(content).first).to_be_visible()
        expect(page.get_by_role("tabpanel", name=re.compile(f"^{name}"))).to_be_visible()
        others = [page.locator(other) for other in CONTENT.values() if other != content]
        for other in others:
            expect(other).to_have_count(0)
        named = "" if name == "Overview" else f"&tab={name.lower()}"
        expect(page).to_have_url(re.compile(rf"\\?id={job_id}{named}$"))
        page.reload()
        expect(page.locator(content).first).to_be_visible()
    open_tab(page, "Config")
    page.go_back()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Artifacts 2")
    expect(page.locator(CONTENT["Artifacts"]).first).to_be_visible()
    page.goto(f"{page.url.partition('&')[0]}&tab=nothing")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Overview ")
    expect(page).to_have_url(re.compile(rf"\\?id={job_id}$"))


def test_the_arrow_keys_open_the_tabs_and_the_focus_stays_on_them(visit, page, studio):
    visit(f"/job?id={whole_job(studio)}")
    focus(page.get_by_role("tab", name="Overview"))
    selected = page.get_by_role("tab", selected=True)
    for key, name in (
        ("ArrowRight", "Metrics"),
        ("ArrowLeft", "Overview"),
        ("ArrowLeft", "Artifacts"),
        ("Home", "Overview"),
        ("End", "Artifacts"),
    ):
        page.keyboard.press(key)
        expect(selected).to_contain_text(name)
        expect(selected).to_be_focused()
        expect(page.locator(CONTENT[name]).first).to_be_visible()
        expect(selected).to_be_focused()
    assert page.locator("[role=tab][tabindex='0']").count() == 1


def test_every_tab_of_a_job_with_nothing_says_so(visit, page, studio):
    visit(f"/job?id={studio.add(job('bare', config={}), sse_body(ENDED))}")
    for name, sentence in (
        ("Overview", "This job reported no loss."),
        ("Metrics", "This job reported no metrics besides its losses."),
        ("Output", "The source of this job keeps no output."),
        ("Config", "This job has no config."),
        ("Artifacts", "Nothing has been saved."),
    ):
        open_tab(page, name)
        expect(page.get_by_role("tabpanel")).to_contain_text(sentence)


def test_the_tabs_stay_while_a_run_is_live_and_count_what_it_reports(visit, page, studio):
    stream: queue.Queue[bytes | None] = queue.Queue()
    stream.put(sse_body([log(1, loss=1.0)]))
    visit(f"/job?id={studio.add(job('counted', 'running', completedAt=None), stream)}&tab=config")
    tabs = page.get_by_role("tab")
    expect(tabs).to_have_text(["Overview ", "Metrics ", "Output ", "Config ", "Artifacts "])
    node = tabs.nth(1).evaluate_handle("tab => tab")
    focus(tabs.nth(3))
    stream.put(sse("training.log", {"step": 2, "kl": 1.0, "reward": 2.0}, 2))
    stream.put(sse("checkpoint.saved", SAVED, 3))
    expect(tabs).to_have_text(["Overview ", "Metrics 2", "Output ", "Config ", "Artifacts 2"])
    expect(page.locator(".st-key-artifacts_brief dt")).to_have_text(["checkpoint-2/b", "checkpoint-2/a"])
    assert tabs.nth(1).evaluate("(tab, node) => tab === node", node)
    expect(tabs.nth(3)).to_be_focused()
    stream.put(None)


def test_nothing_is_sent_for_a_tab_that_is_not_open(visit, page, studio):
    parts: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: parts.append(str(frame))))
    stream: queue.Queue[bytes | None] = queue.Queue()
    stream.put(sse_body([log(1, loss=1.0, kl=1.0)]))
    visit(f"/job?id={studio.add(job('quiet', 'running', completedAt=None), stream)}&tab=config")
    expect(page.locator(".st-key-job_figures")).to_contain_text("1.0000")
    parts.clear()
    stream.put(sse("training.log", {"step": 2, "loss": 0.5, "kl": 2.0}, 2))
    expect(page.locator(".st-key-job_figures")).to_contain_text("0.5000")
    sent = "".join(parts)
    assert "job_figures" in sent
    assert not any(part in sent for part in ("event_log_rows", "loss_chart", "tiles"))
    stream.put(None)


def test_the_zoom_and_the_large_metric_are_there_again_when_a_tab_is_opened_again(visit, page, studio):
    events = [log(step, loss=1 + 1 / step, kl=0.5) for step in range(1, 101)]
    visit(f"/job?id={studio.add(job('zoomed'), sse_body([*events, *ENDED]))}")
    expect(page.get_by_text("showing 100 of 100 points")).to_be_visible()
    page.evaluate("Plotly.relayout(document.querySelector('.js-plotly-plot'), {'xaxis.range': [20, 40]})")
    expect(page.get_by_text("showing 21 of 21 points")).to_be_visible()
    open_tab(page, "Metrics")
    page.locator(".arkor-tile").click()
    expect(page.locator(".st-key-metric_chart .js-plotly-plot")).to_be_visible()
    open_tab(page, "Overview")
    expect(page.get_by_text("showing 21 of 21 points")).to_be_visible()
    open_tab(page, "Metrics")
    expect(page.locator(".st-key-metric_chart .js-plotly-plot")).to_be_visible()


def test_a_button_of_the_side_column_opens_the_tab_with_the_rest(visit, page, studio):
    visit(f"/job?id={whole_job(studio)}")
    environment = page.locator(".st-key-environment_brief")
    expect(environment.locator("dd")).to_have_text(["c0ffee0123", "3.12.1"])
    page.get_by_role("button", name="All artifacts").click()
    expect(page.locator(".st-key-artifacts")).to_be_visible()
    expect(page).to_have_url(re.compile("tab=artifacts"))
    page.get_by_role("button", name="Whole environment").click()
    expect(page.locator(".st-key-environment dt")).to_have_text(["Git commit", "Python", "torch"])
    expect(page.get_by_role("tab", selected=True)).to_have_text("Config ")


def test_a_phone_shows_the_chart_then_the_metadata_then_the_events(visit, page, studio):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(f"/job?id={whole_job(studio)}")
    expect(page.locator(CONTENT["Overview"])).to_be_visible()
    parts = ("job_figures", "job_tabs", "loss_chart", "metadata", "events", "artifacts_brief")
    top = "(names) => names.map((name) => document.querySelector(`.st-key-${name}`).getBoundingClientRect().top)"
    wait_until(lambda: (tops := page.evaluate(top, list(parts))) == sorted(tops), what="the parts in order")
    figures = page.locator(".arkor-figure").evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect().x)"
    )
    assert figures[0] == figures[2] < figures[1]
    fits = "() => document.querySelector('.stMain').scrollWidth <= innerWidth"
    for name, content in CONTENT.items():
        open_tab(page, name)
        expect(page.locator(content).first).to_be_visible()
        wait_until(lambda: page.evaluate(fits), what=f"a phone without a horizontal scroll bar on {name}")
    tops = page.get_by_role("tab").evaluate_all("all => all.map((each) => each.getBoundingClientRect().top)")
    assert len(set(tops)) == 1


@pytest.mark.parametrize("tab", CONTENT)
@pytest.mark.parametrize("state", ["live", "ended"])
def test_little_moves_while_the_page_of_a_job_is_loaded(visit, page, studio, tab, state):
    stream: queue.Queue[bytes | None] = queue.Queue()
    if state == "live":
        stream.put(sse_body(WHOLE[:-2]))
        job_id = studio.add(job("live", "running", completedAt=None, config={"lr": 1}), stream)
    else:
        job_id = whole_job(studio)
    page.add_init_script(NOTE_SHIFTS)
    visit(f"/job?id={job_id}" + ("" if tab == "Overview" else f"&tab={tab.lower()}"))
    settled(page, tab)
    page.reload()
    settled(page, tab)
    shifted = layout_shift(page)
    stream.put(None)
    assert shifted < MOST_SHIFT


def settled(page: Page, tab: str) -> None:
    """Return once all parts are shown and have stood still for a second."""
    expect(page.locator(CONTENT[tab]).first).to_be_visible()
    for part in (".arkor-figure", ".arkor-tab", ".st-key-metadata dd"):
        expect(page.locator(part).first).to_be_visible()
    seen: list[float] = []

    def stands() -> bool:
        seen.append(layout_shift(page))
        page.wait_for_timeout(1000)
        return len(seen) > 1 and seen[-1] == seen[-2]

    wait_on_page(page, stands, what="a page that stands still")


def test_the_focus_stays_where_it_is_while_a_run_reports(visit, page, studio):
    stream: queue.Queue[bytes | None] = queue.Queue()
    stream.put(sse_body(WHOLE[:-2]))
    visit(f"/job?id={studio.add(job('focused', 'running', completedAt=None), stream)}")
    expect(page.locator(CONTENT["Overview"])).to_be_visible()
    step = 10
    for part in (
        "[role=tab][tabindex='0']",
        ".st-key-curve button",
        ".arkor-rows",
        ".st-key-to_artifacts button",
    ):
        focus(page.locator(part).first)
        step += 1
        stream.put(sse("training.log", {"step": step, "loss": step, f"metric{step}": 1.0}, step))
        expect(page.locator(".st-key-job_figures")).to_contain_text(f"{step}.0000")
        expect(page.get_by_role("tab", name=f"Metrics {step - 9}")).to_be_visible()  # the script has run
        expect(page.locator(part).first).to_be_focused()
    stream.put(None)
