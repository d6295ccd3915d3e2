"""The Jobs page in each state. The test decides what the Studio answers."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.servers.scripted import head, json_answer
from tests.waiting import wait_until

from .conftest import wait_on_page
from .reading import focus, wait_for_value
from .studio import NASTY, Answer, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def rows(page: Page) -> list[list[str]]:
    return [
        [cell.inner_text() for cell in row.locator("td").all()]
        for row in page.locator(".st-key-jobs_table tbody tr").all()
    ]


def test_the_list_shows_status_name_local_time_and_id_in_the_servers_order(visit, page, studio):
    ids = [studio.add(job(name, status)) for name, status in [("first", "running"), ("second", "failed")]]
    visit("/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(2)
    expected = [
        ["Failed", "second", "23/11/2026, 13:00:00", ids[1]],
        ["Running", "first", "23/11/2026, 13:00:00", ids[0]],
    ]
    wait_for_value(lambda: rows(page), expected)
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


def test_each_visit_of_the_page_requests_the_list_at_once(visit, page, studio):
    visits: list[bool] = []
    visit("/jobs")
    for _ in range(6):
        page.get_by_role("link", name="Overview").click()
        expect(page.locator(".st-key-run_training")).to_be_visible()
        before = studio.list_requests
        page.get_by_role("link", name="Jobs").first.click()
        expect(page.locator(".st-key-jobs_refresh")).to_be_visible()
        with suppress(AssertionError):
            wait_until(lambda before=before: studio.list_requests > before, timeout_s=1.5)
        visits.append(studio.list_requests > before)
    assert sum(visits) >= 5  # the list is asked every five seconds anyway


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
    page.get_by_role("link", name="openable").press("Enter")
    page.wait_for_url(f"**/job?id={job_id}")


def test_malformed_jobs_are_listed_and_their_text_is_not_interpreted(visit, page, studio):
    studio.add({"id": "bare"})
    studio.add(job(NASTY, "pondering", createdAt="yesterday", startedAt=None, completedAt=None))
    studio.add(job("n" * 10_000))
    visit("/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(3)
    wait_for_value(lambda: rows(page)[1][:3], ["Pondering", NASTY, "–"])
    wait_for_value(lambda: rows(page)[2][1], "bare")
    assert page.locator(".st-key-jobs_table strong, .st-key-jobs_table script").count() == 0


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


def test_the_list_loads_plotly_js_before_a_job_is_opened(visit, page, studio):
    studio.add(job("one"))
    visit("/jobs")
    page.wait_for_function("window.Plotly")
    expect(page.locator(".arkor-table")).to_contain_text("one")


def test_a_click_on_a_job_opens_it_without_drawing_the_list_again(visit, page, studio, wait_for_quiet_socket):
    studio.add(job("to be opened"), sse_body([log(1, loss=1.0)]))
    frames: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))  # noqa: PLW0108
    visit("/jobs")
    row = page.locator(".arkor-table tbody tr", has_text="to be opened")
    expect(row).to_be_visible()
    wait_for_quiet_socket()
    frames.clear()
    row.click()
    expect(page.locator("h1")).to_have_text("to be opened")
    sent = [ForwardMsg.FromString(frame).WhichOneof("type") for frame in frames if isinstance(frame, bytes)]
    of_click, of_page = [at for at, kind in enumerate(sent) if kind == "new_session"][:2]
    drawn = [kind for kind in sent[of_click:of_page] if kind in ("delta", "ref_hash")]
    assert drawn in ([], ["delta"])  # at most the container of the fragment


def test_a_reload_keeps_the_ticks_and_the_page_of_the_list(visit, page, studio):
    for number in range(250):
        studio.add(job(f"run {number:03}"))
    visit("/jobs")
    page.locator(".st-key-choosing label").click()
    page.get_by_role("button", name="Next page").click()
    names = page.locator(".st-key-jobs_table .arkor-cell-name")
    expect(names.first).to_have_text("run 149")
    for name in ("run 149", "run 147"):
        page.get_by_role("checkbox", name=f"Choose {name}").check()
    expect(page.get_by_role("button", name="Compare 2 jobs")).to_be_visible()
    page.reload()
    expect(names.first).to_have_text("run 149")
    expect(page.get_by_role("button", name="Compare 2 jobs")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Choose run 147")).to_be_checked()
    entries = page.evaluate("history.length")
    page.get_by_role("checkbox", name="Choose run 147").uncheck()
    expect(page.get_by_text("1 chosen.")).to_be_visible()
    wait_on_page(page, lambda: page.url.count("chosen=") == 1, "an address with one tick")
    assert page.evaluate("history.length") == entries  # Back leaves the page
    page.locator(".st-key-q input").fill("run 00")
    expect(names).to_have_count(10)
    page.locator(".st-key-q input").fill("")
    expect(names).to_have_count(100)


def test_ticks_of_jobs_that_are_not_listed_do_not_count(visit, page, studio):
    job_id, _ = studio.add(job("listed")), studio.add(job("other"))
    visit(f"/jobs?choosing=true&chosen={job_id}&chosen=gone")
    expect(page.get_by_text("1 chosen.")).to_be_visible()
    wait_on_page(page, lambda: "gone" not in page.url, "an address without the unknown job")


def chips(page: Page) -> dict[str, str]:
    """The count that each status chip shows, by the chip's name."""
    shown = "chips => chips.map(e => [e.innerText, getComputedStyle(e, '::after').content.split('\"')[1]])"
    return dict(page.locator(".st-key-status").get_by_role("radio").evaluate_all(shown))


