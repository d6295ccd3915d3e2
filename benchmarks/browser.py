"""A real Chromium, and what its pages say of themselves: when something came to be seen, and what it cost."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE_MS = 120_000
TEXT = 1
"""The kind of a websocket's message, RFC 6455, 5.2."""
AS_UNWATCHED = "--js-flags=--no-enable-lazy-source-positions"
"""Playwright asks for the stack of every exception. plotly.js throws some as it loads, and for their stacks V8 parses
its 4.8 MB once more, unless it has kept the positions: it takes 0.7 s. Unwatched it takes 0.3 s, and so with this."""

SEEN = """
// Unix milliseconds at which `test` was first true, once the frame that shows it was painted.
window.seen = (test) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`not seen in ten minutes: ${test}`)), 600_000);
  const look = () => {
    if (!test()) return requestAnimationFrame(look);
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.timeOrigin + performance.now());
    requestAnimationFrame(() => channel.port2.postMessage(0));
  };
  look();
});
window.unixMs = (event) => performance.timeOrigin + event.timeStamp;
window.startedAt = {};
for (const kind of ["click", "input"])
  addEventListener(kind, (event) => (window.startedAt[kind] = window.unixMs(event)), true);
// The last step of the loss line that is drawn; -Infinity while there is none.
window.lastStep = () => {
  const plot = document.querySelector(".arkor-plot");
  if (!plot?.querySelector("path.js-line")?.getAttribute("d")) return -Infinity;
  return Math.max(...plot._fullData.filter((trace) => trace.mode !== "none").map((trace) => trace.x.at(-1)));
};
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium: Debian's, or Playwright's own."""
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = playwright.chromium.launch(
            executable_path=found
            or (None if Path(playwright.chromium.executable_path).exists() else "chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", AS_UNWATCHED],
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that has nothing in its cache. It has the functions of `SEEN`."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(SEEN)
    try:
        yield context.new_page()
    finally:
        context.close()


def line_drawn_ms(page: Page, step: int) -> float:
    """When a loss line up to that step at least had been painted, in Unix milliseconds."""
    at: float = page.evaluate(f"window.seen(() => window.lastStep() >= {step})")
    return at


def navigation_ms(page: Page) -> float:
    """When the page's navigation began, in Unix milliseconds."""
    at: float = page.evaluate("performance.timeOrigin")
    return at


@dataclass
class Costs:
    """What a page costs while it is watched: its main thread, and what its websockets bring."""

    cdp: CDPSession
    bytes_in: int = 0
    ticks: int = 0
    _busy_s: list[tuple[float, float]] = field(default_factory=list)

    def restart(self) -> None:
        """Count from now on."""
        self.bytes_in = self.ticks = 0
        self._busy_s.clear()
        self.mark()

    def mark(self) -> None:
        """Note the main thread's work so far; the share is between the first mark and the last."""
        metrics = self.cdp.send("Performance.getMetrics")["metrics"]
        values = {each["name"]: each["value"] for each in metrics}
        self._busy_s.append((values["Timestamp"], values["TaskDuration"]))

    @property
    def main_thread_percent(self) -> float:
        (start, before), (end, after) = self._busy_s[0], self._busy_s[-1]
        return 100 * (after - before) / (end - start)

    def received(self, frame: dict[str, Any]) -> None:
        response = frame["response"]
        if response["opcode"] == TEXT:  # from the socket by which the server wakes a page
            self.bytes_in += len(response["payloadData"])
            return
        payload = base64.b64decode(response["payloadData"])
        self.bytes_in += len(payload)
        self.ticks += ForwardMsg.FromString(payload).WhichOneof("type") == "script_finished"

    @property
    def bytes_per_tick(self) -> float:
        return self.bytes_in / self.ticks


def costs(page: Page) -> Costs:
    """Begin to count what the page costs."""
    cdp = page.context.new_cdp_session(page)
    found = Costs(cdp)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})  # CPU time, whatever else is running
    cdp.send("Network.enable")
    cdp.on("Network.webSocketFrameReceived", found.received)
    return found
