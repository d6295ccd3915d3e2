"""The Compare page, in the browser."""

from __future__ import annotations

import csv
import math
import queue
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from arkor_dash.charts.theme import RUN_COLOURS
from tests.waiting import wait_until

from .conftest import PATIENCE_MS
from .reading import stream_frames, wait_for_value
from .studio import NOON, iso, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SELECT_STATUS = """() => getSelection().selectAllChildren(
  document.querySelector(".st-key-compare_results tbody .arkor-chip"))"""


def reports(count: int, *, level: float = 1.0, **metrics: float) -> list[tuple[str, object]]:
    """A run whose loss falls to `level` at its last step, where it also has an eval loss."""
    steps = range(1, count + 1)
    return [
        log(step, loss=level + count - step, **({"evalLoss": level} if step == count else {}), **metrics)
        for step in steps
    ]


def ended(events: list[tuple[str, object]]) -> bytes:
    return sse_body([*events, ("end", {})])


def traces(page: Page) -> list[tuple[str, str, list[float]]]:
    """The name, the y axis and the y values of each line."""
    found: list[Any] = page.evaluate(
        """() => (document.querySelector(".st-key-compare_chart .js-plotly-plot")?._fullData ?? [])
            .filter((trace) => trace.mode !== "none").map((trace) => [trace.name, trace.yaxis, [...trace.y]])"""
    )
    return [(name, axis, values) for name, axis, values in found]


