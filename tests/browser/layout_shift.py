"""How much of a page moves while it is loaded. Source: the Layout Instability API, https://web.dev/articles/cls."""

from __future__ import annotations

from playwright.sync_api import Page

NOTE_SHIFTS = """
window.layoutShift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
"""The script of a page for `layout_shift`, from its beginning on."""
MOST_SHIFT = 0.05
"""How much may move: half of what counts as good."""


def layout_shift(page: Page) -> float:
    """The sum of all shifts so far, without those that follow an input."""
    shift: float = page.evaluate("window.layoutShift")
    return shift
