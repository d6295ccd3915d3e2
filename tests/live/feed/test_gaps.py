"""The events that an interruption has delayed or lost."""

from __future__ import annotations

from arkor_dash.live.feed.gaps import GapTracker, Recovery

NOON_MS = 1_700_000_000_000.0


def live(gaps: GapTracker, *ids: str | None, at_ms: float = NOON_MS) -> None:
    """Receive events, each at the time when it was sent, a minute after the connection was opened."""
    for event_id in ids:
        gaps.new_event(event_id, at_ms, at_ms)


def tracked() -> GapTracker:
    gaps = GapTracker()
    gaps.connection_opened(NOON_MS - 60_000, again=False)
    return gaps


def test_without_an_interruption_there_is_no_recovery() -> None:
    gaps = tracked()
    live(gaps, "1", "2")
    assert gaps.recovery is None


def test_only_events_of_the_interruption_are_counted() -> None:
    gaps = tracked()
    live(gaps, "1", "2")
    back_ms = NOON_MS + 30_000
    gaps.connection_opened(back_ms, again=True)
    gaps.new_event("3", NOON_MS + 10_000, back_ms + 5)
    gaps.new_event("4", NOON_MS + 20_000, back_ms + 5)
    gaps.new_event("5", back_ms + 100, back_ms + 105)
    assert gaps.recovery == Recovery(back_ms, events=2, missing=0)


def test_skipped_ids_are_counted_and_listed() -> None:
    gaps = tracked()
    live(gaps, "1", "2")
    gaps.connection_opened(NOON_MS + 30_000, again=True)
    gaps.new_event("6", NOON_MS + 10_000, NOON_MS + 30_005)
    assert gaps.recovery is not None
    assert (gaps.recovery.events, gaps.recovery.missing, gaps.recovery.missing_ids) == (1, 3, (3, 4, 5))


def test_only_the_first_of_very_many_missing_ids_are_listed() -> None:
    gaps = tracked()
    live(gaps, "1")
    gaps.connection_opened(NOON_MS + 30_000, again=True)
    gaps.new_event("1000000000", NOON_MS + 10_000, NOON_MS + 30_005)
    assert gaps.recovery is not None
    assert (gaps.recovery.missing, gaps.recovery.missing_ids) == (999_999_998, tuple(range(2, 22)))


def test_the_number_of_missing_events_is_unknown_if_ids_do_not_count_up() -> None:
    for ids in (["10", "20"], ["a", "b"], [None, None], ["1", "x"], ["5", "4"]):
        gaps = tracked()
        live(gaps, *ids)
        gaps.connection_opened(NOON_MS + 30_000, again=True)
        gaps.new_event("900", NOON_MS + 10_000, NOON_MS + 30_005)
        assert gaps.recovery is not None
        assert (gaps.recovery.events, gaps.recovery.missing) == (1, None), ids


def test_a_server_whose_clock_is_hours_off_is_handled() -> None:
    gaps = tracked()
    hours_ms = 3 * 3_600_000
    gaps.new_event("1", NOON_MS - hours_ms, NOON_MS)
    back_ms = NOON_MS + 30_000
    gaps.connection_opened(back_ms, again=True)
    gaps.new_event("2", NOON_MS + 10_000 - hours_ms, back_ms + 5)
    gaps.new_event("3", back_ms + 1000 - hours_ms, back_ms + 1000)
    assert gaps.recovery is not None
    assert gaps.recovery.events == 1


def test_no_event_is_missing_after_a_replay_of_all_events_without_ids() -> None:
    gaps = tracked()
    live(gaps, None, None)
    gaps.connection_opened(NOON_MS + 30_000, again=True)
    assert gaps.recovery == Recovery(NOON_MS + 30_000, missing=None)
    assert gaps.replayed()
    assert not gaps.replayed()
    live(gaps, None, at_ms=NOON_MS + 30_005)
    assert gaps.recovery == Recovery(NOON_MS + 30_000, missing=0)
    gaps.connection_opened(NOON_MS + 60_000, again=True)
    assert gaps.recovery == Recovery(NOON_MS + 60_000, missing=None)


def test_before_the_first_event_after_an_interruption_no_numbered_event_counts_as_missing() -> None:
    gaps = tracked()
    live(gaps, "1", "2")
    gaps.connection_opened(NOON_MS + 30_000, again=True)
    assert gaps.recovery == Recovery(NOON_MS + 30_000, missing=0)


def test_an_old_event_counts_at_its_own_time_and_a_current_one_at_its_arrival() -> None:
    gaps = GapTracker()
    gaps.connection_opened(NOON_MS, again=False)
    gaps.new_event("1", NOON_MS - 600_000, NOON_MS + 100)
    assert gaps.last_event_at_ms == NOON_MS - 600_000
    gaps.new_event("2", NOON_MS - 550_000, NOON_MS + 20_000)
    assert gaps.last_event_at_ms == NOON_MS + 20_000


def test_an_event_without_a_time_or_from_the_future_counts_at_its_arrival() -> None:
    gaps = GapTracker()
    gaps.connection_opened(NOON_MS, again=False)
    for sent_ms in (None, NOON_MS + 600_000):
        gaps.new_event("1", sent_ms, NOON_MS + 100)
        assert gaps.last_event_at_ms == NOON_MS + 100
