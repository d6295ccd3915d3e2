"""Which tab of a job's page is open, as the address and the browser say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st

from arkor_dash.ui.job.tabs import CONFIG, METRICS, OVERVIEW, TABS, _key, open_tab, switch_tab


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """The address of the page, and what the tabs have reported."""
    address: dict[str, str] = {}
    reported: dict[str, Any] = {}
    monkeypatch.setattr(st, "query_params", address)
    monkeypatch.setattr(st, "session_state", {_key("job_1"): reported})
    return address, reported


@pytest.mark.parametrize("named", [*TABS, "", "Metrics", "__proto__", "x" * 10_000, None])
def test_the_address_names_the_tab_and_anything_unknown_opens_the_first(
    browser: tuple[dict[str, str], dict[str, Any]], named: str | None
) -> None:
    browser[0].update({} if named is None else {"tab": named})
    assert open_tab("job_1").name == (named if named in TABS else OVERVIEW)


def test_a_choice_in_the_browser_counts_more_than_the_address(
    browser: tuple[dict[str, str], dict[str, Any]],
) -> None:
    address, reported = browser
    address["tab"] = METRICS
    reported["choice"] = {"open": CONFIG, "number": "1"}
    assert open_tab("job_1").name == CONFIG
    address["tab"] = "output"
    assert open_tab("job_1").name == CONFIG


@pytest.mark.parametrize("choice", [{}, {"open": 3, "number": "1"}, {"open": METRICS}, "metrics", None])
def test_a_report_of_another_form_changes_nothing(
    browser: tuple[dict[str, str], dict[str, Any]], choice: object
) -> None:
    browser[1]["choice"] = choice
    assert open_tab("job_1").name == OVERVIEW


def test_a_button_opens_another_tab_until_the_viewer_chooses_again(
    browser: tuple[dict[str, str], dict[str, Any]],
) -> None:
    browser[1]["choice"] = {"open": CONFIG, "number": "1"}
    open_tab("job_1")
    switch_tab(METRICS)
    assert open_tab("job_1").name == METRICS
    browser[1]["choice"] = {"open": OVERVIEW, "number": "2"}
    assert open_tab("job_1").name == OVERVIEW


def test_another_job_has_a_tab_of_its_own(browser: tuple[dict[str, str], dict[str, Any]]) -> None:
    browser[1]["choice"] = {"open": CONFIG, "number": "1"}
    open_tab("job_1")
    assert open_tab("job_2").name == OVERVIEW
