"""From a first start to a completed run, as a new user does it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import psutil
import pytest
from playwright.sync_api import Page, expect
from scipy import stats

from tests.waiting import PATIENCE_S, wait_until

from .conftest import PATIENCE_MS, App
from .reading import open_job, scroll_to_200, wait_for_value

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]


def run_training(page: Page, app: App) -> None:
    page.goto(app.url)
    button = page.locator(".st-key-run_training button")
    expect(button).to_have_text(re.compile("Run training: python-manual-chars"))
    button.click()
    expect(page.locator(".st-key-run_log")).to_contain_text("step=1 loss=")


def open_newest_job(page: Page) -> None:
    open_job(page, page.locator(".st-key-recent_jobs tbody tr").first)


def metadata(page: Page, label: str) -> str:
    return page.locator(f".st-key-metadata dt:text-is('{label}') + dd").inner_text()


def values(page: Page, trace: str) -> list[float]:
    """The losses that the chart has drawn for a series."""
    script = """name => Array.from(
        document.querySelector('.js-plotly-plot')?.calcdata?.find(c => c[0].trace.name === name) ?? [], p => p.y)"""
    drawn: list[float] = page.evaluate(script, trace)
    return drawn


def points(page: Page, trace: str) -> int:
    return len(values(page, trace))


@contextmanager
def stopped(trainers: list[psutil.Process]) -> Iterator[None]:
    """In this block the run makes no progress, so that it can't end before the page has shown it."""
    assert trainers
    for trainer in trainers:
        trainer.suspend()
    try:
        yield
    finally:
        for trainer in trainers:
            trainer.resume()


def test_a_new_user_starts_a_run_watches_it_and_finds_it_after_a_reload(start_app: StartApp, page: Page):
    app = start_app(ARKOR_SAMPLE_STEPS="300")
    run_training(page, app)
    with stopped(app.trainers()):
        expect(page.locator(".st-key-run_training button")).to_be_disabled()
        expect(page.locator(".st-key-recent_jobs tbody tr")).to_have_count(1)
        open_newest_job(page)
        expect(page.locator(".st-key-job_status")).to_have_text("Running")
    wait_until(lambda: points(page, "Training loss") > 5, what="points on the chart")
    shown = points(page, "Training loss")
    wait_until(lambda: points(page, "Training loss") > shown, what="more points, live")

    expect(page.locator(".st-key-job_status")).to_have_text("Completed", timeout=3 * PATIENCE_MS)
    wait_for_value(lambda: metadata(page, "Artifacts"), "2")
    wait_for_value(lambda: points(page, "Eval loss"), 12)
    wait_for_value(lambda: points(page, "Training loss"), 300)

    address = page.url
    page.reload()
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    wait_for_value(lambda: points(page, "Training loss"), 300)
    expect(page.locator(".st-key-event_log")).to_contain_text("2 artifacts")
    assert page.url == address
    wait_for_value(lambda: metadata(page, "Base model"), "char-mlp (from scratch)")
    wait_for_value(lambda: metadata(page, "Dataset"), "pydoc_data.topics")

    check_statistics(page)


def check_statistics(page: Page) -> None:
    """The statistics under Advanced equal those that NumPy and SciPy compute from the chart's values."""
    page.locator(".st-key-advanced label").click()
    for key, name in [("stats_train", "Training loss"), ("stats_eval", "Eval loss")]:
        card = page.locator(f".st-key-{key}")
        expect(card).to_contain_text("Mean loss ± 95% CI")
        losses = np.array(values(page, name))
        factor = stats.t.ppf(0.975, len(losses) - 1) if len(losses) <= 31 else 1.96
        half_width = factor * losses.std(ddof=1) / np.sqrt(len(losses))
        expect(card).to_contain_text(f"{losses.mean():.4f} ± {half_width:.4f}")
        for statistic in (losses.std(ddof=1), losses.var(ddof=1), *np.percentile(losses, [90, 95])):
            expect(card).to_contain_text(f"{statistic:.4f}")


