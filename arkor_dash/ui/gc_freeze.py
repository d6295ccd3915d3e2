"""Python's garbage collector, kept from looking through what stays for as long as the process."""

from __future__ import annotations

import gc


def set_aside() -> None:
    """Leave out of every later collection what is there now.

    To look through all that Streamlit, Plotly and pandas are made of takes ten times as long as to draw a page.
    """
    gc.collect()
    gc.freeze()
