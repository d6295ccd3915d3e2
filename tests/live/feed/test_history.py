"""The rows of the event log, which are made when the log is read."""

from __future__ import annotations

import pytest

from arkor_dash.live.feed import LOG_ROWS
from arkor_dash.live.feed.history import JobHistory
from arkor_dash.protocol.events import CheckpointSaved, TrainingLog


@pytest.mark.parametrize("reads", [(), (0,), (1, 2, 3), (LOG_ROWS, LOG_ROWS + 1), (3, 700), (10, 600, 1199)])
def test_the_log_holds_the_newest_rows_no_matter_when_it_was_read(reads: tuple[int, ...]) -> None:
    history = JobHistory()
    for step in range(1, 1201):
        if step - 1 in reads:
            history.log()
        history.add(
            TrainingLog(float(step), step, loss=1.0) if step % 7 else CheckpointSaved(float(step), step)
        )
    rows = history.log()
    numbers = list(range(1201 - LOG_ROWS, 1201))
    assert [row.number for row in rows] == numbers
    assert [row.at_ms for row in rows] == numbers
    assert [row.message for row in rows] == [
        f"step={n} loss=1.0000" if n % 7 else f"step={n}" for n in numbers
    ]


def test_the_checkpoints_of_a_run_whose_steps_begin_again_follow_its_points() -> None:
    history = JobHistory()
    for at_ms, step in enumerate((1, 2, 3, 1, 2)):
        history.add(TrainingLog(float(at_ms), step, metrics={"loss": 1.0}))
        if step == 2:
            history.add(CheckpointSaved(float(at_ms), step))
    assert history.metrics.snapshot().steps.tolist() == [1, 2, 3, 4, 5]
    assert history.metrics.snapshot().checkpoints == (2, 5)
