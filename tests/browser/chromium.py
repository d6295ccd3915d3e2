"""The browser of the tests: Debian's headless Chromium, Playwright's, or a Chromium of this machine.

A Chromium with windows draws them as pages of its own, which costs as much CPU as the page under test.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

NO_CHROMIUM = (
    "no Chromium found: install Debian's `chromium-headless-shell`, or run `playwright install chromium`"
)
HEADLESS = "chromium-headless-shell"
WITH_WINDOWS = ("chromium", "chromium-browser", "google-chrome")


def launch_chromium(playwright: Playwright) -> Browser:
    """Raises: FileNotFoundError: there is no Chromium on this machine."""
    executable = shutil.which(HEADLESS)
    if executable is None and not Path(playwright.chromium.executable_path).exists():
        executable = next(filter(None, map(shutil.which, WITH_WINDOWS)), None)
        if executable is None:
            raise FileNotFoundError(NO_CHROMIUM)
    return playwright.chromium.launch(
        executable_path=executable,  # None: Playwright's own
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )
