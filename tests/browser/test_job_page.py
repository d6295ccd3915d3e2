"""The page of a job in each state. The test decides what the Studio answers."""

from __future__ import annotations

import json
import queue
import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.servers.scripted import json_answer, sse
from tests.waiting import wait_until

from .studio import NASTY, NOON, iso, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_a_jobs_page_interprets_no_text_of_a_job(visit, page, studio):
    failed = [log(1, loss=1.0), ("training.failed", {"error": NASTY})]
    job_id = studio.add(job(NASTY, "failed", config={"model": NASTY}), sse_body(failed))
    visit(f"/job?id={job_id}")
    expect(page.locator("h1")).to_have_text([NASTY])
    expect(page.locator(".st-key-job_failed")).to_have_text(NASTY)
    expect(page.locator(".st-key-metadata")).to_contain_text(NASTY)
    expect(page.locator(".st-key-event_log")).to_contain_text(NASTY)
    assert page.locator(".stMain strong, .stMain a[href*=evil]").count() == 0


def test_a_completed_job_shows_its_events_metadata_and_losses(visit, page, studio):
    events = [
        ("training.started", {"timestamp": iso(NOON), "metadata": {"gpu": "none"}}),
        log(1, loss=2.5),
        log(2, loss=2.25, evalLoss=2.75),
        log(3, evalLoss=2.5),
        log("three", loss="low"),
        ("checkpoint.saved", {"step": 3}),
        ("training.completed", {"artifacts": [{"kind": "adapter"}]}),
        ("end", {}),
    ]
    config = {"model": "tiny", "datasetSource": {"type": "huggingface", "name": "org/data", "split": "train"}}
    job_id = studio.add(job("whole", config=config), sse_body(events))
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(page.locator(".arkor-rows li")).to_have_count(7)
    expect(page.locator(".arkor-event-message")).to_have_text(
        [
            json.dumps(events[0][1]),
            "step=1 loss=2.5000",
            "step=2 loss=2.2500 evalLoss=2.7500",
            "step=3 evalLoss=2.5000",
            "step=-",
            "step=3",
            "1 artifact",
        ]
    )
    expect(page.locator(".st-key-metadata dt:text-is('Artifacts') + dd")).to_have_text("1")
    facts = dict(
        zip(*(page.locator(f".st-key-metadata {tag}").all_inner_texts() for tag in ("dt", "dd")), strict=True)
    )
    assert facts["Status"] == "Completed"
    assert facts["Duration"] == "0:01:05"
    assert facts["Created"] == "23/11/2026, 13:00:00"
    assert facts["Base model"] == "tiny"
    assert facts["Dataset"] == "org/data (train)"
    assert facts["Artifacts"] == "1"
    assert facts["Job ID"].startswith(job_id)
    expect(page.locator(".arkor-legend button")).to_have_text(["Training loss", "Eval loss", "Checkpoint"])
    expect(page.locator(".arkor-plot")).to_have_attribute("aria-label", re.compile("raining loss, 2 points"))


def test_the_legend_names_only_series_with_points(visit, page, studio):
    job_id = studio.add(job("eval only"), sse_body([log(1, evalLoss=2.0), log(2, evalLoss=1.5), ("end", {})]))
    visit(f"/job?id={job_id}")
    expect(page.locator(".arkor-legend button")).to_have_text(["Eval loss"])
    page.locator(".st-key-advanced label").click()
    expect(page.locator(".st-key-stats_eval")).to_contain_text("1.7500 ± ")
    assert page.locator(".st-key-stats_train").count() == 0


def test_one_sample_has_no_interval(visit, page, studio):
    job_id = studio.add(job("single"), sse_body([log(1, loss=2.0), ("end", {})]))
    visit(f"/job?id={job_id}")
    page.locator(".st-key-advanced label").click()
    card = page.locator(".st-key-stats_train")
    expect(card).to_contain_text("2.0000 ± N/A")
    assert card.locator("dd").all_inner_texts()[:5] == ["2.0000 ± N/A", "N/A", "N/A", "2.0000", "2.0000"]


def test_a_chart_appears_with_the_first_loss_of_a_live_job(visit, page, studio):
    stream: queue.Queue[bytes | None] = queue.Queue()
    running = job("live", "running", startedAt=iso(NOON), completedAt=None)
    job_id = studio.add(running, stream)
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-loss_chart")).to_contain_text("Waiting for training.log events…")
    stream.put(sse_body([log(1, loss=None)]))
    expect(page.locator(".st-key-event_log")).to_contain_text("step=1")
    expect(page.locator(".st-key-loss_chart")).to_contain_text("Waiting for training.log events…")
    stream.put(sse_body([log(2, loss=1.5)]).replace(b"id: 1", b"id: 2"))
    expect(page.locator(".st-key-loss_chart .js-plotly-plot")).to_be_visible()
    studio.streams[job_id] = json_answer({"error": "not now"}, "503 Service Unavailable")
    stream.put(None)
    expect(page.locator(".st-key-stream_interrupted")).to_contain_text("Event stream interrupted.")
    studio.streams[job_id] = sse_body([("x", {}), ("x", {}), ("training.completed", {}), ("end", {})])
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    expect(page.locator(".st-key-stream_interrupted")).to_have_count(0)


