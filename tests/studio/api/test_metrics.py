"""The summaries of metrics, from a trainer's reports to the answer."""

from __future__ import annotations

from collections.abc import Callable

from arkor_dash.protocol.metric_names import NAME_LIMIT
from arkor_dash.protocol.metric_summaries import NAMES_ASKED
from tests.studio.process import StudioProcess

Launch = Callable[..., StudioProcess]
REPORTS = """
send(
    (1, "training.log", {"step": 1, "loss": 2.0, "a/b&c": 1, "lr": "4e-5"}),
    (2, "training.log", {"step": 2, "loss": 1.5, "evalLoss": "NaN"}),
    (3, "training.completed", {}),
)
"""


def test_the_metrics_of_a_run_are_listed_and_summarized(launch: Launch) -> None:
    studio = launch(trainer=REPORTS)
    job_id, _ = studio.train()
    assert studio.get("/api/metrics").json() == {"names": ["a/b&c", "eval_loss", "learning_rate", "loss"]}
    asked = {"name": ["a/b&c", "loss", "step", "learning_rate"]}
    assert studio.get("/api/metrics/summaries", params=asked).json()["metrics"] == {
        "a/b&c": {job_id: [1.0, 1.0, 1.0]},
        "loss": {job_id: [1.5, 1.5, 2.0]},
        "step": {job_id: [2.0, 1.0, 2.0]},
        "learning_rate": {job_id: [4e-5, 4e-5, 4e-5]},
    }
    assert studio.get("/api/metrics/summaries").json() == {"metrics": {}}
    longest = [NAME_LIMIT * chr(0x1F600 + number) for number in range(NAMES_ASKED)]
    for names, status in ((longest, 200), ([*longest, "one more"], 400)):
        assert studio.get("/api/metrics/summaries", params={"name": names}).status_code == status
