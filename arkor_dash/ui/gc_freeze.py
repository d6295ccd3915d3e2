"""Excludes the objects of the imported modules from Python's garbage collections."""

from __future__ import annotations

import gc


def freeze_imported_objects() -> None:
    """Exclude all objects that exist now from every later collection.

    A full collection visits every object of Streamlit, Plotly and pandas. That takes ten times as long as drawing
    a page.
    """
    gc.collect()
    gc.freeze()
