"""What a run records about itself is kept, but is neither in the event log nor a sign that the training goes on."""

from __future__ import annotations

import random

import pytest

from arkor_dash.live.feed import FeedSnapshot, Interrupted, end_of_stream
from arkor_dash.live.feed.state import FeedState
from arkor_dash.sources import Frame

START_S = 1_795_428_000.0
START, LOG, SYSTEM, ENVIRONMENT = (f"training.{name}" for name in ("started", "log", "system", "environment"))


class Stream:
    """A feed that receives numbered events, each at the time when it was sent."""

    def __init__(self) -> None:
        self.now_s = START_S
        self.state = FeedState("job_1", 20.0, lambda: self.now_s, random.Random(0))
        self.number = 0
        self.connect()

    def connect(self) -> None:
        self.state.connecting()
        self.state.connection_opened()

    def send(self, name: str, after_s: float, fields: str = "", number: int | None = None) -> None:
        self.number = self.number + 1 if number is None else number
        self.now_s = START_S + after_s
        data = f'{{"timestamp": {self.now_s}{fields and ", "}{fields}}}'
        self.state.frames_received([Frame(str(self.number), name, data)], None)

    def run(self) -> FeedSnapshot:
        self.send(START, 0)
        self.send(ENVIRONMENT, 1, '"python": "3.12.1"')
        self.send(LOG, 20, '"step": 1, "loss": 2')
        for after_s in (21, 31.5, 41):
            self.send(SYSTEM, after_s, f'"system/cpu_percent": {after_s * 2}')
        return self.state.snapshot()


def test_the_environment_and_the_use_of_the_machine_are_kept() -> None:
    snapshot = Stream().run()
    assert snapshot.environment is not None
    assert snapshot.environment.python == "3.12.1"
    cpu = snapshot.system.finite("system/cpu_percent")
    assert (cpu.steps.tolist(), cpu.values.tolist()) == ([21, 31.5, 41], [42, 63, 82])
    assert snapshot.system.at_ms.tolist() == [1000 * (START_S + after_s) for after_s in (21, 31.5, 41)]


def test_they_are_not_in_the_event_log_and_not_among_the_metrics_of_the_training() -> None:
    snapshot = Stream().run()
    assert [(row.number, row.name) for row in snapshot.log] == [(1, START), (2, LOG)]
    assert (snapshot.events, snapshot.unlogged, snapshot.malformed) == (2, 4, 0)
    assert list(snapshot.metrics.metrics) == ["loss"]


def test_a_run_of_which_only_the_machine_is_heard_is_silent() -> None:
    assert Stream().run().last_event_at_ms == 1000 * (START_S + 20)


def test_their_ids_are_not_missing_and_the_last_ones_are_resumed_from() -> None:
    stream = Stream()
    stream.run()
    stream.state.connection_ended(None)
    assert isinstance(stream.state.connection, Interrupted)
    assert stream.state.resume_from == "6"
    stream.connect()
    stream.send(SYSTEM, 51, '"system/cpu_percent": 1')
    stream.send(LOG, 52, '"step": 2')
    recovery = stream.state.snapshot().recovery
    assert recovery is not None
    assert (recovery.missing, recovery.missing_ids) == (0, ())


def test_a_measurement_that_was_lost_is_missing() -> None:
    stream = Stream()
    stream.run()
    stream.state.connection_ended(None)
    stream.connect()
    stream.send(SYSTEM, 61, number=8)
    recovery = stream.state.snapshot().recovery
    assert recovery is not None
    assert (recovery.missing, recovery.missing_ids) == (1, (7,))


def test_measurements_that_are_sent_again_are_kept_once() -> None:
    stream = Stream()
    before = stream.run()
    stream.state.connection_ended(None)
    stream.connect()
    stream.number = 0
    assert stream.run().unlogged == before.unlogged
    assert stream.state.snapshot().system.version == before.system.version


def test_measurements_do_not_keep_the_stream_of_an_ended_job_open(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream()
    stream.send(START, 0)
    stream.state.job_ended("failed")
    monkeypatch.setattr(end_of_stream, "QUIET_S", 0.0)
    assert stream.state.is_quiet
    monkeypatch.setattr(stream.state._end, "event_received", lambda: pytest.fail("counted as an event"))
    stream.send(SYSTEM, 1)


def test_a_measurement_without_a_time_is_left_out() -> None:
    stream = Stream()
    stream.state.frames_received([Frame("1", SYSTEM, '{"system/cpu_percent": 1}')], None)
    assert not len(stream.state.snapshot().system.steps)
