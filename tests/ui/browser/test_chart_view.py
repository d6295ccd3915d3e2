"""The range in view that a browser reports."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.charts.curve import View
from arkor_dash.ui.browser.chart_view import DEFAULT_WIDTH_PX, MAX_WIDTH_PX, read_zoom, reported_view
from tests.charts.reports import figure_of
from tests.metrics.reports import losses_of

LOSSES = losses_of(*((step, 1 / step, 2.0 if step % 5 == 0 else None) for step in range(1, 100)))
NUMBERS = st.integers() | st.floats() | st.just(10**400) | st.booleans()
ANYTHING = st.recursive(
    st.none() | NUMBERS | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@pytest.mark.parametrize(
    ("reported", "view"),
    [
        ({"x": [1, 2.5], "width": 700}, View((1.0, 2.5), 700)),
        ({"x": None, "width": 700}, View(None, 700)),
        ({"x": [10**400, 1], "width": 10**9}, View((math.inf, 1.0), MAX_WIDTH_PX)),
        ({"x": [1], "width": 700}, View(None, 700)),
        ({"x": ["1", 2], "width": 700}, View(None, 700)),
        ({"x": [1, 2]}, View(None, DEFAULT_WIDTH_PX)),
        ([], View(None, DEFAULT_WIDTH_PX)),
        (None, View(None, DEFAULT_WIDTH_PX)),
    ],
)
def test_a_report_of_another_form_shows_the_whole_run(reported: object, view: View):
    assert reported_view(reported) == view


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("step_x_10_20.5", (10.0, 20.5)),
        ("step_x_10_20_y_1_2", (10.0, 20.0)),
        ("step_y_1_2", None),
        ("step_y_1_2_x_10_20", (10.0, 20.0)),
        ("step_x_20_10", None),
        ("epoch_x_1_2", None),
        ("step_x_1", None),
        ("step_x_one_2", None),
        ("step_x_nan_2", None),
        ("", None),
    ],
)
def test_the_range_in_the_address_is_that_of_the_x_axis(text: str, seen: tuple[float, float] | None):
    assert read_zoom(text, "step") == seen


@given(
    st.fixed_dictionaries({"x": st.lists(NUMBERS, max_size=3) | ANYTHING, "width": NUMBERS | ANYTHING})
    | ANYTHING
)
def test_a_chart_can_be_drawn_for_whatever_a_client_reports(reported: object):
    figure_of(LOSSES, reported_view(reported))
