"""The token in the page that a Studio serves."""

from __future__ import annotations

from html.parser import HTMLParser

from arkor_dash.settings.formats import is_token
from arkor_dash.settings.secret import Secret
from arkor_dash.sources.http.exchange import fetch
from arkor_dash.sources.http.request import Request

NAME = "arkor-studio-token"
PAGE_LIMIT = 64 * 1024
TOKEN_LIMIT = 512


def page_token(base_url: str, server: str, timeout_s: float) -> Secret | None:
    """The token in the page at `base_url`; None if that page has none. The request holds no secret.

    `arkor dev` writes its token into its page, as `<meta name="arkor-studio-token" content="…">`. Any program can
    serve such a page, so the token may only be sent back to the same address.
    Raises: SourceError: there is no such page, or it has more than PAGE_LIMIT bytes.
    """
    request = Request(server, "GET", f"{base_url}/", {"Accept": "text/html"}, read_timeout_s=timeout_s)
    # Each piece that is not ASCII is replaced: a token is ASCII.
    text = fetch(request, body_timeout_s=timeout_s, limit=PAGE_LIMIT).decode("ascii", "replace")
    page = _Page()
    page.feed(text)
    token = page.token
    return Secret(token) if token is not None and is_token(token) and len(token) <= TOKEN_LIMIT else None


class _Page(HTMLParser):
    """`token` is the content of the first `<meta>` with the token's name; None if there is none."""

    token: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "meta" and self.token is None:
            values = dict(attrs)
            if values.get("name") == NAME:
                self.token = values.get("content")