def table(page: Page) -> dict[str, list[str]]:
    """The cells of each column of the table, by its label."""
    rows: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll(".st-key-compare_results table tr")]
            .map((row) => [...row.children].map((cell) => cell.textContent.trim()))"""
    )
    return {label: cells for label, *cells in zip(*rows, strict=True)} if rows else {}


def opened(page: Page, app: Any, *job_ids: str, **query: str) -> None:
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    page.goto(f"{app.url}/compare?" + "&".join(f"job={each}" for each in job_ids) + extra)
    expect(page.locator("h1")).to_have_text(["Compare"])


def test_jobs_are_chosen_in_the_list_and_compared(shared, page: Page) -> None:
    app, studio = shared
    config = {"model": "m", "nested": {"depth": 2}}
    first = studio.add(job("first", config={**config, "learningRate": 1e-5}), ended(reports(100)))
    live: queue.Queue[bytes | None] = queue.Queue()
    before, after = sse_body(reports(50, level=2.0)), sse_body([*reports(50, level=2.0), log(60, loss=1.5)])
    live.put(before)
    second = studio.add(
        job("<b>second</b>", "running", completedAt=None, config={**config, "learningRate": 2e-5}), live
    )
    page.goto(f"{app.url}/jobs")
    expect(page.locator(".st-key-jobs_table input")).to_have_count(0)
    page.locator(".st-key-jobs_refresh button").click()
    page.locator(".st-key-choosing label").click()
    expect(page.get_by_text("Choose 2 to 10 jobs: 0 chosen.")).to_be_visible()
    for name in ("first", "<b>second</b>"):
        page.get_by_role("checkbox", name=f"Choose {name}").check()
    page.get_by_role("button", name="Compare 2 jobs").click()
    expect(page.locator("h1")).to_have_text(["Compare"])
    wait_until(lambda: f"job={first}" in page.url and f"job={second}" in page.url, what="the address")
    expect(page.locator(".legendtext")).to_have_text(["first", "<b>second</b>"])
    wait_for_value(lambda: table(page).get("Job"), ["first", "<b>second</b>"])
    wait_for_value(lambda: table(page).get("eval_loss, lowest"), ["1.0000", "2.0000"])
    wait_for_value(lambda: table(page).get("learningRate"), ["1e-05", "2e-05"])
    assert "nested.depth" not in table(page)
    page.get_by_text("Equal settings").click()
    wait_for_value(lambda: table(page).get("nested.depth"), ["2", "2"])
    assert "equal=" in page.url
    live.put(after[len(before) :])
    wait_until(
        lambda: 1.5 in [each for _, _, values in traces(page) for each in values], what="the live point"
    )
    wait_for_value(lambda: table(page).get("loss, last"), ["1.0000", "1.5000"])
    page.get_by_role("table", name="Results").get_by_role("link", name="first").click()
    expect(page.locator("h1")).to_have_text(["first"])
    live.put(None)


def test_any_metrics_are_compared_and_the_address_keeps_which(shared, page: Page) -> None:
    app, studio = shared
    nasty = "rewards/<b>x</b>"
    first = studio.add(job("with"), ended(reports(20, **{nasty: 0.5, "epoch": 0.0, "kl": 1e-5})))
    second = studio.add(job("without"), ended(reports(20)))
    opened(page, app, first, second)
    expect(page.locator(".legendtext")).to_have_text(["with", "without"])
    page.get_by_role("combobox", name="Metrics").click()
    expect(page.get_by_role("option")).to_have_text(["eval_loss", "kl", nasty])
    page.get_by_role("option", name=nasty).click()
    wait_for_value(lambda: sorted({axis for _, axis, _ in traces(page)}), ["y", "y2"])
    expect(page.get_by_text(f"{nasty}: not reported by without.")).to_be_visible()
    wait_for_value(lambda: parse_qs(urlsplit(page.url).query).get("metric"), ["loss", nasty])

    sent = page.url
    page.goto("about:blank")
    page.goto(sent)
    wait_for_value(lambda: [axis for name, axis, _ in traces(page) if name == "with"], ["y", "y", "y2"])
    expect(page.locator(".annotation-text")).to_have_text(["loss · eval_loss", nasty])
    wait_for_value(lambda: parse_qs(urlsplit(page.url).query).get("metric"), ["loss", nasty])


def chart(page: Page) -> Locator:
    return page.locator(".st-key-compare_chart .arkor-plot")


def point_at(page: Page, row: str, x: float) -> None:
    """Move the pointer to that position in the chart with that y axis, near its lower edge."""
    at = chart(page).evaluate(
        """(plot, [row, x]) => {
            const { left, top } = plot.getBoundingClientRect(), { xaxis, [row]: yaxis } = plot._fullLayout;
            return [left + xaxis._offset + xaxis.d2p(x), top + yaxis._offset + yaxis._length * 0.9];
        }""",
        [row, x],
    )
    page.mouse.move(*at)


def label(page: Page) -> list[str]:
    return page.locator(".hoverlayer .hovertext tspan.line").all_text_contents()


@pytest.mark.parametrize(("scheme", "place"), [("light", 0), ("dark", 1)])
def test_a_label_names_every_run_in_its_colour_in_the_chart_under_the_pointer(
    shared, page: Page, scheme: Literal["light", "dark"], place: int
) -> None:
    app, studio = shared
    page.emulate_media(color_scheme=scheme)
    nan = [log(step, loss="NaN" if step == 15 else 2.0, kl=1e-5) for step in range(1, 21)]
    ids = [
        studio.add(job("first"), ended([log(step, loss=step / 10, kl=-1.0) for step in range(1, 41)])),
        studio.add(job("<b>second</b>"), ended(nan)),
        studio.add(job("third"), ended([log(step, loss=7.0) for step in (10, 30)])),
    ]
    opened(page, app, *ids)
    page.goto(page.url + "&metric=loss&metric=kl")
    wait_for_value(lambda: sorted({axis for _, axis, _ in traces(page)}), ["y", "y2", "y3"])
    chart(page).scroll_into_view_if_needed()
    for row, x, lines in (
        ("yaxis", 15, ["step 15", "first 1.5000", "<b>second</b> NaN", "third 7.0000"]),
        ("yaxis", 5, ["step 5", "first 0.5000", "<b>second</b> 2.0000"]),
        ("yaxis", 25, ["step 25", "first 2.5000", "third 7.0000"]),
        ("yaxis", 35, ["step 35", "first 3.5000"]),
        ("yaxis2", 15, ["step 15", "first -1.0000", "<b>second</b> 1.0000e-5"]),
    ):
        point_at(page, row, x)
        wait_for_value(lambda: label(page), lines)
    colours = page.locator(".hoverlayer .hovertext tspan.line tspan[style*=fill]").evaluate_all(
        "spans => spans.map((span) => getComputedStyle(span).fill)"
    )
    expected = [list(RUN_COLOURS.items())[number][place] for number in range(2)]
    assert colours == [
        f"rgb({int(each[1:3], 16)}, {int(each[3:5], 16)}, {int(each[5:], 16)})" for each in expected
    ]


def test_a_zoom_shows_every_point_and_says_how_many(shared, page: Page) -> None:
    app, studio = shared
    ids = [
        studio.add(job(name), ended([log(step, loss=step * step % 7 + level) for step in range(1, 6001)]))
        for level, name in enumerate(["one", "two", "three"])
    ]
    opened(page, app, *ids)
    head = page.locator(".arkor-head .arkor-note")
    expect(head).to_have_text(re.compile(r"^showing [3-6],\d{3} of 18,000 points$"))
    chart(page).scroll_into_view_if_needed()
    box = chart(page).locator(".nsewdrag").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 400, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 450, y, steps=4)
    page.mouse.up()
    low, high = chart(page).evaluate("plot => plot._fullLayout.xaxis.range")
    steps = range(math.ceil(low), math.floor(high) + 1)
    assert 200 < len(steps) < 400
    note = f"showing {3 * len(steps):,} of {3 * len(steps):,} points"
    expect(head).to_have_text(note)
    drawn = [values for _, _, values in traces(page)]
    around = range(steps[0] - 1, steps[-1] + 2)  # a line reaches the edges of the view
    assert drawn == [[step * step % 7 + level for step in around] for level in range(3)]
    vertices = (
        chart(page)
        .locator("path.js-line")
        .evaluate_all("paths => paths.map((path) => path.getAttribute('d').split('L').length)")
    )
    assert min(vertices[:3]) > len(steps) * 0.7  # plotly.js leaves out points on a straight line


def test_log_scale_and_clipping_are_kept_in_the_address_and_said(shared, page: Page) -> None:
    app, studio = shared
    ids = [
        studio.add(
            job(name),
            ended(
                [
                    log(step, loss=1e6 if step == 50 else 1 + step % 9 / 10, kl=step - 3.0)
                    for step in range(1, 201)
                ]
            ),
        )
        for name in ("one", "two")
    ]
    opened(page, app, *ids)
    page.goto(page.url + "&metric=loss&metric=kl")
    expect(page.locator(".legendtext")).to_have_text(["one", "two"])
    page.locator(".st-key-curve button").click()
    for name in ("Log scale", "Clip outliers"):
        page.get_by_text(name, exact=True).click()
    head = page.locator(".arkor-head")
    said = (
        "showing 800 of 800 points · axis clipped to the 1st–99th percentile, 2 of loss, 8 of kl outside"
        " · 6 of kl at or below 0 not on the log scale"
    )
    expect(head).to_contain_text(said)
    wait_until(lambda: all(word in page.url for word in ("log=", "clip=")), what="the address")
    sent = page.url
    page.goto("about:blank")
    page.goto(sent)
    expect(head).to_contain_text(said)
    types = "plot => ['yaxis', 'yaxis2'].map((name) => plot._fullLayout[name].type)"
    wait_for_value(lambda: chart(page).evaluate(types), ["log", "log"])
    assert 10 ** chart(page).evaluate("plot => plot._fullLayout.yaxis.range[1]") < 3


def test_a_live_point_comes_into_the_label_the_note_and_a_log_chart_without_a_new_figure(
    shared, page: Page, wait_for_quiet_socket: Callable[[], None]
) -> None:
    app, studio = shared
    live: queue.Queue[bytes | None] = queue.Queue()
    events = [log(step, loss=2.0) for step in range(1, 11)]
    before, after = sse_body(events), sse_body([*events, log(11, loss="NaN")])
    live.put(before)
    ids = [
        studio.add(job("still"), ended([log(step, loss=1.0) for step in range(1, 21)])),
        studio.add(job("live", "running", completedAt=None), live),
    ]
    frames = stream_frames(page)
    opened(page, app, *ids, log="true")
    expect(page.locator(".arkor-head").first).to_contain_text("showing 30 of 30 points")
    wait_for_quiet_socket()
    count = len(frames)
    live.put(after[len(before) :])
    expect(page.locator(".arkor-head").first).to_contain_text("showing 30 of 30 points · 1 value not finite")
    wait_for_value(lambda: table(page).get("loss, last"), ["1.0000", "NaN"])
    wait_for_value(lambda: table(page).get("loss, last finite at step"), ["20", "10"])
    expect(chart(page)).to_have_attribute(
        "aria-label", re.compile(re.escape("live NaN (last finite 2.0000 at step 10)"))
    )
    chart(page).scroll_into_view_if_needed()
    point_at(page, "yaxis", 11)
    wait_for_value(lambda: label(page), ["step 11", "still 1.0000", "live NaN"])
    assert len(frames) == count
    live.put(None)


def test_a_run_without_epochs_is_not_drawn_over_epochs(shared, page: Page) -> None:
    app, studio = shared
    epochs = [log(step, loss=1.0, epoch=step / 10) for step in range(1, 21)]
    first, second = studio.add(job("with"), ended(epochs)), studio.add(job("without"), ended(reports(20)))
    opened(page, app, first, second, x="Epoch")
    expect(page.locator(".legendtext")).to_have_text(["with"])
    expect(page.get_by_text("Not on this axis: without reports no epochs.")).to_be_visible()
    expect(page.locator(".st-key-compare_chart .xtitle")).to_have_text("epoch")


def test_the_point_of_a_setting_and_a_result_opens_its_job(shared, page: Page) -> None:
    app, studio = shared
    ids = [
        studio.add(job(f"rate {rate}", config={"lr": rate, "seed": 1}), ended(reports(5, level=level)))
        for rate, level in ((1e-5, 3.0), (1e-4, 1.0), (1e-3, 2.0))
    ]
    ids.append(studio.add(job("unset"), ended(reports(5))))
    opened(page, app, *ids, value="Lowest", result="loss")
    scatter = page.locator(".st-key-compare_scatter")
    expect(scatter.locator(".point")).to_have_count(3)
    expect(scatter.locator(".ytitle")).to_have_text("lowest loss")
    expect(scatter.get_by_text("Best: 0.0001 (rate 0.0001), lowest loss 1.0000.")).to_be_visible()
    expect(scatter.get_by_text("Not shown: unset (no lr).")).to_be_visible()
    scatter.locator(".point").nth(1).scroll_into_view_if_needed()
    box = scatter.locator(".point").nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(scatter.locator(".hovertext")).to_contain_text("rate 0.0001")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("h1")).to_have_text(["rate 0.0001"])
    assert page.url.endswith(f"job?id={ids[1]}")


def test_new_values_of_a_live_run_are_shown_without_a_run_of_the_script(shared, page: Page) -> None:
    app, studio = shared
    live: queue.Queue[bytes | None] = queue.Queue()
    started = iso(datetime.now(UTC))
    events = [(name, {**data, "timestamp": started}) for name, data in reports(3, level=2.0)]
    before, after = sse_body(events), sse_body([*events, log(4, loss=0.5, evalLoss=0.5, timestamp=started)])
    live.put(before)
    ids = [
        studio.add(job("still", config={"lr": 1e-5, "seed": 1}), ended(reports(3))),
        studio.add(
            job("live", "running", startedAt=started, completedAt=None, config={"lr": 1e-4, "seed": 1}), live
        ),
        studio.add(job("waits", "queued", startedAt=None, completedAt=None, config={"lr": 1e-3, "seed": 1})),
    ]
    other = page.context.new_page()
    frames, others_frames = stream_frames(page), stream_frames(other)
    opened(other, app, *ids, metric="eval_loss", result="loss", value="Highest", equal="true")
    wait_for_value(lambda: table(other).get("seed"), ["1"] * 3)
    opened(page, app, *ids)
    scatter, results = page.locator(".st-key-compare_scatter"), page.locator(".st-key-compare_results")
    expect(scatter.locator(".point")).to_have_count(2)
    expect(scatter.get_by_text("Not shown: waits (no eval_loss).")).to_be_visible()
    for _ in range(2):
        results.get_by_role("button", name="loss, last", exact=True).click()
    wait_for_value(lambda: table(page).get("loss, last"), ["2.0000", "1.0000", "–"])
    assert table(page)["Status"] == ["Running", "Completed", "Queued"]
    duration = results.locator("td:nth-child(3)")
    expect(duration).to_have_text([re.compile(r"^0:0\d:\d\d$"), "0:01:05", "–"])
    counts: list[tuple[int, int]] = []

    def is_quiet() -> bool:
        counts.append((len(frames), len(others_frames)))
        page.wait_for_timeout(2500)
        return counts[-1] == (len(frames), len(others_frames))

    wait_until(is_quiet, what="two pages whose scripts do not run")
    page.evaluate(SELECT_STATUS)
    first = duration.first.inner_text()
    live.put(after[len(before) :])
    wait_for_value(lambda: table(page).get("loss, last"), ["1.0000", "0.5000", "–"])
    expect(scatter.locator(".arkor-plot")).to_have_attribute("aria-label", re.compile("live: 0.0001, 0.5000"))
    expect(scatter.get_by_text("Best: 0.0001 (live), last eval_loss 0.5000.")).to_be_visible()
    wait_until(lambda: duration.nth(1).inner_text() != first, what="a duration that counts on")
    next(each for each in studio.jobs if each["id"] == ids[2])["status"] = "cancelled"
    for each in (page, other):
        wait_for_value(lambda each=each: sorted(table(each)["Status"]), ["Cancelled", "Completed", "Running"])
    assert page.evaluate("String(getSelection())") == "Running"
    assert counts[-1] == (len(frames), len(others_frames))
    live.put(None)


def test_a_chart_of_a_setting_appears_with_its_first_point_without_a_run_of_the_script(
    shared, page: Page, wait_for_quiet_socket: Callable[[], None]
) -> None:
    app, studio = shared
    live: queue.Queue[bytes | None] = queue.Queue()
    live.put(sse_body([log(1, loss=1.0, kl="NaN")]))
    ids = [
        studio.add(job("live", "running", completedAt=None, config={"lr": 1e-4}), live),
        studio.add(job("waits", "queued", startedAt=None, completedAt=None, config={"lr": 1e-3}), b""),
    ]
    frames = stream_frames(page)
    opened(page, app, *ids, result="kl")
    scatter = page.locator(".st-key-compare_scatter")
    expect(scatter.get_by_text("Not shown: live (kl is not finite); waits (no kl).")).to_be_visible()
    expect(scatter.locator(".arkor-plot")).to_be_hidden()
    wait_for_quiet_socket()
    count = len(frames)
    live.put(sse_body([("x", {}), log(2, kl=0.5)])[len(sse_body([("x", {})])) :])
    expect(scatter.locator(".point")).to_be_visible()
    assert len(frames) == count
    live.put(None)


def test_a_click_on_a_head_sorts_by_value_and_missing_values_are_last(shared, page: Page) -> None:
    app, studio = shared
    long = {"startedAt": iso(NOON), "completedAt": iso(NOON + timedelta(days=2))}
    ids = [
        studio.add(job("none", "200", startedAt=None, completedAt=None, config={"n": "x", "all": 1}), b""),
        studio.add(job("ten", config={"n": 10, "all": 1}, **long), ended(reports(5, level=10.0))),
        studio.add(job("tiny", config={"n": 9, "all": 1}), ended(reports(5, level=2e-5))),
        studio.add(job("nan", config={"n": "y", "all": 1}), ended([log(1, loss="NaN")])),
    ]
    opened(page, app, *ids)
    wait_for_value(lambda: table(page).get("loss, last"), ["–", "10.0000", "2.0000e-5", "NaN"])

    def order() -> list[str]:
        return table(page)["Job"]

    def head(name: str) -> Locator:
        return page.get_by_role("columnheader", name=name, exact=True)

    for label, ascending, descending in (
        ("loss, last", ["tiny", "ten", "none", "nan"], ["ten", "tiny", "none", "nan"]),
        ("Duration", ["tiny", "nan", "ten", "none"], ["ten", "tiny", "nan", "none"]),
        ("n", ["tiny", "ten", "none", "nan"], ["nan", "none", "ten", "tiny"]),
    ):
        button = head(label).get_by_role("button")
        button.press("Enter")
        wait_for_value(order, ascending)
        expect(head(label)).to_have_attribute("aria-sort", "ascending")
        button.press("Enter")
        wait_for_value(order, descending)
        expect(head(label)).to_have_attribute("aria-sort", "descending")
        expect(button).to_be_focused()
    page.get_by_text("Equal settings").click()
    wait_for_value(lambda: table(page).get("all"), ["1"] * 4)
    assert order() == ["nan", "none", "ten", "tiny"]
    head("n").get_by_role("button").click()
    wait_for_value(order, ["none", "ten", "tiny", "nan"])
    expect(page.locator(".st-key-compare_results [aria-sort]")).to_have_count(0)


def test_a_sort_is_kept_when_the_settings_of_the_jobs_come_later(shared, page: Page) -> None:
    app, studio = shared
    ids = [
        studio.add(job(f"late {level}", config={"lr": level}), ended(reports(5, level=level)))
        for level in (1.0, 3.0, 2.0)
    ]
    late = [each for each in studio.jobs if each["id"] in ids]
    for each in late:
        studio.jobs.remove(each)
    opened(page, app, *ids)
    wait_for_value(lambda: table(page).get("loss, last"), ["1.0000", "3.0000", "2.0000"])
    head = page.get_by_role("columnheader", name="loss, last", exact=True)
    head.get_by_role("button").click()
    wait_for_value(lambda: table(page)["loss, last"], ["1.0000", "2.0000", "3.0000"])
    studio.jobs.extend(late)
    expect(page.locator(".st-key-compare_scatter .point")).to_have_count(3)
    wait_for_value(lambda: table(page).get("lr"), ["1.0", "2.0", "3.0"])
    expect(head).to_have_attribute("aria-sort", "ascending")


def test_the_table_is_saved_as_csv_with_full_values(shared, page: Page) -> None:
    app, studio = shared
    third = 1 / 3
    ids = [
        studio.add(job("=1+1", config={"lr": 1e-5}), ended([log(1, loss=third)])),
        studio.add(job("other", config={"lr": 2e-5}), ended([log(1, loss=2.0)])),
    ]
    opened(page, app, *ids)
    wait_for_value(lambda: table(page).get("loss, last"), ["0.3333", "2.0000"])
    wait_for_value(lambda: table(page).get("lr"), ["1e-05", "2e-05"])
    expect(page.get_by_text("Equal settings")).to_have_count(0)
    page.get_by_role("button", name="Export table as CSV").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download table as CSV").click()
    assert started.value.suggested_filename == "comparison.csv"
    with Path(started.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["Job"], row["loss, last"], row["Duration"], row["lr"]) for row in rows] == [
        ("'=1+1", str(third), "65.0", "1e-05"),
        ("other", "2.0", "65.0", "2e-05"),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_names_stay_in_view_beside_a_table_that_is_wider_than_a_phone(
    shared, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    app, studio = shared
    config = {f"setting {number}": "value" for number in range(10)}
    ids = [studio.add(job(name * 40, config={**config, "name": name})) for name in "ab"]
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    opened(page, app, *ids, equal="true")
    box, link = page.locator(".arkor-run-box"), page.locator(".arkor-run-box a").first
    wait_for_value(lambda: table(page).get("setting 9"), ["value"] * 2)
    box.evaluate("box => box.scrollTo({ left: box.scrollWidth })")
    expect(page.get_by_role("columnheader", name="setting 9")).to_be_in_viewport()
    expect(link).to_be_in_viewport()
    assert link.evaluate(
        "link => document.elementFromPoint(...Object.values(link.getBoundingClientRect().toJSON())"
        ".slice(0, 2).map((at) => at + 3)) === link"
    )
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
    assert link.evaluate(
        "e => [...e.getClientRects()].every(({ right }) => right <= e.closest('td').getBoundingClientRect().right)"
    )
    script = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
    wait_for_value(lambda: page.evaluate(script), [])
    context.close()


def test_a_comparison_of_one_job_says_how_to_choose_jobs(shared, page: Page) -> None:
    app, _ = shared
    page.goto(f"{app.url}/compare?job=x")
    expect(page.get_by_text("choose two jobs or more")).to_be_visible()
