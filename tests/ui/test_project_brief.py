"""What the Overview page says of a trainer's config."""

from __future__ import annotations

import pytest

from arkor_dash.ui.project_brief import brief


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, {}),
        (
            {"model": "m", "datasetSource": {"name": "d", "split": "train"}},
            {"Model": "m", "Dataset": "d (train)"},
        ),
        ({"maxSteps": 1200, "numTrainEpochs": 3}, {"Steps": "1,200"}),
        ({"total_steps": 10}, {"Steps": "10"}),
        ({"maxSteps": -1, "numTrainEpochs": 3}, {"Epochs": "3"}),
        ({"maxSteps": "many", "model": 3, "datasetSource": "d"}, {}),
        ({"model": "https://user:secret@models.example/m?sig=1"}, {"Model": "https://…@models.example/m?…"}),
    ],
)
def test_a_config_is_told_in_brief(config: dict[str, object], expected: dict[str, str]):
    assert dict(brief(config)) == expected
