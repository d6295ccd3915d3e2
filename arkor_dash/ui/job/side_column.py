"""The column beside the tabs of a job's page: its metadata, and its environment and artifacts in brief."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import streamlit as st

from arkor_dash.live.feed.artifacts import SavedArtifact
from arkor_dash.protocol.environment import Environment
from arkor_dash.protocol.sizes import size_text
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.text import heading_with_note, paragraph

from .artifacts_card import artifact_counts, shown_name
from .environment_card import environment_card, environment_values
from .job_now import JobNow
from .metadata_card import metadata_card
from .tabs import ARTIFACTS, CONFIG, tab_button

ARTIFACTS_SHOWN = 3
COMMIT_DIGITS = 10
_BRIEFLY = ("Git commit", "Python", "GPU")
"""The values of the environment that differ most often from run to run."""


def side_column(parts: LiveParts[JobNow], tab: str) -> None:
    """The cards. Those for which there is nothing yet come below the others, so that nothing moves.

    The Config tab has the whole environment beside it. What the tab itself shows is left out.
    """
    metadata_card(parts)
    feed = parts.now.feed
    if tab == CONFIG:
        environment_card(feed.environment)
    elif feed.environment is not None:
        _environment(feed.environment)
    if feed.artifacts and tab != ARTIFACTS:
        with st.container(border=True, key="artifacts_brief", gap="xsmall"):
            _artifacts(feed.artifacts[::-1])


def _environment(environment: Environment) -> None:
    with st.container(border=True, key="environment_brief", gap="xsmall"):
        st.html(paragraph("Environment", "arkor-heading", tag="h2"))
        if values := list(_in_brief(environment)):
            st.html(_facts(values))
        tab_button("Whole environment", CONFIG)


def _in_brief(environment: Environment) -> Iterator[tuple[str, str]]:
    for name, value in environment_values(environment):
        if name in _BRIEFLY:
            commit = environment.commit
            yield name, value.replace(commit, commit[:COMMIT_DIGITS]) if commit else value


def _artifacts(newest_first: Sequence[SavedArtifact]) -> None:
    st.html(heading_with_note("Artifacts", artifact_counts(newest_first)))
    st.html(
        _facts(
            [
                (shown_name(each), "–" if each.size_bytes is None else size_text(each.size_bytes))
                for each in newest_first[:ARTIFACTS_SHOWN]
            ],
            "arkor-files",
        )
    )
    tab_button("All artifacts", ARTIFACTS)


def _facts(values: Sequence[tuple[str, str]], class_name: str = "") -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in values)
    return f'<dl class="arkor-facts {class_name}">{rows}</dl>'
