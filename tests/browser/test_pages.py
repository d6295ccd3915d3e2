"""Each page in each state. The test decides what the Studio answers."""

from __future__ import annotations

import json
import queue
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers.scripted import ScriptedServer, head, json_answer
from tests.waiting import wait_until

from .conftest import App, launch, stop
from .studio import NOON, Answer, Studio, iso, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NASTY = "<script>alert(1)</script> **bold** [link](https://evil.example) :smile: $x^2$ `code`"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, Studio]]:
    """One dashboard for all tests of this module."""
    studio = Studio()
    with ScriptedServer(studio.respond) as server:
        settings = {"ARKOR_STUDIO_URL": server.url, "ARKOR_STUDIO_TOKEN": "token"}
        app = launch(tmp_path_factory.mktemp("pages"), settings)
        yield app, studio
        stop(app)


@pytest.fixture
def app(shared: tuple[App, Studio]) -> App:
    return shared[0]


@pytest.fixture
def studio(shared: tuple[App, Studio]) -> Studio:
    studio = shared[1]
    studio.jobs, studio.jobs_answer, studio.streams, studio.output = [], None, {}, b""
    studio.manifest = None
    return studio


@pytest.fixture
def visit(app: App, page: Page) -> Callable[[str], None]:
    """Opens an address of the app once the list of jobs is up to date."""

    def go(path: str) -> None:
        page.goto(f"{app.url}/jobs")
        page.locator(".st-key-jobs_refresh button").click()
        expect(page.locator(".arkor-busy")).to_have_count(0)
        page.goto(f"{app.url}{path}")

    return go


def rows(page: Page) -> list[list[str]]:
    return [
        [cell.inner_text() for cell in row.locator("td").all()]
        for row in page.locator(".st-key-jobs_table tbody tr").all()
    ]


def test_the_list_shows_status_name_local_time_and_id_in_the_servers_order(visit, page, studio):
    ids = [studio.add(job(name, status)) for name, status in [("first", "running"), ("second", "failed")]]
    visit("/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(2)
    assert rows(page) == [
        ["Failed", "second", "23/11/2026, 13:00:00", ids[1]],
        ["Running", "first", "23/11/2026, 13:00:00", ids[0]],
    ]
    monospaced = page.locator(".st-key-jobs_table code").first
    assert "mono" in monospaced.evaluate("e => getComputedStyle(e).fontFamily").lower()
    expect(page.locator(".arkor-status-failed")).to_have_text("Failed")


def test_search_and_status_filter_the_list_and_are_kept_in_the_address(visit, page, studio):
    for name, status in [("alpha", "running"), ("Alphabet", "completed"), ("beta", "running")]:
        studio.add(job(name, status))
    visit("/jobs")
    page.locator(".st-key-q input").fill("ALPHA")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(2)
    page.locator(".st-key-status").get_by_text("Running").click()
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    wait_until(lambda: "q=ALPHA" in page.url and "status=Running" in page.url, what="the address")

    page.goto(page.url)
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    expect(page.locator(".st-key-q input")).to_have_value("ALPHA")

    page.locator(".st-key-q input").fill("nothing like it")
    expect(page.locator(".st-key-jobs_empty")).to_contain_text("No matches")


def test_a_search_finds_an_id(visit, page, studio):
    wanted, _ = studio.add(job("one")), studio.add(job("two"))
    visit(f"/jobs?q={wanted[-6:]}")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)


def test_a_project_without_runs_says_so(visit, page, studio):
    visit("/jobs")
    expect(page.locator(".st-key-jobs_empty")).to_contain_text("No jobs yet")
    expect(page.locator(".st-key-jobs_empty")).to_contain_text("Overview")
    assert page.locator(".st-key-jobs_empty a").count() == 0


def test_new_jobs_appear_by_themselves(visit, page, studio):
    studio.add(job("old"))
    visit("/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    studio.add(job("new"))
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(2)


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": "the disk is full"}, "500 Internal Server Error"),
        Answer([head(Content_Type="text/html", Content_Length="13") + b"<h1>Nope</h1>"]),
    ],
    ids=["500", "html"],
)
def test_the_last_list_stays_while_the_studio_fails_and_the_error_is_removed_once_it_recovers(
    visit, page, studio, answer
):
    studio.add(job("still here"))
    visit("/jobs")
    studio.jobs_answer = answer
    expect(page.get_by_text("Failed to load jobs: ")).to_be_visible()
    expect(page.get_by_text("This is the list as of")).to_be_visible()
    expect(page.locator(".st-key-jobs_table")).to_contain_text("still here")
    studio.jobs_answer = None
    expect(page.get_by_text("Failed to load jobs: ")).to_have_count(0)


