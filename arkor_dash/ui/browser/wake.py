"""Makes the browser listen for what is new on a page."""

from __future__ import annotations

from arkor_dash.live.push import PATH

from .component import ignore, register

_wake = register("wake", "<!-- -->", "live")


def listen_for_news(token: str | None, *, key: str) -> None:
    """Make the browser show what the server pushes, and run this fragment again whenever the server requests it.

    See `arkor_dash.live.server.wake`.

    Args: token: names the fragment to the server. None: the browser stops listening.
    """
    _wake(key=key, data={"token": token, "path": PATH}, on_news_change=ignore)
