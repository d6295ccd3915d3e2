from __future__ import annotations

import json
import os
import resource
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arkor_dash.errors import RefusedError
from arkor_dash.sdk.reporting.outbox import EVENT_LIMIT_BYTES, Limits, Outbox, OversizedError
from arkor_dash.sdk.reporting.spool import Spool

SMALL = Limits(tail_bytes=200, head_bytes=150, held_bytes=1_000)


def steps(batch: list[bytes]) -> list[int]:
    return [json.loads(line)["data"]["step"] for line in batch]


def drain(outbox: Outbox) -> list[int]:
    taken: list[int] = []
    while outbox.waiting:
        first, batch = outbox.take(3, 10_000)
        assert [json.loads(line)["seq"] for line in batch] == list(range(first, first + len(batch)))
        taken += steps(batch)
        outbox.settle(first + len(batch) - 1, len(batch))
    return taken


def test_events_are_taken_in_order_and_numbered_from_1(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "spool.jsonl", SMALL)
    for step in range(500):
        outbox.put("training.log", {"step": step})
    assert (tmp_path / "spool.jsonl").stat().st_size > 10_000
    assert drain(outbox) == list(range(500))
    assert outbox.undelivered == 0
    outbox.close()


def test_an_emptied_spool_uses_no_disk_space(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "spool.jsonl", SMALL)
    for step in range(500):
        outbox.put("training.log", {"step": step})
    drain(outbox)
    assert (tmp_path / "spool.jsonl").stat().st_size == 0
    assert outbox.close() is None
    assert not (tmp_path / "spool.jsonl").exists()


def test_the_spool_is_private(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "spool.jsonl", SMALL)
    for step in range(50):
        outbox.put("training.log", {"step": step})
    assert (tmp_path / "spool.jsonl").stat().st_mode & 0o777 == 0o600
    outbox.close()
    assert (tmp_path / "spool.jsonl").stat().st_mode & 0o777 == 0o600


def test_an_event_larger_than_every_buffer_is_delivered(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "spool.jsonl", SMALL)
    outbox.put("training.log", {"step": 1, "text": "x" * 5_000})
    outbox.put("training.log", {"step": 2})
    assert drain(outbox) == [1, 2]
    outbox.close()


def test_an_oversized_event_is_refused() -> None:
    with pytest.raises(OversizedError, match="more than the 8,000,000 that a Studio accepts"):
        Outbox(None).put("training.log", {"text": "x" * EVENT_LIMIT_BYTES})


def test_acknowledged_events_are_sent_again_if_the_studio_has_lost_them(tmp_path: Path) -> None:
    outbox = Outbox(None)
    for step in range(1, 6):
        outbox.put("training.log", {"step": step})
    outbox.take(5, 10_000)
    outbox.settle(4, 5)
    outbox.settle(1, 1)
    assert outbox.undelivered == 4
    assert drain(outbox) == [2, 3, 4, 5]


def test_lost_events_that_are_no_longer_in_memory_raise() -> None:
    outbox = Outbox(None, SMALL)
    for step in range(1, 50):
        outbox.put("training.log", {"step": step})
    drain(outbox)
    with pytest.raises(RefusedError, match="lost the events from 1 on"):
        outbox.settle(0, 1)


def test_acknowledging_more_than_was_sent_raises() -> None:
    outbox = Outbox(None)
    outbox.put("training.log", {"step": 1})
    outbox.put("training.log", {"step": 2})
    outbox.take(1, 10_000)
    with pytest.raises(RefusedError, match="which this run has not sent"):
        outbox.settle(2, 1)


def test_without_a_disk_memory_is_bounded_and_dropped_events_are_counted() -> None:
    outbox = Outbox(None, SMALL)
    for step in range(1_000):
        outbox.put("training.log", {"step": step})
    outbox.put("training.completed", {"step": -1})
    kept = drain(outbox)
    assert kept[-1] == -1, "a terminal event always has a place"
    assert kept[:-1] == list(range(len(kept) - 1)), "the oldest are kept, without a gap"
    assert outbox.dropped == 1_000 - len(kept) + 1 > 900
    assert outbox.put_count == 1_001


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_loses_no_event_that_fits_in_memory(tmp_path: Path) -> None:
    (tmp_path / "spool.jsonl").symlink_to("/dev/full")
    outbox = Outbox(tmp_path / "spool.jsonl", Limits(tail_bytes=200, head_bytes=150, held_bytes=10**6))
    for step in range(500):
        outbox.put("training.log", {"step": step})
    assert drain(outbox) == list(range(500))
    outbox.close()


