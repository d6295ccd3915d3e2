from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from arkor_dash.studio.runs.external import ExternalRun
from arkor_dash.studio.runs.watchdog import SILENCE_LIMIT_S, TICK_S, Watchdog


@pytest.fixture
def run(tmp_path: Path) -> ExternalRun:
    return ExternalRun("job_a", tmp_path)


def ticks_until_silent(watchdog: Watchdog, run: ExternalRun, now_s: float) -> int:
    ticks = 1
    while watchdog.tick(now_s + ticks * TICK_S, [run]) == []:
        ticks += 1
    return ticks


def test_a_run_is_silent_once_the_limit_has_passed(run: ExternalRun) -> None:
    assert ticks_until_silent(Watchdog(100.0), run, 100.0) == SILENCE_LIMIT_S / TICK_S


def test_any_request_of_a_script_resets_its_silence(run: ExternalRun) -> None:
    watchdog = Watchdog(0.0)
    for second in range(1, 25):
        assert watchdog.tick(second, [run]) == []
    with run.delivery():
        pass
    assert ticks_until_silent(watchdog, run, 24.0) == 25


def test_a_script_is_not_silent_while_its_request_is_received(run: ExternalRun) -> None:
    watchdog = Watchdog(0.0)
    with run.delivery():
        assert not any(watchdog.tick(second, [run]) for second in range(1, 100))
    assert ticks_until_silent(watchdog, run, 99.0) == 25


def test_the_time_in_which_the_studio_slept_does_not_count_as_silence(run: ExternalRun) -> None:
    watchdog = Watchdog(0.0)
    watchdog.tick(1.0, [run])
    assert watchdog.tick(3_601.0, [run]) == []
    assert ticks_until_silent(watchdog, run, 3_601.0) == 22


def test_a_token_issued_by_an_earlier_studio_is_accepted_by_its_hash(
    run: ExternalRun, tmp_path: Path
) -> None:
    restored = ExternalRun("job_a", tmp_path, run.digest)
    assert restored.accepts(run.token.encode())
    assert not restored.accepts(restored.token.encode())
    assert not restored.accepts(b"")
    assert run.token not in run.digest


def test_the_silence_of_each_run_is_counted_separately(run: ExternalRun, tmp_path: Path) -> None:
    async def both() -> list[str]:
        other, watchdog = ExternalRun("job_b", tmp_path), Watchdog(0.0)
        silent: list[ExternalRun] = []
        for second in range(1, 26):
            silent = watchdog.tick(second, [run, other])
            with run.delivery():
                await asyncio.sleep(0)
        return [each.job_id for each in silent]

    assert asyncio.run(both()) == ["job_b"]