def test_the_chips_count_what_the_search_leaves_live_and_keep_their_names(visit, page, studio):
    for name, status in [("alpha", "running"), ("Alphabet", "completed"), ("beta", "failed")]:
        studio.add(job(name, status))
    visit("/jobs?q=alpha")
    counts = {"All": "2", "Running": "1", "Completed": "1", "Queued": "0", "Failed": "0", "Cancelled": "0"}
    wait_for_value(lambda: chips(page), counts)
    running = page.get_by_role("radio", name="Running", exact=True)
    expect(running).to_have_accessible_description("1 job")
    # As when Streamlit draws the chips anew.
    running.evaluate("chip => { chip.removeAttribute('aria-description'); chip.append(new Comment()) }")
    expect(running).to_have_accessible_description("1 job")
    running.click()
    wait_on_page(page, lambda: "status=Running" in page.url, what="the address")
    studio.add(job("alpha two", "running"))
    wait_for_value(lambda: chips(page), counts | {"All": "3", "Running": "2"})
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(2)
    expect(running).to_have_accessible_description("2 jobs")
    page.locator(".st-key-q input").fill("")
    wait_for_value(lambda: chips(page), counts | {"All": "4", "Running": "2", "Failed": "1"})


def test_refresh_turns_while_a_list_is_fetched_and_not_with_reduced_motion(visit, page, studio):
    studio.add(job("slow one"))
    visit("/jobs")
    refresh = page.get_by_role("button", name="Refresh", exact=True)
    animation = "e => getComputedStyle(e.querySelector('[data-testid=stIconMaterial]')).animationName"
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    assert refresh.evaluate(animation) == "none"
    before, answered = refresh.bounding_box(), threading.Event()
    studio.jobs_answer = Answer([], hold=answered)
    refresh.click()
    expect(page.locator(".arkor-busy")).to_have_count(1)
    assert refresh.evaluate(animation) == "arkor-turn"
    assert refresh.bounding_box() == before
    page.emulate_media(reduced_motion="reduce")
    assert refresh.evaluate(animation) == "none"
    studio.jobs_answer = None
    answered.set()
    expect(page.locator(".arkor-busy")).to_have_count(0)


def test_a_button_with_an_icon_says_its_name_when_it_is_pointed_at_or_focused(visit, page, studio):
    studio.add(job("one"))
    visit("/jobs")
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    for name in ("Columns", "Export jobs as CSV", "Refresh"):
        button = page.get_by_role("button", name=name, exact=True)
        label = button.get_by_test_id("stMarkdownContainer")
        page.mouse.move(0, 0)
        expect(label).to_have_css("opacity", "0")
        button.hover()
        expect(label).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    focus(page.get_by_role("switch", name="Compare"))
    for name in ("Columns", "Export jobs as CSV", "Refresh"):
        page.keyboard.press("Tab")
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_focused()
        expect(button).to_have_css("outline-width", "2px")
        expect(button.get_by_test_id("stMarkdownContainer")).to_have_css("opacity", "1")


def test_on_a_phone_the_chips_are_one_row_that_scrolls_and_the_page_does_not(visit, page, studio):
    studio.add(job("one", "cancelled"))
    page.set_viewport_size({"width": 390, "height": 844})
    visit("/jobs")
    row = page.locator(".st-key-status").get_by_role("radiogroup")
    first, last = row.get_by_role("radio").first, row.get_by_role("radio").last
    expect(last).not_to_be_in_viewport()
    assert first.bounding_box()["y"] == last.bounding_box()["y"]
    last.scroll_into_view_if_needed()
    last.click()
    expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    wait_on_page(page, lambda: "status=Cancelled" in page.url, what="the address")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