def test_a_disk_that_has_room_again_is_used_again(tmp_path: Path) -> None:
    folder = tmp_path / "not-yet"
    outbox = Outbox(folder / "spool.jsonl", SMALL)
    for step in range(100):
        outbox.put("training.log", {"step": step})
    dropped = outbox.dropped
    assert dropped > 0
    folder.mkdir()
    for step in range(100, 3_000):
        outbox.put("training.log", {"step": step})
    assert (folder / "spool.jsonl").stat().st_size > 0
    assert outbox.dropped < 1_001, "the disk is tried at least once in 1,000 events"
    outbox.close()


def test_closing_keeps_exactly_the_undelivered_events(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "spool.jsonl", SMALL)
    for step in range(100):
        outbox.put("training.log", {"step": step})
    for _ in range(3):
        first, batch = outbox.take(2, 10_000)
        outbox.settle(first, len(batch))  # one of two events that were read back
    path = outbox.close()
    assert path == tmp_path / "spool.jsonl"
    assert [json.loads(line)["data"]["step"] for line in path.read_text().splitlines()] == list(range(3, 100))
    assert [file.name for file in tmp_path.iterdir()] == ["spool.jsonl"]


def test_an_event_put_after_closing_leaves_the_kept_events(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "spool.jsonl", SMALL)
    for step in range(100):
        outbox.put("training.log", {"step": step})
    path = outbox.close()
    assert path is not None
    kept = path.read_bytes()
    for step in range(100, 200):
        outbox.put("training.log", {"step": step})
    assert path.read_bytes() == kept
    assert outbox.dropped == 100
    assert (outbox.put_count, outbox.undelivered) == (200, 200)


def test_closing_twice_leaves_the_kept_events(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "spool.jsonl", SMALL)
    for step in range(100):
        outbox.put("training.log", {"step": step})
    path = outbox.close()
    assert path is not None
    kept = path.read_bytes()
    assert outbox.close() == path
    assert path.read_bytes() == kept


def test_an_acknowledgement_after_closing_changes_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "spool.jsonl")
    outbox.put("training.log", {"step": 1})
    outbox.take(1, 10_000)
    outbox.close()
    outbox.settle(1, 1)
    assert outbox.undelivered == 1


_actions = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 30)),
        st.tuples(st.just("settle"), st.integers(0, 6)),
        st.tuples(st.just("again"), st.integers(0, 3)),
    ),
    max_size=60,
)


@given(_actions, st.booleans())
@settings(deadline=None)
def test_no_sequence_of_calls_loses_duplicates_or_reorders_events(
    actions: list[tuple[str, int]], on_disk: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        limits = Limits(tail_bytes=200, head_bytes=150, held_bytes=10**9)
        check_against_counts(Outbox(Path(folder) / "spool.jsonl" if on_disk else None, limits), actions)


def check_against_counts(outbox: Outbox, actions: list[tuple[str, int]]) -> None:
    """Compare the outbox with counts of the events put, held by the Studio, and held by it at most."""
    put = held = most_held = 0
    for action, amount in actions:
        if action == "put":
            for _ in range(amount):
                put += 1
                outbox.put("training.log", {"step": put})
        elif action == "settle" and put > held:
            first, batch = outbox.take(6, 120)
            assert first == held + 1
            assert steps(batch) == list(range(held + 1, held + 1 + len(batch)))
            held += min(amount, len(batch))
            most_held = max(most_held, held)
            outbox.settle(held, len(batch))
        elif action == "again" and most_held - held + amount <= 2:  # as far back as 200 bytes reach
            held -= min(amount, held)
            outbox.settle(held, 0)
    assert drain(outbox) == list(range(held + 1, put + 1))
    outbox.close()


def test_a_write_that_fails_half_way_leaves_the_queue_unchanged(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append(b"one\n")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6, most))  # room for half of the next line
    try:
        with pytest.raises(OSError, match="File too large"):
            spool.append(b"two\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert spool.path.read_bytes() == b"one\n"
    spool.append(b"three\n")
    assert spool.peek(100) == b"one\nthree\n"
    spool.close()


def test_a_closed_spool_accepts_no_more_lines(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append(b"one\n")
    spool.close()
    with pytest.raises(OSError, match="is closed"):
        spool.append(b"two\n")
    assert spool.path.read_bytes() == b"one\n"


def test_a_truncated_spool_raises(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append(b"one\ntwo\n")
    os.truncate(spool.path, 0)
    with pytest.raises(OSError, match="shorter than"):
        spool.peek(100)
    spool.close()
