"""A contact sheet of every page in every state: `python -m tests.browser.sheet [FOLDER]`.

Writes a picture of each state, at three widths, light and dark, and `index.html`, which shows them all. The default
folder is `sheet`.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, expect, sync_playwright

from tests.waiting import PATIENCE_S

from .chromium import launch_chromium
from .page_states import PageState, page_states
from .reading import wait_for_frames

SIZES = ((1280, 900), (390, 844), (1920, 1080))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SETTLING_MS = 1500
"""Time for a page that is drawn to come to rest: fonts, the curve's first updates."""
STYLE = """
body { background: #888; font: 14px sans-serif; margin: 1rem; }
h2 { margin: 1.5rem 0 0.5rem; }
div { align-items: start; display: flex; gap: 0.75rem; }
img { height: 300px; }
"""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=1000 * PATIENCE_S)
    with TemporaryDirectory() as files, sync_playwright() as playwright, page_states(Path(files)) as states:
        browser = launch_chromium(playwright)
        for size in SIZES:
            for scheme in SCHEMES:
                _take_pictures(browser, states, size, scheme, folder)
        browser.close()
    (folder / "index.html").write_text(_index(states), encoding="utf-8")
    print(folder / "index.html")


def _take_pictures(
    browser: Browser,
    states: list[PageState],
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
    folder: Path,
) -> None:
    width, height = size
    with browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme) as context:
        context.set_default_timeout(1000 * PATIENCE_S)
        page = context.new_page()
        for state in states:
            state.open(page)
            page.wait_for_timeout(SETTLING_MS)
            wait_for_frames(page)
            page.screenshot(path=folder / _file(state, width, scheme))


def _file(state: PageState, width: int, scheme: str) -> str:
    return f"{re.sub(r'[^a-z]+', '-', state.name.lower())}-{width}-{scheme}.png"


def _index(states: list[PageState]) -> str:
    rows = "".join(f"<h2>{escape(state.name)}</h2><div>{_row(state)}</div>" for state in states)
    return f"<!doctype html><meta charset='utf-8'><title>Every state</title><style>{STYLE}</style>{rows}"


def _row(state: PageState) -> str:
    files = [_file(state, width, scheme) for width, _ in SIZES for scheme in SCHEMES]
    return "".join(f"<a href='{file}'><img src='{file}' alt='{file}' loading='lazy'></a>" for file in files)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "sheet"))
