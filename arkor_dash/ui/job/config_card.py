"""The config of a job: every value, also those of inner objects."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from arkor_dash.protocol.fields import replace_surrogates, shortened
from arkor_dash.protocol.jobs import Job, config_texts, shown_config
from arkor_dash.ui.browser.config_list import show_config
from arkor_dash.ui.text import heading_with_note, paragraph

VALUES_LIMIT = 2_000
NAME_LIMIT = 200
TEXT_LIMIT = 20_000
"""Characters of a value that the browser gets. The limits concern other servers: our Studio takes 64 KiB."""
JSON_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class ShownConfig:
    """The names and values to show, the whole config as JSON ("" if it is too large), and the number of values."""

    values: list[tuple[str, str]]
    json: str
    count: int


_shown: deque[tuple[Mapping[str, object], ShownConfig]] = deque(maxlen=8)
"""The latest configs that were shown: a live page is drawn often, and its config stays the same object."""


def config_card(job: Job | None) -> None:
    """The card, or that the job has no config."""
    if job is None or not job.config:
        with st.container(border=True, key="config"):
            st.html(heading_with_note("Config", ""))
            st.html(paragraph("This job has no config.", "arkor-empty", role="status"))
        return
    shown = _latest(job.config)
    listed = len(shown.values)
    note = f"{shown.count:,} {'value' if shown.count == 1 else 'values'}"
    if listed < shown.count:
        note = f"the first {listed:,} of {note}"
    with st.container(border=True, key="config", gap="small"):
        st.html(heading_with_note("Config", note))
        show_config(shown.values, shown.json, key="config_values")


def _latest(config: Mapping[str, object]) -> ShownConfig:
    known = next((shown for kept, shown in tuple(_shown) if kept is config), None)
    if known is None:
        known = config_shown(config)
        _shown.append((config, known))
    return known


def config_shown(config: Mapping[str, object]) -> ShownConfig:
    """The config as the card shows it. Its addresses are as everywhere on the pages, see `protocol/addresses`."""
    safe = shown_config(config)
    values = config_texts(safe)
    text = replace_surrogates(json.dumps(safe, indent=2, ensure_ascii=False))
    listed = [
        (replace_surrogates(shortened(name, NAME_LIMIT)), replace_surrogates(shortened(value, TEXT_LIMIT)))
        for name, value in values[:VALUES_LIMIT]
    ]
    return ShownConfig(listed, text if len(text) <= JSON_LIMIT else "", len(values))