def test_malformed_events_are_counted_and_the_stream_goes_on(visit, page, studio):
    events = [
        log(1, loss=2.0),
        ("training.log", "{not json"),
        ("training.log", "[1]"),
        ("training.completed", {"artifacts": "two"}),
        log(2, loss=1.0),
        ("end", {}),
    ]
    job_id = studio.add(job("odd"), sse_body(events))
    visit(f"/job?id={job_id}")
    expect(page.get_by_text("2 malformed events")).to_be_visible()
    expect(page.locator(".arkor-rows li")).to_have_count(3)


def test_losses_that_are_not_finite_are_marked_and_counted(visit, page, studio):
    stream = sse_body([log(1, loss=2.0), log(2, loss=1.5), ("training.log", '{"step":3,"loss":NaN}')])
    stream += sse_body([("training.log", '{"step":4,"loss":1e309}'), ("end", {})]).replace(b"id: ", b"id: 1")
    job_id = studio.add(job("diverged"), stream)
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-event_log")).to_contain_text("step=3 loss=NaN")
    expect(page.locator(".st-key-event_log")).to_contain_text("step=4 loss=Infinity")
    expect(page.locator(".arkor-legend button")).to_have_text(["Training loss", "Not finite"])
    expect(page.locator(".arkor-plot")).to_have_attribute("aria-label", re.compile("2 values not finite"))


@pytest.mark.parametrize("pieces", [1, 20])
def test_ten_thousand_events_end_as_the_newest_five_hundred_rows(visit, page, studio, pieces):
    wire = [sse_body([log(step, loss=1 + 1 / step)]) for step in range(1, 10_001)]
    wire = [frame.replace(b"id: 1\n", b"id: %d\n" % step) for step, frame in enumerate(wire, start=1)]
    stream: queue.Queue[bytes | None] = queue.Queue()
    job_id = studio.add(job("long", "running", startedAt=iso(NOON), completedAt=None), stream)
    visit(f"/job?id={job_id}")
    log_rows = page.locator(".st-key-event_log li")
    size = len(wire) // pieces
    for piece in range(pieces):
        stream.put(b"".join(wire[piece * size : (piece + 1) * size]))
        page.wait_for_timeout(100)
    expect(log_rows.last).to_contain_text("step=10000 ")
    expect(log_rows).to_have_count(500)
    expect(log_rows.first).to_contain_text("step=9501 ")
    wait_until(
        lambda: page.locator(".st-key-event_log .arkor-rows").evaluate(
            "e => e.scrollTop > 0 && e.scrollHeight - e.scrollTop - e.clientHeight < 24"
        ),
        what="the end of the log in view",
    )
    expect(page.get_by_text(re.compile(r"showing [\d,]+ of 10,000 points"))).to_be_visible()
    stream.put(None)


def test_an_event_of_five_megabytes_is_shown_shortened(visit, page, studio):
    big = ("training.started", {"metadata": "x" * 5_000_000})
    job_id = studio.add(job("big"), sse_body([big, log(1, loss=1.0), ("end", {})]))
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-event_log")).to_contain_text("characters)")
    expect(page.locator(".st-key-event_log")).to_contain_text("step=1 loss=1.0000")


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/job", "No job was named"),
        ("/job?id=", "No job was named"),
        ("/job?id=nobody", "No such job"),
        ("/job?id=..%2F..", "No such job"),
        (f"/job?id={'x' * 10_000}", "No such job"),
    ],
    ids=["none", "empty", "unknown", "climbing", "10 kB"],
)
def test_an_id_that_names_no_job_gets_a_clear_message(visit, page, studio, path, word):
    visit(path)
    expect(page.locator("h1")).to_contain_text([word])
    expect(page.get_by_role("link", name="All jobs")).to_be_visible()


def test_the_page_of_an_ended_job_sends_nothing(visit, page, studio, wait_for_quiet_socket):
    job_id = studio.add(job("over"), sse_body([log(1, loss=1.0), ("training.completed", {}), ("end", {})]))
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-loss_chart .js-plotly-plot")).to_be_visible()
    wait_for_quiet_socket()


def test_the_page_of_a_cancelled_job_with_an_open_stream_sends_nothing(
    visit, page, studio, wait_for_quiet_socket
):
    stream: queue.Queue[bytes | None] = queue.Queue()
    stream.put(sse_body([log(1, loss=1.0)]))
    job_id = studio.add(job("stopped", "cancelled"), stream)
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-job_status")).to_have_text("Cancelled")
    wait_for_quiet_socket()
    stream.put(None)


