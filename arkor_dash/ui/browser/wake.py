"""Makes the browser listen for the server's requests to redraw."""

from __future__ import annotations

from arkor_dash.live.push import PATH

from .component import ignore, register

_wake = register("wake", "<!-- -->")


def listen_for_redraws(token: str | None, *, key: str) -> None:
    """Make the browser run this fragment again whenever the server requests it, see `arkor_dash.live.server.wake`.

    Args: token: names the fragment to the server. None: the browser stops listening.
    """
    _wake(key=key, data={"token": token, "path": PATH}, on_news_change=ignore)
