"""The rows of the statistics card."""

from __future__ import annotations

import numpy as np

from arkor_dash.metrics.series import Series
from arkor_dash.metrics.statistics_table import summary_rows


def test_every_row_has_a_meaning() -> None:
    steps = np.arange(1.0, 2001)
    rows = summary_rows(Series(steps, 5 - steps / 1000))
    assert [row.label for row in rows] == [
        "Mean loss ± 95% CI",
        "Std dev",
        "Variance",
        "p90",
        "p95",
        "95% CI, autocorrelated",
        "Effective samples",
        "Minimum",
        "Slope per 1,000 steps",
    ]
    assert all(row.meaning.endswith(".") for row in rows)
    texts = {row.label: row.text for row in rows}
    assert texts["Minimum"] == "3.0000 at step 2,000"
    assert texts["Slope per 1,000 steps"].startswith("-1.0000 ± ")


def test_statistics_that_one_point_does_not_have_are_not_available() -> None:
    texts = {row.label: row.text for row in summary_rows(Series(np.array([3.0]), np.array([0.5])))}
    assert (
        texts["95% CI, autocorrelated"]
        == texts["Effective samples"]
        == texts["Slope per 1,000 steps"]
        == "N/A"
    )
    assert texts["Minimum"] == "0.5000 at step 3"
