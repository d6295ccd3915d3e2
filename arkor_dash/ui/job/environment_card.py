"""The environment that a run has recorded: its command, code, libraries and machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

import streamlit as st

from arkor_dash.protocol.environment import Environment, Gpu
from arkor_dash.ui.browser.config_list import show_config
from arkor_dash.ui.text import paragraph


def environment_card(environment: Environment | None) -> None:
    """The card; nothing for a job that has recorded no environment."""
    values = [] if environment is None else environment_values(environment)
    if environment is None or not values:
        return
    as_json = json.dumps(environment.payload(), indent=2, ensure_ascii=False)
    with st.container(border=True, key="environment", gap="small"):
        st.html(paragraph("Environment", "arkor-heading", tag="h2"))
        show_config(values, as_json, key="environment_values", noun="environment")


def environment_values(environment: Environment) -> list[tuple[str, str]]:
    """Names and values to show, without those that are not known."""
    values = [
        ("Command", environment.command),
        ("Git commit", _code(environment)),
        ("Python", environment.python),
        ("Platform", environment.platform),
        ("CPU", _cpu(environment)),
        ("Memory", _size(environment.memory_bytes)),
        ("GPU", _gpus(environment.gpus)),
        *((library.name, library.version) for library in environment.libraries),
    ]
    return [(name, value) for name, value in values if value]


def _code(environment: Environment) -> str:
    has_changes = environment.commit and environment.has_changes
    return f"{environment.commit}, with changes" if has_changes else environment.commit


def _cpu(environment: Environment) -> str:
    count = "" if environment.cpus is None else f"{environment.cpus:,} × "
    return f"{count}{environment.cpu or 'CPU'}" if environment.cpu or count else ""


def _gpus(gpus: Iterable[Gpu]) -> str:
    """`2 × NVIDIA A100, 80 GiB`: equal GPUs once, with their number."""
    counted = Counter(gpus)
    return "; ".join(
        f"{f'{count:,} × ' if count > 1 else ''}{', '.join(filter(None, (gpu.name, _size(gpu.memory_bytes))))}"
        for gpu, count in counted.items()
    )


def _size(size_bytes: int | None) -> str:
    return "" if size_bytes is None else f"{round(size_bytes / 2**30, 1):,g} GiB"
