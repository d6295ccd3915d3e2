"""Tabs over one panel, whose content a run of the page's script draws when another tab is opened.

Streamlit's own tabs have their labels in the address, and close when a label changes, such as one with a count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from .component import ignore, register

PARAMETER = "tab"
"""Names the open tab in the page's address. The first tab has no parameter."""
_tabs = register("tabs", '<div class="arkor-tabs" role="tablist"></div>', "live", "address")


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab. `id` names it in the address. `count` stands behind the label unless it is None."""

    id: str
    label: str
    count: int | None = None


def show_tabs(tabs: Sequence[Tab], open_id: str, *, key: str, number: str, panel: str, label: str) -> None:
    """Show the tabs.

    The component's state `choice` becomes `{"open": id, "number": text}` when the viewer opens a tab.

    Args:
        number: that of the newest choice that `open_id` follows.
        panel: the key of the container with the content of the open tab.
        label: the name of the tabs, for screen readers.
    """
    _tabs(
        key=key,
        data={
            "tabs": [
                {**asdict(tab), "count": None if tab.count is None else f"{tab.count:,}"} for tab in tabs
            ],
            "open": open_id,
            "number": number,
            "panel": panel,
            "label": label,
            "parameter": PARAMETER,
        },
        on_choice_change=ignore,
    )
