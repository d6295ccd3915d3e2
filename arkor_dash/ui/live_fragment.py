"""When the page of each viewer is drawn, by one interpreter for all."""

from __future__ import annotations

from threading import Lock

from arkor_dash.live.push import LOOK_S, Watch, watch
from arkor_dash.ui.browser import components

from . import session

DRAWING = Lock()
"""Held while a page is drawn, which takes a few milliseconds.

Streamlit draws for each viewer in a thread of its own, and wakes its event loop with each element. Each time the
thread lets go of the interpreter, and then waits for all others: of fifty viewers none gets anything, while a core is
busy with changing threads. Drawn in turn, all get theirs.
"""


def awake(kind: str, every_s: float = LOOK_S) -> Watch:
    """Have the fragment run again when there is something new; its drawing is to be left with the answer."""
    kept = session.watch_of(kind, lambda: watch(kind, every_s))
    components.wake(kept.token, key=f"wake_{kind}")
    return kept