def test_a_zoom_survives_updates_and_a_double_click_undoes_it(start_app: StartApp, page: Page):
    app = start_app(ARKOR_SAMPLE_STEPS="100000")
    run_training(page, app)
    open_newest_job(page)
    wait_until(lambda: points(page, "Training loss") > 20, 2 * PATIENCE_S, what="points on the chart")
    box = page.locator(".st-key-loss_chart .nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
    page.mouse.up()
    read = "() => document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range"
    zoomed = page.evaluate(read)
    page.evaluate("document.querySelector('.js-plotly-plot').kept = true")

    log = page.locator(".st-key-event_log .arkor-rows")
    before = log.locator("li").last.inner_text()
    wait_until(lambda: log.locator("li").last.inner_text() != before, what="an update")
    for _ in range(4):
        newest = log.locator("li").last.inner_text()
        wait_until(
            lambda newest=newest: log.locator("li").last.inner_text() != newest,
            what="the next update",
        )
    assert page.evaluate(read) == zoomed
    assert page.evaluate("document.querySelector('.js-plotly-plot').kept")

    def shows_the_whole_run() -> bool:
        """A double click of a slow machine can be two clicks."""
        page.mouse.dblclick(box["x"] + box["width"] * 0.4, middle)
        page.wait_for_timeout(500)
        first, last = page.evaluate(read)
        return bool(first < zoomed[0] / 2 and last > 1.5 * zoomed[1])

    wait_until(shows_the_whole_run, what="the whole run in view")


def test_a_log_that_is_scrolled_up_does_not_move(start_app: StartApp, page: Page):
    app = start_app(ARKOR_SAMPLE_STEPS="100000")
    run_training(page, app)
    open_newest_job(page)
    log = page.locator(".st-key-event_log .arkor-rows")
    overflow = "e => e.scrollHeight - e.clientHeight"
    wait_until(lambda: log.evaluate(overflow) > 300, 2 * PATIENCE_S, what="a log that scrolls")
    at_end = "e => e.scrollHeight - e.scrollTop - e.clientHeight"
    wait_until(lambda: log.evaluate(at_end) < 5, what="the end of the log in view")
    scroll_to_200(page, log)
    count = log.locator("li").count()
    wait_until(lambda: log.locator("li").count() > count + 5, what="more rows")
    assert log.evaluate("e => e.scrollTop") == 200


def test_a_run_goes_on_without_its_page_and_its_log_is_shown_again(start_app: StartApp, page: Page):
    app = start_app(ARKOR_SAMPLE_STEPS="100000")
    run_training(page, app)
    page.goto("about:blank")
    page.goto(app.url)
    log = page.locator(".st-key-run_log")
    expect(log).to_contain_text("Started job ")
    expect(log).to_contain_text("step=1 loss=")
    count = log.locator("li").count()
    wait_until(lambda: log.locator("li").count() > count, what="output that goes on")


def test_a_second_viewer_sees_the_output_from_its_start(start_app: StartApp, page: Page, browser):
    app = start_app(ARKOR_SAMPLE_STEPS="100000")
    second = browser.new_page()
    second.set_default_timeout(PATIENCE_MS)
    second.goto(app.url)
    expect(second.locator(".st-key-run_training button")).to_be_enabled()
    run_training(page, app)
    expect(second.locator(".st-key-run_log")).to_contain_text("step=1 loss=")
    expect(second.locator(".st-key-run_training button")).to_be_disabled()
    second.close()


def test_a_killed_trainer_becomes_a_failed_job_with_the_reason(start_app: StartApp, page: Page):
    app = start_app(ARKOR_SAMPLE_STEPS="100000")
    run_training(page, app)
    open_newest_job(page)
    expect(page.locator(".st-key-job_status")).to_have_text("Running")
    (trainer,) = app.trainers()
    trainer.kill()
    expect(page.locator(".st-key-job_status")).to_have_text("Failed")
    expect(page.locator(".st-key-job_failed")).to_contain_text("SIGKILL")


def test_a_killed_dashboard_leaves_no_process_and_no_running_job(start_app: StartApp, page: Page, tmp_path):
    app = start_app(ARKOR_SAMPLE_STEPS="100000")
    run_training(page, app)
    left = app.children()
    assert len(left) >= 2
    app.process.kill()
    app.process.wait(20)
    wait_until(lambda: not any(is_alive(process) for process in left), what="the end of every process")

    again = start_app(ARKOR_DASH_STATE_DIR=str(app.state_dir))
    page.goto(f"{again.url}/jobs")
    row = page.locator(".st-key-jobs_table tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Failed")
    open_job(page, row)
    expect(page.locator(".st-key-job_failed")).to_contain_text("stopped during the run")
    expect(page.locator(".st-key-event_log")).to_contain_text("step=1 loss=")


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM"])
def test_the_studio_and_its_run_end_with_the_dashboard(start_app: StartApp, page: Page, signal_name):
    app = start_app(ARKOR_SAMPLE_STEPS="100000")
    run_training(page, app)
    left = app.children()
    page.goto("about:blank")
    app.process.send_signal(getattr(signal, signal_name))
    wait_until(lambda: not any(is_alive(process) for process in left), what="the end of every process")


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
