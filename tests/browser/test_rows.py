"""The rows component alone in the browser: which rows it keeps, and when it follows the newest one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from arkor_dash.ui.browser import component
from arkor_dash.ui.browser.row_cursor import NumberedRows, RowCursor
from arkor_dash.ui.browser.rows import HTML, SCRIPTS
from tests.waiting import wait_until

from .reading import wait_for_frames

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

SHOW = """async ([script, html, data, new_node]) => {
  window.rows ??= await import(URL.createObjectURL(new Blob([script], {type: "text/javascript"})));
  window.requests ??= [];
  const style = "<style>.arkor-rows {height: 100px; overflow: auto}</style>";
  if (new_node) document.body.innerHTML = `${style}<div id="here">${html}</div>`;
  const parentElement = document.querySelector("#here");
  window.rows.default({data, parentElement, setTriggerValue: (name, value) => window.requests.push(value)});
}"""
READ = """() => {
  const root = document.querySelector("#here .arkor-rows");
  return {
    rows: [...root.querySelectorAll("li")].map((row) => row.textContent),
    top: root.scrollTop,
    end: root.scrollHeight - root.clientHeight,
    requests: window.requests,
  };
}"""


@pytest.fixture
def show(page: Page) -> Callable[..., dict[str, Any]]:
    """Shows the next update of a list, in the node on the page or in a new one."""
    script = component.script(*SCRIPTS, "rows")

    def call(
        cursor: RowCursor, rows: list[Any], *, new_node: bool = False, limit: int = 1000
    ) -> dict[str, Any]:
        data = {
            "part": "rows",
            "view": f"view {cursor.restarts}",
            "list_id": cursor.list_id,
            "kind": "output",
            "label": "Output",
            "placeholder": "",
            "limit": limit,
            **cursor.next_update(NumberedRows(1, len(rows), 0, rows, is_open=True)),
        }
        page.evaluate(SHOW, [script, HTML, data, new_node])
        wait_for_frames(page)
        state: dict[str, Any] = page.evaluate(READ)
        return state

    return call


def wait_for_rows(page: Page, rows: list[str]) -> None:
    """Wait until these are all rows: old ones leave the page a moment after new ones have come."""
    wait_until(lambda: page.evaluate(READ)["rows"] == rows, what="the rows within the limit")


def lines(count: int) -> list[str]:
    return [f"line {number}" for number in range(count)]


def scroll(page: Page, top: int) -> None:
    """Scroll as a reader does, with the wheel, to `top` or the end of the list."""
    rows = page.locator(".arkor-rows")
    rows.hover()
    arrived = "(e, top) => e.scrollTop === Math.min(top, e.scrollHeight - e.clientHeight)"
    with stopped_clock(page):
        page.mouse.wheel(0, top - rows.evaluate("e => e.scrollTop"))
        wait_until(lambda: rows.evaluate(arrived, top), what="the place in the list")
        wait_for_frames(page)


@contextmanager
def stopped_clock(page: Page) -> Iterator[None]:
    """In this block no time passes for the list, so that a frame is never too late after its input."""
    page.evaluate("() => { const now = performance.now(); performance.now = () => now }")
    yield
    page.evaluate("() => { delete performance.now }")


def scroll_by_script(page: Page, top: int) -> None:
    """Scroll as a browser does by itself, without an input of the reader."""
    page.evaluate(
        "(top) => { document.querySelector('.arkor-rows').scrollTop = top }",
        top,
    )
    wait_for_frames(page)


def test_a_list_in_a_new_node_keeps_its_rows_and_scroll_position(show, page):
    cursor = RowCursor()
    show(cursor, lines(100), new_node=True)
    for count in range(101, 111):
        show(cursor, lines(count))
    scroll(page, 200)
    shown = show(cursor, lines(111), new_node=True)
    assert (shown["rows"], shown["top"], shown["requests"]) == (lines(111), 200, [])


def test_a_followed_list_is_followed_in_a_new_node(show):
    cursor = RowCursor()
    show(cursor, lines(100), new_node=True)
    shown = show(cursor, lines(120), new_node=True)
    assert (shown["rows"], shown["top"]) == (lines(120), shown["end"])


def test_a_list_is_followed_when_its_styles_arrive_late(show, page):
    cursor = RowCursor()
    show(cursor, lines(100), new_node=True)
    page.add_style_tag(content=".arkor-rows li { height: 60px }")
    shown = show(cursor, lines(100))
    assert shown["top"] == shown["end"] > 4000
    shown = show(cursor, lines(120))
    assert shown["top"] == shown["end"]


def test_a_list_that_is_sent_again_keeps_its_scroll_position(show, page):
    cursor = RowCursor()
    show(cursor, lines(100), new_node=True)
    scroll(page, 200)
    cursor.restart()
    shown = show(cursor, lines(150))
    assert (shown["rows"], shown["top"]) == (lines(150), 200)


def test_another_list_starts_at_its_end(show, page):
    show(RowCursor(), lines(100), new_node=True)
    scroll(page, 200)
    shown = show(RowCursor(), lines(50), new_node=True)
    assert (shown["rows"], shown["top"]) == (lines(50), shown["end"])


def test_a_list_that_missed_updates_requests_all_rows_until_they_arrive(show, page):
    cursor = RowCursor()
    show(cursor, lines(10), new_node=True)
    for count in range(20, 100, 10):
        cursor.next_update(NumberedRows(1, count, 0, lines(count)))
    shown = show(cursor, lines(100))
    assert (shown["rows"], len(shown["requests"])) == (lines(10), 1)
    page.wait_for_function("window.requests.length > 1")
    cursor.restart()
    assert show(cursor, lines(100))["rows"] == lines(100)


def test_older_rows_stay_beyond_the_limit_while_they_are_read(show, page):
    cursor = RowCursor()
    show(cursor, lines(100), new_node=True, limit=100)
    scroll(page, 200)
    shown = show(cursor, lines(150), limit=100)
    assert (shown["rows"][0], shown["top"]) == ("line 0", 200)
    scroll(page, 100_000)
    show(cursor, lines(160), limit=100)
    wait_for_rows(page, lines(160)[60:])


@pytest.mark.parametrize("pieces", [1, 7, 40])
def test_ten_thousand_rows_end_as_the_newest_within_the_limit(show, page, pieces):
    cursor = RowCursor()
    show(cursor, [], new_node=True, limit=500)
    for piece in range(1, pieces + 1):
        newest = lines(10_000 * piece // pieces)
        shown = show(cursor, newest, limit=500)
        assert len(shown["rows"]) <= 1000
        assert shown["rows"][-500:] == newest[-500:]
        assert shown["top"] == shown["end"] > 0
    wait_for_rows(page, newest[-500:])
    shown = page.evaluate(READ)
    assert shown["top"] == shown["end"] > 0


def test_a_list_that_loses_and_gets_as_many_rows_between_two_frames_follows_its_newest_row(show, page):
    cursor = RowCursor()
    page.evaluate("() => { window.setTimeout = (trim) => { window.trim = trim } }")
    show(cursor, lines(150), new_node=True, limit=100)
    page.evaluate(
        "() => { const { rows } = window; window.rows = { default: (_) => (trim(), rows.default(_)) } }"
    )
    shown = show(cursor, lines(200), limit=100)
    assert (shown["rows"], shown["top"]) == (lines(200)[50:], shown["end"])


def test_a_list_that_its_reader_did_not_scroll_follows_its_newest_row(show, page):
    cursor = RowCursor()
    show(cursor, lines(1000), new_node=True, limit=100)
    scroll_by_script(page, 10)
    shown = show(cursor, lines(1200), limit=100)
    assert (shown["rows"], shown["top"]) == (lines(1200)[-100:], shown["end"])


def test_a_list_that_is_moved_on_the_page_follows_its_newest_row(show, page):
    cursor = RowCursor()
    show(cursor, lines(100), new_node=True, limit=100)
    page.evaluate("() => document.body.append(document.querySelector('#here'))")
    wait_for_frames(page)
    shown = show(cursor, lines(400), limit=100)
    assert (shown["rows"], shown["top"]) == (lines(400)[-100:], shown["end"])


def test_a_list_that_is_hidden_for_a_while_follows_its_newest_row(show, page):
    cursor = RowCursor()
    show(cursor, lines(100), new_node=True, limit=100)
    page.evaluate("() => { document.querySelector('#here').style.display = 'none' }")
    show(cursor, lines(300), limit=100)
    page.evaluate("() => { document.querySelector('#here').style.display = '' }")
    wait_for_frames(page)
    shown = show(cursor, lines(300), limit=100)
    assert (shown["rows"], shown["top"]) == (lines(300)[-100:], shown["end"])


@pytest.mark.parametrize("key", ["ArrowUp", "PageUp", "Home"])
def test_a_list_that_is_scrolled_by_key_stays_where_it_is(show, page, key):
    cursor = RowCursor()
    end = show(cursor, lines(100), new_node=True)["end"]
    rows = page.locator(".arkor-rows")
    rows.evaluate("e => e.addEventListener('scrollend', () => { window.place = e.scrollTop })")
    with stopped_clock(page):
        rows.press(key)
        page.wait_for_function("end => window.place < end", arg=end)  # Chromium moves smoothly to there
    place = page.evaluate("window.place")
    assert show(cursor, lines(200))["top"] == place


def test_a_list_that_is_scrolled_while_the_pointer_is_down_stays_where_it_is(show, page):
    """Covers dragging a scrollbar. A headless browser has none, so the events are sent by script."""
    cursor = RowCursor()
    show(cursor, lines(100), new_node=True)
    rows = page.locator(".arkor-rows")
    rows.dispatch_event("pointerdown")
    page.wait_for_timeout(700)  # longer than a scroll counts as the reader's after a key or the wheel
    scroll_by_script(page, 200)
    assert show(cursor, lines(200))["top"] == 200
    rows.dispatch_event("pointerup")


def test_a_list_that_is_scrolled_back_to_its_end_drops_the_rows_beyond_the_limit(show, page):
    cursor = RowCursor()
    show(cursor, lines(100), new_node=True, limit=100)
    scroll(page, 200)
    show(cursor, lines(250), limit=100)
    scroll(page, 100_000)
    expect(page.locator(".arkor-rows li")).to_have_text(lines(250)[-100:])


SPANS = """() => [...document.querySelectorAll("#here li span")].map((span) => ({
  text: span.textContent,
  names: span.className,
  style: span.getAttribute("style"),
}))"""


def test_a_row_with_styles_has_a_span_for_each_styled_piece(show, page):
    shown = show(
        RowCursor(),
        ["plain", ["a ", ["red", 0, 1], " b ", ["all", 63, [0xFF, 0x1234], 0xABCDEF]]],
        new_node=True,
    )
    assert shown["rows"] == ["plain", "a red b all"]
    assert page.evaluate(SPANS) == [
        {"text": "red", "names": "arkor-ink-1", "style": None},
        {
            "text": "all",
            "names": "arkor-bold arkor-dim arkor-italic arkor-underline arkor-strike arkor-reverse",
            "style": "--ink: light-dark(#0000ff, #001234); --paper: #abcdef;",
        },
    ]


def test_what_a_row_holds_is_never_interpreted_as_html_or_css(show, page):
    css = "red; background: url(//evil.example)"
    html = "<img src=x onerror=alert(1)>"
    shown = show(
        RowCursor(),
        [
            [[html, css, css], [html, html, [css, {}], css], [html, 1e300, [None], -1], [html, [], -1, html]],
            html,
        ],
        new_node=True,
    )
    assert shown["rows"] == [html * 4, html]
    assert page.locator("#here img").count() == 0
    names = [span["names"] for span in page.evaluate(SPANS)]
    assert names == ["arkor-ink-0", "", "", "arkor-ink-15"]
    styles = [span["style"] for span in page.evaluate(SPANS)]
    assert "evil" not in str(styles)
    assert styles[2] == "--ink: light-dark(#000000, #000000); --paper: #ffffff;"


def test_a_last_row_can_lose_its_styles_and_get_others(show, page):
    cursor = RowCursor()

    def spans_of(row: object) -> list[str]:
        show(cursor, ["first", row], new_node=row == "10%")
        return [span["names"] for span in page.evaluate(SPANS)]

    assert spans_of("10%") == []
    assert spans_of([["10%", 0, 1]]) == ["arkor-ink-1"]
    assert spans_of([["10%", 0, 2]]) == ["arkor-ink-2"]
    assert spans_of("10%") == []
    assert spans_of([["10%", 0, 2]]) == ["arkor-ink-2"]
    assert page.evaluate(READ)["rows"] == ["first", "10%"]


def test_a_row_that_is_sent_again_keeps_its_nodes(show, page):
    cursor = RowCursor()
    rows = [[["red", 0, 1]], "plain"]
    show(cursor, rows, new_node=True)
    page.evaluate(
        "() => { window.nodes = [...document.querySelectorAll('#here li')].map((li) => li.firstChild) }"
    )
    show(cursor, rows)
    kept = (
        "() => window.nodes.every((node, i) => node === document.querySelectorAll('#here li')[i].firstChild)"
    )
    assert page.evaluate(kept)


def test_the_oldest_of_very_many_styled_rows_become_plain(show, page):
    cursor = RowCursor()
    rows = [[["x", 0, number % 8] for number in range(200)] for _ in range(300)]
    shown = show(cursor, rows, new_node=True)
    assert shown["rows"] == ["x" * 200] * 300
    assert page.evaluate(SPANS.replace("({", "1 || ({")) == [1] * 50_000
    assert page.locator("#here li").nth(49).locator("span").count() == 0
    assert page.locator("#here li").nth(50).locator("span").count() == 200
