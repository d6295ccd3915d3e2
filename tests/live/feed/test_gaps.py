"""What a reconnection brought back, and what never came."""

from __future__ import annotations

from arkor_dash.live.feed.gaps import Audit, Recovery

NOON_MS = 1_700_000_000_000.0


def live(audit: Audit, *ids: str | None, at_ms: float = NOON_MS) -> None:
    """Events that come a minute after the connection was opened, each as it is sent."""
    for event_id in ids:
        audit.took(event_id, at_ms, at_ms)


def audited() -> Audit:
    audit = Audit()
    audit.opened(NOON_MS - 60_000, again=False)
    return audit


def test_without_an_interruption_there_is_nothing_to_tell() -> None:
    audit = audited()
    live(audit, "1", "2")
    assert audit.recovery is None


def test_events_of_the_time_between_are_counted_and_later_ones_are_not() -> None:
    audit = audited()
    live(audit, "1", "2")
    back_ms = NOON_MS + 30_000
    audit.opened(back_ms, again=True)
    audit.took("3", NOON_MS + 10_000, back_ms + 5)
    audit.took("4", NOON_MS + 20_000, back_ms + 5)
    audit.took("5", back_ms + 100, back_ms + 105)
    assert audit.recovery == Recovery(back_ms, events=2, missing=0)


def test_ids_that_never_came_are_missing_by_number() -> None:
    audit = audited()
    live(audit, "1", "2")
    audit.opened(NOON_MS + 30_000, again=True)
    audit.took("6", NOON_MS + 10_000, NOON_MS + 30_005)
    assert audit.recovery is not None
    assert (audit.recovery.events, audit.recovery.missing, audit.recovery.named) == (1, 3, (3, 4, 5))


def test_of_very_many_missing_ids_only_the_first_are_named() -> None:
    audit = audited()
    live(audit, "1")
    audit.opened(NOON_MS + 30_000, again=True)
    audit.took("1000000000", NOON_MS + 10_000, NOON_MS + 30_005)
    assert audit.recovery is not None
    assert (audit.recovery.missing, audit.recovery.named) == (999_999_998, tuple(range(2, 22)))


def test_where_ids_do_not_count_nobody_can_tell_what_is_missing() -> None:
    for ids in (["10", "20"], ["a", "b"], [None, None], ["1", "x"], ["5", "4"]):
        audit = audited()
        live(audit, *ids)
        audit.opened(NOON_MS + 30_000, again=True)
        audit.took("900", NOON_MS + 10_000, NOON_MS + 30_005)
        assert audit.recovery is not None
        assert (audit.recovery.events, audit.recovery.missing) == (1, None), ids


def test_a_server_whose_clock_is_hours_off_is_understood() -> None:
    audit = audited()
    hours_ms = 3 * 3_600_000
    audit.took("1", NOON_MS - hours_ms, NOON_MS)
    back_ms = NOON_MS + 30_000
    audit.opened(back_ms, again=True)
    audit.took("2", NOON_MS + 10_000 - hours_ms, back_ms + 5)
    audit.took("3", back_ms + 1000 - hours_ms, back_ms + 1000)
    assert audit.recovery is not None
    assert audit.recovery.events == 1


def test_a_stream_that_begins_anew_counts_anew() -> None:
    audit = audited()
    live(audit, "1", "2", "3")
    audit.opened(NOON_MS + 30_000, again=True)
    audit.restarted()
    live(audit, "1", "2", "3", "4", at_ms=NOON_MS + 30_005)
    assert audit.recovery is not None
    assert audit.recovery.missing == 0


def test_a_backlog_was_heard_when_it_was_sent_and_news_when_it_came() -> None:
    audit = Audit()
    audit.opened(NOON_MS, again=False)
    audit.took("1", NOON_MS - 600_000, NOON_MS + 100)
    assert audit.heard_at_ms == NOON_MS - 600_000
    audit.took("2", NOON_MS - 550_000, NOON_MS + 20_000)
    assert audit.heard_at_ms == NOON_MS + 20_000


def test_an_event_without_a_time_or_from_the_future_was_heard_when_it_came() -> None:
    audit = Audit()
    audit.opened(NOON_MS, again=False)
    for sent_ms in (None, NOON_MS + 600_000):
        audit.took("1", sent_ms, NOON_MS + 100)
        assert audit.heard_at_ms == NOON_MS + 100
