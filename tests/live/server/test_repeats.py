"""A log line that repeats is written once a minute, with how often it was repeated."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from arkor_dash.live.server import repeats
from arkor_dash.live.server.repeats import INTERVAL_S, MOST_LINES, RepeatFilter


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Log:
    """A logger with two handlers, as a library's logger and the root logger have, and what they write."""

    def __init__(self, clock: Clock) -> None:
        self.filter = RepeatFilter(clock)
        self.logger = logging.Logger("library")
        self._texts = [io.StringIO(), io.StringIO()]
        for text in self._texts:
            handler = logging.StreamHandler(text)
            handler.addFilter(self.filter)
            self.logger.addHandler(handler)

    def lines(self) -> list[str]:
        first, second = (text.getvalue().splitlines() for text in self._texts)
        assert first == second
        return first


class Unprintable:
    def __str__(self) -> str:
        raise ZeroDivisionError


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    made = Log(clock)
    monkeypatch.setitem(logging.root.manager.loggerDict, "library", made.logger)
    yield made
    if made.filter._timer is not None:
        made.filter._timer.cancel()


def test_a_line_that_repeats_is_written_once_and_its_repeats_are_counted(log: Log, clock: Clock) -> None:
    for _ in range(2_000):
        log.logger.error("accept() failed")
    assert log.lines() == ["accept() failed"]
    clock.now += INTERVAL_S
    log.filter.report()
    assert log.lines() == ["accept() failed", "accept() failed (1999 more like this within 60 s)"]


def test_a_line_that_goes_on_is_written_once_a_minute(log: Log, clock: Clock) -> None:
    for minute in range(3):
        for _ in range(10):
            log.logger.error("accept() failed")
        clock.now += INTERVAL_S
        log.filter.report()
        assert len(log.lines()) == 2 + minute
    clock.now += INTERVAL_S
    log.filter.report()
    log.logger.error("accept() failed")
    assert log.lines()[-1] == "accept() failed"


def test_lines_that_differ_in_numbers_only_are_the_same_and_the_latest_is_written(
    log: Log, clock: Clock
) -> None:
    for number in range(5):
        log.logger.error("Task-%d failed at <Future at 0x7f%x>", number, number)
    log.logger.error("another failure")
    assert log.lines() == ["Task-0 failed at <Future at 0x7f0>", "another failure"]
    clock.now += INTERVAL_S
    log.filter.report()
    assert log.lines()[2:] == ["Task-4 failed at <Future at 0x7f4> (4 more like this within 60 s)"]


def test_lines_below_a_warning_are_all_written(log: Log) -> None:
    log.logger.setLevel(logging.DEBUG)
    for _ in range(3):
        log.logger.info("the trainer printed this")
    assert len(log.lines()) == 3


def test_the_repeats_are_written_without_anyone_asking(
    log: Log, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "INTERVAL_S", 0.0)
    for _ in range(3):
        log.logger.error("accept() failed")
    assert log.filter._timer is not None
    log.filter._timer.join(30)
    assert log.lines()[1].startswith("accept() failed (2 more")


def test_lines_that_all_differ_fill_neither_the_log_nor_the_memory(log: Log, clock: Clock) -> None:
    for number in range(MOST_LINES + 10):
        log.logger.error("x" * number)
    log.logger.warning("of another level")
    assert len(log.lines()) == MOST_LINES + 2
    assert len(log.filter._lines) == MOST_LINES + 2

    clock.now += INTERVAL_S
    log.filter.report()
    assert log.lines()[-1] == f"{'x' * (MOST_LINES + 9)} (9 more like this within 60 s)"
    log.logger.error("told apart again")
    assert log.lines()[-1] == "told apart again"


@pytest.mark.parametrize("message", ["%d viewers", Unprintable()])
def test_a_line_that_can_not_be_formatted_is_no_error_of_the_program_that_writes_it(
    log: Log, clock: Clock, message: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)  # otherwise the handlers print a traceback
    for _ in range(2):
        log.logger.error(message, "many")
    clock.now += INTERVAL_S
    log.filter.report()
    assert log.lines()[-1].endswith("(1 more like this within 60 s)")