def test_a_row_opens_its_job_by_mouse_and_by_keyboard(visit, page, studio):
    job_id = studio.add(job("openable"))
    visit("/jobs")
    row = page.locator(".st-key-jobs_table tr", has_text="openable")
    row.locator(".arkor-cell-created").click()
    page.wait_for_url(f"**/job?id={job_id}")
    expect(page.locator("h1")).to_have_text(["openable"])
    expect(page.locator(".st-key-preload")).to_have_count(1)
    expect(page.locator(".st-key-preload")).to_be_hidden()
    page.get_by_role("link", name="Jobs").first.click()
    link = page.get_by_role("link", name="openable")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/job?id={job_id}")


def test_malformed_jobs_are_listed_and_their_text_is_not_interpreted(visit, page, studio):
    studio.add({"id": "bare"})
    studio.add(job(NASTY, "pondering", createdAt="yesterday", startedAt=None, completedAt=None))
    studio.add(job("n" * 10_000))
    visit("/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(3)
    cells = rows(page)
    assert cells[1][:3] == ["Pondering", NASTY, "–"]
    assert cells[2][1] == "bare"
    assert page.locator(".st-key-jobs_table strong, .st-key-jobs_table script").count() == 0


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
    messages = [row.inner_text() for row in page.locator(".arkor-event-message").all()]
    assert messages[0] == json.dumps(events[0][1])
    assert messages[1:] == [
        "step=1 loss=2.5000",
        "step=2 loss=2.2500 evalLoss=2.7500",
        "step=3 evalLoss=2.5000",
        "step=-",
        "step=3",
        "1 artifact",
    ]
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
    expect(page.locator(".legendtext")).to_have_text(["Training loss", "Eval loss"])
    expect(page.locator(".arkor-plot")).to_have_attribute("aria-label", re.compile("raining loss, 2 points"))


def test_the_legend_names_only_series_with_points(visit, page, studio):
    job_id = studio.add(job("eval only"), sse_body([log(1, evalLoss=2.0), log(2, evalLoss=1.5), ("end", {})]))
    visit(f"/job?id={job_id}")
    expect(page.locator(".legendtext")).to_have_text(["Eval loss"])
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
    expect(page.locator(".legendtext")).to_have_text(["Training loss", "Not finite"])
    expect(page.locator(".arkor-plot")).to_have_attribute("aria-label", re.compile("2 losses not finite"))


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


def test_output_is_shown_as_in_a_terminal(visit, page, studio):
    studio.output = b"loading\r\n 10%\r 60%\r100%\n\x1b[31mred\x1b[0m \x1b[1;32mgreen\x1b[0m\n<b>not bold</b>"
    visit("/")
    page.locator(".st-key-run_training button").click()
    expect(page.get_by_text("Finished.")).to_be_visible()
    lines = page.locator(".st-key-run_log li")
    expect(lines).to_have_text(["loading", "100%", "red green", "<b>not bold</b>"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the log").click()
    assert download.value.path().read_bytes() == studio.output


def test_the_manifest_is_requested_again_without_the_error_flickering(visit, page, studio):
    studio.manifest = json_answer({"error": "not now"}, "503 Service Unavailable")
    visit("/")
    expect(page.get_by_text("Couldn't read manifest: ")).to_be_visible()
    page.evaluate(
        """() => {
            const check = () => window.errorShown.push(document.body.innerText.includes("Couldn't read manifest: "));
            window.errorShown = [];
            new MutationObserver(check).observe(document.body, {subtree: true, childList: true, characterData: true});
        }"""
    )
    count = studio.manifest_requests
    wait_until(
        lambda: page.wait_for_timeout(50) or studio.manifest_requests >= count + 2, what="two more tries"
    )
    assert page.evaluate("window.errorShown.every(Boolean)")
    studio.manifest = None
    expect(page.locator(".st-key-run_training button")).to_contain_text("scripted")


def test_hundreds_of_kilobytes_of_output_stay_on_the_page(visit, page, studio):
    studio.output = b"".join(b"line %06d %s\n" % (i, b"." * 60) for i in range(5_000))
    visit("/")
    page.locator(".st-key-run_training button").click()
    expect(page.locator(".st-key-run_log")).to_contain_text("line 004999")
    expect(page.locator(".st-key-run_log")).to_contain_text("line 000100")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/jobs", "/job?id={id}"])
def test_every_page_fits_a_phone(app, studio, browser: Browser, path, scheme):
    job_id = studio.add(job("w" * 120, "failed", error="e" * 500), sse_body([log(1, loss=1.0), ("end", {})]))
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{app.url}{path.format(id=job_id)}")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".stMain")).to_contain_text("wwww")
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_contrasts_with_its_background(app, studio, browser: Browser, scheme):
    events = [("training.started", {}), log(1, loss=2.0), log(2, loss=1.0, evalLoss=1.5)]
    events += [
        ("checkpoint.saved", {"step": 2}),
        ("training.failed", {"error": "out of memory"}),
        ("end", {}),
    ]
    for status in ("running", "queued", "completed", "cancelled"):
        studio.add(job(status, status))
    failed = studio.add(job("failed", "failed"), sse_body(events))
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    script = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
    for path, last in [
        ("/", ".st-key-recent_jobs .arkor-status-failed"),
        ("/jobs", ".st-key-jobs_table .arkor-status-failed"),
        (f"/job?id={failed}", ".st-key-event_log .arkor-event-training-failed"),
    ]:
        page.goto(f"{app.url}{path}")
        expect(page.locator(last)).to_be_visible()
        if path.startswith("/job?"):
            page.locator(".st-key-advanced label").click()
            expect(page.locator(".st-key-stats_eval dd").first).to_be_visible()
        assert page.evaluate(script) == [], path
    context.close()


def test_going_back_from_a_job_restores_the_search_and_the_filter(visit, page, studio):
    studio.add(job("zeta", "failed"))
    studio.add(job("other", "failed"))
    visit("/jobs?q=zeta&status=Failed")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    page.locator(".st-key-jobs_table .arkor-cell-created").click()
    expect(page.locator("h1")).to_have_text(["zeta"])
    page.go_back()
    expect(page.locator("h1")).to_have_text(["Jobs"])
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    expect(page.locator(".st-key-q input")).to_have_value("zeta")
    wait_until(lambda: "q=zeta" in page.url and "id=" not in page.url, what="the address")


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


def test_search_stays_quick_while_a_slow_list_is_loaded(visit, page, studio):
    studio.add(job("slow one"))
    visit("/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    answered = threading.Event()
    studio.jobs_answer = Answer([], hold=answered)
    page.locator(".st-key-jobs_refresh button").click()
    expect(page.locator(".arkor-busy")).to_have_count(1)
    page.locator(".st-key-q input").fill("nothing like it")
    expect(page.locator(".st-key-jobs_empty")).to_contain_text("No matches")
    expect(page.locator(".arkor-busy")).to_have_count(1)
    studio.jobs_answer = None
    answered.set()
    page.locator(".st-key-q input").fill("slow")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)


def test_zooming_into_an_ended_job_loads_every_point_of_the_range(visit, page, studio):
    events = [log(step, loss=1 + 1 / step) for step in range(1, 10_001)]
    job_id = studio.add(job("long"), sse_body([*events, ("training.completed", {}), ("end", {})]))
    visit(f"/job?id={job_id}")
    expect(page.locator(".legendtext")).to_have_text(["Training loss"])
    zoom = "range => Plotly.relayout(document.querySelector('.js-plotly-plot'), {'xaxis.range': range})"
    page.evaluate(zoom, [1000, 1100])
    expect(page.get_by_text("showing 101 of 101 points")).to_be_visible()
    page.evaluate("Plotly.relayout(document.querySelector('.js-plotly-plot'), {'xaxis.autorange': true})")
    expect(page.get_by_text(re.compile(r"showing [\d,]+ of 10,000 points"))).to_be_visible()


def test_the_output_is_complete_after_coming_back_to_its_page(visit, page, studio):
    studio.output = b"".join(b"line %d\n" % number for number in range(200))
    visit("/")
    page.locator(".st-key-run_training button").click()
    expect(page.locator(".st-key-run_log li")).to_have_count(200)
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(page.locator("h1")).to_have_text(["Jobs"])
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".st-key-run_log li")).to_have_count(200)


def test_the_list_loads_plotly_js_before_a_job_is_opened(visit, page, studio):
    studio.add(job("one"))
    visit("/jobs")
    page.wait_for_function("window.Plotly")
    expect(page.locator(".arkor-table")).to_contain_text("one")
