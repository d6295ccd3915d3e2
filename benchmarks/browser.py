"""A real Chromium, and measurements inside a page: when something was painted, and what it cost."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

TIMEOUT_MS = 120_000
TEXT = 1
"""The opcode of a text message on a websocket. Source: RFC 6455, section 5.2."""
KEEP_SOURCE_POSITIONS = "--js-flags=--no-enable-lazy-source-positions"
"""A flag with which plotly.js loads in 0.3 s instead of 0.7 s, as in a browser without a driver.

Playwright asks for the stack of every exception. plotly.js throws some while it loads, and V8 parses all of it again
for their stacks unless it has kept the source positions.
"""

PAGE_FUNCTIONS = """
// Unix milliseconds at which `test` was first true, once the frame that shows it was painted.
window.firstTrue = (test) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`not true in ten minutes: ${test}`)), 600_000);
  const check = () => {
    if (!test()) return requestAnimationFrame(check);
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.timeOrigin + performance.now());
    requestAnimationFrame(() => channel.port2.postMessage(0));
  };
  check();
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


NOTE_PAINTED = """
// When the row and the point of each step were painted, in Unix milliseconds.
window.painted = {rows: {}, points: {}};
// A frame paints what its animation callbacks have changed. What changes between two frames, the next one paints.
let inFrame = false;
const afterTask = (then) => {
  const channel = new MessageChannel();
  channel.port1.onmessage = then;
  channel.port2.postMessage(0);
};
const request = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (callback) => request((time) => {
  if (!inFrame) afterTask(() => (inFrame = false));
  inFrame = true;
  return callback(time);
});
const oncePainted = (then) => {
  const note = () => afterTask(() => then(performance.timeOrigin + performance.now()));
  if (inFrame) note();
  else requestAnimationFrame(note);
};
new MutationObserver((records) => {
  const rows = records.flatMap((record) => [...record.addedNodes]).filter((node) => node.matches?.("li"));
  if (rows.length) oncePainted((now) => {
    for (const row of rows) {
      const step = row.textContent.match(/step=(\\d+)/)?.[1];
      if (step) window.painted.rows[step] ??= now;
    }
  });
}).observe(document.querySelector(".st-key-event_log"), {childList: true, subtree: true});
let last = window.lastStep();
new MutationObserver(() => {
  const first = last + 1;
  last = Math.max(last, window.lastStep());
  const drawn = last;
  if (drawn >= first) oncePainted((now) => {
    for (let step = first; step <= drawn; step++) window.painted.points[step] = now;
  });
}).observe(document.querySelector(".arkor-plot"), {attributeFilter: ["d"], subtree: true, childList: true});
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium: the system's, else Playwright's."""
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = playwright.chromium.launch(
            executable_path=found
            or (None if Path(playwright.chromium.executable_path).exists() else "chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", KEEP_SOURCE_POSITIONS],
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page with an empty browser cache and the JavaScript functions of `PAGE_FUNCTIONS`."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(PAGE_FUNCTIONS)
    try:
        yield context.new_page()
    finally:
        context.close()


def line_drawn_ms(page: Page, step: int) -> float:
    """When the loss line was painted up to that step, in Unix milliseconds."""
    at: float = page.evaluate(f"window.firstTrue(() => window.lastStep() >= {step})")
    return at


def navigation_ms(page: Page) -> float:
    """When the navigation to the page began, in Unix milliseconds."""
    at: float = page.evaluate("performance.timeOrigin")
    return at


@dataclass
class Costs:
    """The main thread's CPU time of a page, and the bytes that it receives, since `restart`."""

    cdp: CDPSession
    bytes_in: int = 0
    _busy_s: list[tuple[float, float]] = field(default_factory=list)

    def restart(self) -> None:
        """Start counting from zero."""
        self.bytes_in = 0
        self._busy_s.clear()
        self.mark()

    def mark(self) -> None:
        """Record the time and the main thread's CPU time; the properties are between the first and the last mark."""
        metrics = self.cdp.send("Performance.getMetrics")["metrics"]
        values = {each["name"]: each["value"] for each in metrics}
        self._busy_s.append((values["Timestamp"], values["TaskDuration"]))

    @property
    def main_thread_percent(self) -> float:
        (start, before), (end, after) = self._busy_s[0], self._busy_s[-1]
        return 100 * (after - before) / (end - start)

    @property
    def bytes_per_s(self) -> float:
        return self.bytes_in / (self._busy_s[-1][0] - self._busy_s[0][0])

    def message(self, event: dict[str, Any]) -> None:
        """Count a message of any of the page's websockets."""
        response = event["response"]
        payload: str = response["payloadData"]
        is_text = response["opcode"] == TEXT
        self.bytes_in += len(payload.encode() if is_text else base64.b64decode(payload))

    def body(self, event: dict[str, Any]) -> None:
        """Count a part of the answer to a request."""
        self.bytes_in += event["dataLength"]


def costs(page: Page) -> Costs:
    """Start to count the costs of the page."""
    cdp = page.context.new_cdp_session(page)
    found = Costs(cdp)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})  # CPU time, whatever else is running
    cdp.send("Network.enable")
    cdp.on("Network.webSocketFrameReceived", found.message)
    cdp.on("Network.dataReceived", found.body)
    return found
