"""The choices of the Compare page. The page's address holds them, so a shared link shows the same comparison."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from arkor_dash.charts.comparison import MAX_CHARTS
from arkor_dash.charts.setting_scatter import KINDS, LAST
from arkor_dash.protocol.fields import replace_surrogates
from arkor_dash.protocol.metric_names import LOSS, NAME_LIMIT
from arkor_dash.ui import session


def choose_metrics(names: Sequence[str]) -> list[str]:
    """The metrics that the viewer wants to see. If no run reports a loss, the first metric stands for it."""
    chosen = st.multiselect(
        "Metrics",
        _options([LOSS, *names], "metric"),
        default=[LOSS],
        key="metric",
        bind="query-params",
        max_selections=MAX_CHARTS,
        filter_mode="contains",
        select_all=False,
        placeholder="Choose metrics",
        label_visibility="collapsed",
        wrap=True,
    )
    return list(names[:1]) if chosen == [LOSS] and names and LOSS not in names else chosen


def choose_setting(names: Sequence[str]) -> str | None:
    """The setting of the scatter; by default the first one. None if there is none."""
    return _choose("Setting", "setting", names, names[0] if names else None)


def choose_result(names: Sequence[str], default: str | None) -> tuple[str | None, str]:
    """The metric of the scatter, by default that one, and which of its values is the result."""
    name = _choose("Result", "result", names, default)
    kind = st.segmented_control(
        "Value",
        KINDS,
        default=LAST,
        required=True,
        key="value",
        bind="query-params",
        width="content",
    )
    return name, kind or LAST


def _choose(label: str, key: str, names: Sequence[str], default: str | None) -> str | None:
    """One of the names. The default is no value of the field: it may be another one once more is known."""
    chosen = st.selectbox(
        label, _options(names, key), index=None, key=key, bind="query-params", placeholder=default or "None"
    )
    return chosen or default


def _options(names: Sequence[str], key: str) -> list[str]:
    """The names, and those that the address asks for: a run may not have reported them yet."""
    entered = session.entered(key)
    asked = [*st.query_params.get_all(key), *(entered if isinstance(entered, list) else [entered])]
    texts = [replace_surrogates(text) for text in asked if isinstance(text, str)]
    known = [text for text in texts if 0 < len(text) <= NAME_LIMIT][: 2 * MAX_CHARTS]
    return list(dict.fromkeys([*names, *known]))
