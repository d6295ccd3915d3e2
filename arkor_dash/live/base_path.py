"""The path that the app is served under, Streamlit's option `server.baseUrlPath`."""

from __future__ import annotations


def below(base_path: str, path: str) -> str:
    """The path of a route of the app. As in Streamlit's own routes, slashes around `base_path` don't count."""
    base = base_path.strip("/")
    return f"/{base}/{path}" if base else f"/{path}"
