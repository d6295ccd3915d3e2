"""What a viewer sees in place of a part of the page that could not be drawn."""

from __future__ import annotations

import streamlit as st

from .text import paragraph

PAGE_ERROR = (
    "This part of the page can't be shown because of an unexpected error. Reload the page to try again. The server's "
    "log has the details."
)


def show_unexpected_error(_error: Exception) -> bool:
    """Show a sentence, with nothing of the error. Returns True: Streamlit, which has logged the error, shows nothing.

    Streamlit's own text would, by default, have the traceback and the paths of files on the server.
    """
    st.html(paragraph(PAGE_ERROR, "arkor-banner", tag="div", role="alert"))
    return True
