"""Links to files of any size, which are made and sent piece by piece when the viewer follows them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from arkor_dash.live.file_stream import FileLink, FileStream

from . import session

_links: session.VisitValue[dict[str, FileLink]] = session.VisitValue("file_links", {})


def file_link(label: str, key: str, make: Callable[[], FileStream]) -> None:
    """A link that downloads the file. `make` may raise an ArkorDashError.

    Args: key: names the link. A viewer has one link for each key.
    """
    link = _links.get().get(key)
    if link is None:
        link = FileLink(make)
        _links.set({**_links.get(), key: link})
    link.make = make
    address, text = escape(link.address), escape(label)
    st.html(f'<a class="arkor-file" href="{address}" download>{text}</a>', width="content")
