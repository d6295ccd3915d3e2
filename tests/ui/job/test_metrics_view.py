"""Which metric is large and which groups are folded, as the address and the browser say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st

from arkor_dash.protocol.metric_names import NAME_LIMIT
from arkor_dash.ui.job.metrics_view import FOLDED_KEPT, close_large, metrics_view


class Address(dict[str, Any]):
    """As `st.query_params`: a parameter can have several values."""

    def get_all(self, name: str) -> list[str]:
        value = super().get(name, [])
        return value if isinstance(value, list) else [value]

    def get(self, name: str, default: Any = None) -> Any:
        value = super().get(name, default)
        return value[-1] if isinstance(value, list) and value else value


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Address, dict[str, Any]]]:
    """The address of the page, and what the component has reported."""
    address, reported = Address(), {}
    state: dict[str, Any] = {"metrics": reported}
    monkeypatch.setattr(st, "query_params", address)
    monkeypatch.setattr(st, "session_state", state)
    return address, reported


def test_the_address_decides_until_the_viewer_chooses(browser: tuple[Address, dict[str, Any]]) -> None:
    address, reported = browser
    address |= {"id": "job_1", "metric": "kl", "folded": ["eval", "/"]}
    view = metrics_view("job_1", "metrics")
    assert (view.large, view.folded) == ("kl", ("eval", "/"))

    reported["choice"] = {"large": None, "folded": ["eval"], "number": "1"}
    view = metrics_view("job_1", "metrics")
    assert (view.large, view.folded) == (None, ("eval",))


def test_a_chart_that_was_closed_stays_closed(browser: tuple[Address, dict[str, Any]]) -> None:
    reported = browser[1]
    reported["choice"] = {"large": "kl", "folded": [], "number": "1"}
    assert metrics_view("job_1", "metrics").large == "kl"
    close_large()
    assert metrics_view("job_1", "metrics").large is None


def test_another_job_has_a_view_of_its_own(browser: tuple[Address, dict[str, Any]]) -> None:
    browser[0]["metric"] = "kl"
    metrics_view("job_1", "metrics")
    del browser[0]["metric"]
    assert metrics_view("job_2", "other").large is None


@pytest.mark.parametrize(
    "choice",
    [
        None,
        [],
        {},
        {"large": 1, "folded": [], "number": "1"},
        {"large": "kl", "folded": "eval", "number": "1"},
        {"large": "kl", "folded": [], "number": 1},
    ],
)
def test_a_report_of_another_form_changes_nothing(
    browser: tuple[Address, dict[str, Any]], choice: object
) -> None:
    browser[1]["choice"] = choice
    view = metrics_view("job_1", "metrics")
    assert (view.large, view.folded) == (None, ())


def test_what_is_kept_of_the_folded_groups_is_bounded(browser: tuple[Address, dict[str, Any]]) -> None:
    folded = [3, "x" * 10_000, *map(str, range(1_000))]
    browser[1]["choice"] = {"large": None, "folded": folded, "number": "1"}
    view = metrics_view("job_1", "metrics")
    assert len(view.folded) < FOLDED_KEPT
    assert max(map(len, view.folded)) == NAME_LIMIT
