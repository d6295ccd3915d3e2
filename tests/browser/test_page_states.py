"""What holds for every page in every state."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from .conftest import PATIENCE_MS
from .layout_shift import MOST_SHIFT, NOTE_SHIFTS, layout_shift
from .page_states import PageState, page_states

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[PageState]]:
    with page_states(tmp_path_factory.mktemp("states")) as states:
        yield states


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 900, "light"), (390, 844, "dark")])
def test_every_state_is_accessible_fits_its_window_and_loads_without_a_jump(
    browser: Browser, states: list[PageState], width, height, scheme
) -> None:
    with browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme) as context:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(NOTE_SHIFTS)
        page = context.new_page()
        faults = {}
        for state in states:
            _open_without_a_jump(page, state)
            if found := [*_axe_faults(page), *_layout_faults(page, width, state)]:
                faults[state.name] = found
    assert not faults, "\n".join(f"{name}: {fault}" for name, found in faults.items() for fault in found)


def _open_without_a_jump(page: Page, state: PageState) -> None:
    """Open the page until nothing moves, a few times at most.

    What the dashboard has yet to read moves a page once, and a busy machine now and then. A fault of the layout moves
    it each time.
    """
    for _ in range(4):
        state.open(page)
        if state.comes_later or layout_shift(page) < MOST_SHIFT:
            return


def _axe_faults(page: Page) -> Iterator[str]:
    """What axe finds, as the rule and the elements that break it."""
    for violation in Axe().run(page).response["violations"]:
        targets = "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:5])
        yield f"{violation['id']} ({violation['impact']}): {targets}"


def _layout_faults(page: Page, width: int, state: PageState) -> Iterator[str]:
    needed = page.evaluate("document.querySelector('.stMain').scrollWidth")
    if needed > width:
        yield f"is {needed} px wide"
    shift = layout_shift(page)
    if shift >= MOST_SHIFT and not state.comes_later:
        yield f"moves by {shift:.3f} while it loads"
