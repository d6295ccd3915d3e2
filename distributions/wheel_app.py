"""Puts the Streamlit app into the wheel, below `arkor_dash/app/`.

The app's files are at the top level of the repository, where `streamlit run` and Streamlit Community Cloud look
for them. An editable install uses them there and gets no copy.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

APP_FILES = ("streamlit_app.py", "pages", "static", ".streamlit/config.toml")


class WheelApp(BuildHookInterface):  # type: ignore[type-arg]
    """A build hook of hatchling."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the app's files to a wheel; `version` is "standard" or "editable"."""
        if version == "standard":
            build_data["force_include"].update({name: f"arkor_dash/app/{name}" for name in APP_FILES})
