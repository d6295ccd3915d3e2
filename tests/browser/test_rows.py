"""The growing list in the browser, on its own: what it keeps when the page around it is drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from arkor_dash.ui.browser import components
from arkor_dash.ui.browser.row_cursor import Cursor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

CALL = """async ([script, html, data, fresh]) => {
  window.rows ??= await import(URL.createObjectURL(new Blob([script], {type: "text/javascript"})));
  window.asked ??= [];
  if (fresh) document.body.innerHTML = `<style>.arkor-rows {overflow: auto}</style><div id="here">${html}</div>`;
  const parentElement = document.querySelector("#here");
  window.rows.default({data, parentElement, setTriggerValue: (name, value) => window.asked.push(value)});
  await new Promise((done) => setTimeout(done, 50));  // scroll events come with the next frame
  const root = parentElement.querySelector(".arkor-rows");
  return {
    rows: [...root.querySelectorAll("li")].map((row) => row.textContent),
    top: root.scrollTop,
    end: root.scrollHeight - root.clientHeight,
    asked: window.asked,
  };
}"""


@pytest.fixture
def show(page: Page) -> Callable[..., dict[str, Any]]:
    """Shows the next part of a list in the node of the page, or in a fresh one in its place."""
    script = (components._SCRIPTS / "rows.js").read_text(encoding="utf-8")

    def call(cursor: Cursor, rows: list[str], *, fresh: bool = False, limit: int = 1000) -> dict[str, Any]:
        part = cursor.part("generation", 0, rows)
        data = {
            "list_id": part.list_id,
            "generation": part.generation,
            "head": part.head,
            "start": part.start,
            "total": part.total,
            "rows": list(part.rows),
            "kind": "output",
            "label": "Output",
            "placeholder": "",
            "limit": limit,
            "height": 100,
        }
        state: dict[str, Any] = page.evaluate(CALL, [script, components._ROWS_HTML, data, fresh])
        return state

    return call


def lines(count: int) -> list[str]:
    return [f"line {number}" for number in range(count)]


def scroll(page: Page, top: int) -> None:
    page.evaluate(
        "async (top) => { document.querySelector('.arkor-rows').scrollTop = top;"
        " await new Promise((done) => setTimeout(done, 50)) }",
        top,
    )


def test_a_list_in_a_fresh_node_keeps_its_rows_and_how_far_it_was_scrolled(show, page):
    cursor = Cursor()
    show(cursor, lines(100), fresh=True)
    for count in range(101, 111):
        show(cursor, lines(count))
    scroll(page, 200)
    shown = show(cursor, lines(111), fresh=True)
    assert (shown["rows"], shown["top"], shown["asked"]) == (lines(111), 200, [])


def test_a_list_that_is_followed_is_followed_in_a_fresh_node_too(show):
    cursor = Cursor()
    show(cursor, lines(100), fresh=True)
    shown = show(cursor, lines(120), fresh=True)
    assert (shown["rows"], shown["top"]) == (lines(120), shown["end"])


def test_a_list_is_followed_though_its_styles_come_after_it(show, page):
    cursor = Cursor()
    show(cursor, lines(100), fresh=True)
    page.add_style_tag(content=".arkor-rows li { height: 60px }")
    shown = show(cursor, lines(100))
    assert shown["top"] == shown["end"] > 4000
    shown = show(cursor, lines(120))
    assert shown["top"] == shown["end"]


def test_a_list_that_is_sent_once_more_keeps_how_far_it_was_scrolled(show, page):
    cursor = Cursor()
    show(cursor, lines(100), fresh=True)
    scroll(page, 200)
    cursor.restart()
    shown = show(cursor, lines(150))
    assert (shown["rows"], shown["top"]) == (lines(150), 200)


def test_another_list_begins_at_its_own_end(show, page):
    show(Cursor(), lines(100), fresh=True)
    scroll(page, 200)
    shown = show(Cursor(), lines(50), fresh=True)
    assert (shown["rows"], shown["top"]) == (lines(50), shown["end"])


def test_a_list_whose_updates_were_passed_over_asks_for_the_whole_until_it_comes(show, page):
    cursor = Cursor()
    show(cursor, lines(10), fresh=True)
    for count in range(20, 100, 10):
        cursor.part("generation", 0, lines(count))
    shown = show(cursor, lines(100))
    assert (shown["rows"], len(shown["asked"])) == (lines(10), 1)
    page.wait_for_function("window.asked.length > 1")
    cursor.restart()
    assert show(cursor, lines(100))["rows"] == lines(100)


def test_a_reader_of_older_rows_does_not_lose_them_to_the_limit(show, page):
    cursor = Cursor()
    show(cursor, lines(100), fresh=True, limit=100)
    scroll(page, 200)
    shown = show(cursor, lines(150), limit=100)
    assert (shown["rows"][0], shown["top"]) == ("line 0", 200)
    scroll(page, 100_000)
    assert show(cursor, lines(160), limit=100)["rows"] == lines(160)[60:]
