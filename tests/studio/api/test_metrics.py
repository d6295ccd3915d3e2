"""The summaries of metrics, from a trainer's reports to the answer."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import urlencode

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
        "loss": {job_id: [1.5, 1.5, 2.0, "2 1.5"]},
        "step": {job_id: [2.0, 1.0, 2.0]},
        "learning_rate": {job_id: [4e-5, 4e-5, 4e-5]},
    }
    assert studio.get("/api/metrics/summaries").json() == {"metrics": {}}
    longest = [NAME_LIMIT * chr(0x1F600 + number) for number in range(NAMES_ASKED)]
    for names, status in ((longest, 200), ([*longest, "one more"], 400)):
        assert studio.get("/api/metrics/summaries", params={"name": names}).status_code == status


def test_an_address_with_the_longest_names_may_arrive_in_pieces(launch: Launch) -> None:
    studio = launch()
    names = [NAME_LIMIT * chr(0x1F600 + number) for number in range(NAMES_ASKED)]
    lines = [
        f"GET /api/metrics/summaries?{urlencode([('name', name) for name in names])} HTTP/1.1",
        "Host: localhost",
        *(f"{name}: {value}" for name, value in studio.headers.items()),
        "Connection: close",
    ]
    with socket.socket() as wire:
        wire.settimeout(20)
        wire.connect(("127.0.0.1", int(studio.url.rpartition(":")[2])))
        request = "\r\n".join([*lines, "", ""]).encode()
        wire.sendall(request[:40_000])
        studio.get("/api/metrics")  # once this is answered, the first piece was read
        wire.sendall(request[40_000:])
        assert wire.recv(100).startswith(b"HTTP/1.1 200 ")
