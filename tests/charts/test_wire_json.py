"""The JSON of a figure, compared with Plotly's own JSON."""

from __future__ import annotations

import numpy as np
import pytest

from arkor_dash.charts.curve import CurveOptions, View
from arkor_dash.charts.curve_figure import curve_figure, curve_figure_dict
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.metrics.losses import Losses
from arkor_dash.metrics.series import NO_POINTS, Series, Value

from .reports import loss_curve, losses_from

STEPS = np.arange(1.0, 5001.0)
VALUES = np.random.default_rng(7).normal(2.0, 0.3, len(STEPS))
LOSSES = {
    "none": losses_from(NO_POINTS),
    "a point": losses_from(Series(STEPS[:1], VALUES[:1])),
    "both": losses_from(
        Series(STEPS, VALUES),
        Series(STEPS[49::50].copy(), VALUES[49::50] + 1),
        Series(STEPS[:9] + 0.5, np.full(9, np.nan)),
    ),
    "vast": losses_from(Series(STEPS * 1e9, VALUES * 1e300)),
}
BEST = Value(150.0, float(VALUES[149] + 1))


@pytest.mark.parametrize(
    "options", [CurveOptions(), CurveOptions(smoothing=0.9, log_y=True, clip=True)], ids=["plain", "all"]
)
@pytest.mark.parametrize("losses", LOSSES.values(), ids=LOSSES)
def test_the_json_equals_that_of_plotly(losses: Losses, options: CurveOptions) -> None:
    curve = loss_curve(losses, View(width_px=400), options, checkpoints=(100.0, 200.0), best=BEST)
    ours, plotlys = wire_json(curve_figure_dict(curve, LIGHT)), curve_figure(curve, LIGHT).to_dict()
    # Plotly drops empty lists, and lists the types of the traces in the empty template.
    ours["layout"] = {key: value for key, value in ours["layout"].items() if value != []}
    plotlys["layout"]["template"] = {}
    assert ours == plotlys
