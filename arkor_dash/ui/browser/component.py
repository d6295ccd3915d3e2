"""Registers a browser component with Streamlit.

A component is used where Streamlit has no fitting element. It is part of the page's own DOM (it has no shadow root),
changes its nodes in place, and sets every text as text, never as HTML.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rjsmin
import streamlit as st

_SCRIPTS = Path(__file__).parent / "js"


def register(name: str, html: str, *before: str) -> Any:
    """The component whose script is `js/<name>.js`; the scripts `before` precede it."""
    js = script(*before, name)
    return st.components.v2.component(f"arkor_{name}", html=html, js=js, isolate_styles=False)


def script(*names: str) -> str:
    """The scripts of these names as one, minified, since Streamlit sends it with every update."""
    whole = "\n".join((_SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in names)
    return str(rjsmin.jsmin(whole))


def ignore() -> None:
    """A callback that does nothing: Streamlit returns a component's value only if it has a callback."""
