"""The browser of the tests: Debian's Chromium, or Playwright's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

NO_CHROMIUM = "no Chromium found: install Debian's `chromium`, or run `playwright install chromium`"
NAMES = ("chromium", "chromium-browser", "google-chrome")


def launch_chromium(playwright: Playwright) -> Browser:
    """Raises: FileNotFoundError: there is no Chromium on this machine."""
    own = playwright.chromium.executable_path
    executable = next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else None)
    if executable is None:
        raise FileNotFoundError(NO_CHROMIUM)
    return playwright.chromium.launch(
        executable_path=executable,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )
