"""Which metric of a job is shown large, and which groups are folded. The page's address holds both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from arkor_dash.protocol.metric_names import NAME_LIMIT
from arkor_dash.ui import session

LARGE, FOLDED = "metric", "folded"
"""The names of the two in the address."""
FOLDED_KEPT = 50


@dataclass(frozen=True, slots=True)
class MetricsView:
    """`large` is the name of a metric, `folded` are ids of groups.

    `number` is that of the newest choice of the browser that is included.
    """

    job_id: str
    large: str | None
    folded: tuple[str, ...]
    number: str = ""


_kept: session.VisitValue[MetricsView | None] = session.VisitValue("metrics_view", None)


def metrics_view(job_id: str, key: str) -> MetricsView:
    """The view as the viewer left it: first what the address says, then what the component with that key reports.

    The component writes the address. A message with a new address, as Streamlit sends it, gets lost when the next run
    begins, and can arrive after the viewer has gone back.
    """
    view = _kept.get()
    if view is None or view.job_id != job_id:
        view = _in_address(job_id)
    match session.reported(key).get("choice"):
        case {"large": str() | None as large, "folded": list(folded), "number": str(number)}:
            if number != view.number:
                view = MetricsView(job_id, large, _checked(folded), number)
    _kept.set(view)
    return view


def close_large() -> None:
    """Show no metric large."""
    kept = _kept.get()
    if kept is not None:
        _kept.set(replace(kept, large=None))


def _in_address(job_id: str) -> MetricsView:
    large = st.query_params.get(LARGE, "")
    return MetricsView(job_id, large[:NAME_LIMIT] or None, _checked(st.query_params.get_all(FOLDED)))


def _checked(folded: Sequence[object]) -> tuple[str, ...]:
    return tuple(each[:NAME_LIMIT] for each in folded[:FOLDED_KEPT] if isinstance(each, str))
