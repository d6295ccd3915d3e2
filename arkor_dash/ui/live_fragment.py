"""Fragments that are drawn again when their data change, and the lock under which they are drawn."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from arkor_dash.live.push import PageWatch
from arkor_dash.ui.browser.wake import listen_for_news

from . import session

draw_lock = Lock()
"""Held while one viewer's page is drawn, so that one page is drawn at a time.

Streamlit draws each viewer's page in a thread of its own. If fifty threads draw at once, the interpreter is busy with
switching between them and every page is late. One after the other, each page takes a few milliseconds.

Only computing and calls of Streamlit belong under the lock. Code that waits (for the network, a disk, another thread)
would delay the pages of all viewers.
"""


def watch_fragment(kind: str, *, active: bool = True) -> PageWatch:
    """Have the browser listen for what is new, and run the fragment again when the server asks for it.

    The fragment has to call `drawn` of the returned watch once it is drawn.

    Args: kind: a name for the fragment. active: False if the data won't change any more; the browser then stops
        listening.
    """
    fragment_watch = session.page_watch(kind)
    listen_for_news(fragment_watch.token if active else None, key=f"wake_{kind}")
    return fragment_watch


def is_connected() -> Callable[[], bool]:
    """A thread-safe function that returns whether the viewer's browser is connected."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: False
    server, session_id = runtime.get_instance(), context.session_id
    return lambda: server.is_active_session(session_id)