def test_a_jobs_page_shows_that_the_list_could_not_be_loaded(visit, page, studio):
    stream: queue.Queue[bytes | None] = queue.Queue()
    job_id = studio.add(job("listed", "running", completedAt=None), stream)
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-job_status")).to_have_text("Running")
    studio.jobs_answer = json_answer({"error": "the disk is full"}, "500 Internal Server Error")
    expect(page.get_by_text("Failed to load jobs: ")).to_be_visible()
    studio.jobs_answer = None
    expect(page.get_by_text("Failed to load jobs: ")).to_have_count(0)
    stream.put(None)


def test_an_ended_job_without_losses_says_so(visit, page, studio):
    job_id = studio.add(job("empty"), sse_body([("training.completed", {}), ("end", {})]))
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-loss_chart")).to_contain_text("This job reported no loss.")


def test_a_queued_job_listens_for_events(visit, page, studio):
    job_id = studio.add(job("soon", "queued", startedAt=None, completedAt=None), queue.Queue())
    visit(f"/job?id={job_id}")
    expect(page.locator(".st-key-event_log")).to_contain_text("Listening for events…")
    expect(page.locator(".st-key-job_status")).to_have_text("Queued")
    studio.streams[job_id].put(None)


def test_zooming_into_an_ended_job_loads_every_point_of_the_range(visit, page, studio):
    events = [log(step, loss=1 + 1 / step) for step in range(1, 10_001)]
    job_id = studio.add(job("long"), sse_body([*events, ("training.completed", {}), ("end", {})]))
    visit(f"/job?id={job_id}")
    expect(page.locator(".arkor-plot .main-svg").first).to_be_visible()
    zoom = "range => Plotly.relayout(document.querySelector('.js-plotly-plot'), {'xaxis.range': range})"
    page.evaluate(zoom, [1000, 1100])
    expect(page.get_by_text("showing 101 of 101 points")).to_be_visible()
    page.evaluate("Plotly.relayout(document.querySelector('.js-plotly-plot'), {'xaxis.autorange': true})")
    expect(page.get_by_text(re.compile(r"showing [\d,]+ of 10,000 points"))).to_be_visible()


TRACEBACK = """Traceback (most recent call last):
  File "train.py", line 12, in train
    loss.backward()
    ~~~~~~~~~~~~~^^
torch.OutOfMemoryError: CUDA out of memory"""


def test_the_traceback_of_a_failure_is_behind_its_reason(visit, page, studio):
    failed = ("training.failed", {"error": TRACEBACK})
    job_id = studio.add(
        job("failed", "failed", error=TRACEBACK), sse_body([log(1, loss=1.0), failed, ("end", {})])
    )
    visit(f"/job?id={job_id}")
    banner = page.locator(".st-key-job_failed")
    expect(banner.locator("summary")).to_have_text("torch.OutOfMemoryError: CUDA out of memory")
    expect(banner.locator("pre")).to_be_hidden()
    banner.locator("summary").click()
    expect(banner.locator("pre")).to_have_text(TRACEBACK)
    assert "monospace" in banner.locator("pre").evaluate("text => getComputedStyle(text).fontFamily")


def test_the_figures_of_a_run_change_in_place(visit, page, studio):
    stream: queue.Queue[bytes | None] = queue.Queue()
    now = iso(datetime.now(UTC))
    events = [log(step, loss=3.0 - step, timestamp=now) for step in (1, 2)]
    events[1] = log(2, loss=1.0, evalLoss=1.5, timestamp=now)
    stream.put(sse_body(events))
    job_id = studio.add(job("watched", "running", completedAt=None, config={"maxSteps": 8}), stream)
    visit(f"/job?id={job_id}")
    figures = page.locator(".st-key-job_figures .arkor-figure")
    values = figures.locator(".arkor-figure-value")
    expect(values).to_have_text(["1.0000", "1.0000", "1.5000", "1.5000", "2 of 8 steps · 25%"])
    expect(figures.locator("dt")).to_have_text(
        ["Loss", "Best loss", "Eval loss", "Best eval loss", "Progress"]
    )
    expect(figures.get_by_role("progressbar", name="Progress")).to_have_attribute("value", "0.25")
    node = values.first.evaluate_handle("value => value")
    stream.put(sse("training.log", {"step": 3, "loss": "NaN", "timestamp": now}, 3))
    expect(values).to_have_text(["NaN", "1.0000", "1.5000", "1.5000", "3 of 8 steps · 37%"])
    assert values.first.evaluate("(value, node) => value === node", node)
    warned = page.locator(".arkor-figure-warning")
    expect(warned.locator("dt")).to_have_text(["Loss"])
    expect(warned.locator(".arkor-figure-note")).to_have_text(["not finite"])
    stream.put(None)
