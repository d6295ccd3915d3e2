"""Where the focus goes after a click, for those who use the keyboard."""

from __future__ import annotations

from .component import register

_focus = register("focus", "<!-- -->")


def focus_after_click(button: str, target: str) -> None:
    """After a click on the button, focus what can be scrolled in the container `target` once it is on the page.

    The focus stays where it is if the viewer has pressed a key, scrolled or clicked in the meantime. Call this on
    each run of the page, also before the target is there. Args: the element keys of the two.
    """
    _focus(key=f"focus_{button}", data={"button": button, "target": target})
