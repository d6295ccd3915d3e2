"""Events that a server sends again, in every order, on the same connection or a later one."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.live import backoff
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.feed.resume import Position
from arkor_dash.live.feed.seen import SeenEvents
from tests.servers import Answer, Request, sse, sse_answer

from .test_reader import STEPS, a_run, assert_whole, closed, feeding

NAMES = {"numbers": lambda number: number, "words": "id-{:x}".format, "none": lambda _: None}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)


def read(*connections: list[bytes]) -> FeedSnapshot:
    """The whole history from a server whose connections hold these frames, whatever the client asks for."""
    answers = iter(connections)
    with feeding(lambda _: sse_answer(*next(answers))) as (feed, _server):
        return closed(feed)


def step(number: int, event_id: object, **fields: object) -> bytes:
    return sse("training.log", {"step": number, "loss": 1.0, **fields}, event_id)


def steps(snapshot: FeedSnapshot) -> list[float]:
    """The steps in the event log, in its order."""
    messages = [row.message for row in snapshot.log if row.name == "training.log"]
    return [float(message.removeprefix("step=").split(" ")[0]) for message in messages]


@pytest.mark.parametrize("name", [NAMES["numbers"], NAMES["words"]], ids=["numbers", "words"])
def test_events_that_are_sent_again_on_a_live_connection_are_stored_once(
    name: Callable[[int], object],
) -> None:
    frames = a_run(name)
    assert_whole(read([*frames[:9], *frames[5:9], frames[0], *frames[9:20], *frames[:20], *frames[18:]]))


def test_an_event_that_is_sent_again_with_another_time_is_stored_once() -> None:
    twice = [step(1, 7, timestamp="2026-11-23T10:00:00Z"), step(1, 7, timestamp="2026-11-23T10:00:09Z")]
    assert steps(read([*twice, step(2, 8), sse("end", {})])) == [1, 2]


def test_events_with_ids_out_of_order_at_a_drop_are_stored_once() -> None:
    numbers = [1, 2, 5, 4, 3, 7, 6]
    frames = [step(place, number) for place, number in enumerate(numbers, 1)]

    def respond(request: Request) -> Answer:
        resumed = request.headers.get("last-event-id")
        if resumed is None:
            return sse_answer(*frames[:4])  # the ids 1, 2, 5, 4
        later = [frame for number, frame in zip(numbers, frames, strict=True) if number > int(resumed) - 2]
        return sse_answer(*later, sse("end", {}))

    with feeding(respond) as (feed, _):
        assert sorted(steps(closed(feed))) == [1, 2, 3, 4, 5, 6, 7]


def test_two_events_with_the_same_id_are_both_stored_once() -> None:
    frames = [step(1, 1), sse("checkpoint.saved", {"step": 1}, 1), step(2, 2), step(3, 2), sse("end", {})]
    snapshot = read(frames[:3], frames)
    assert [row.message for row in snapshot.log] == [
        "step=1 loss=1.0000",
        "step=1",
        "step=2 loss=1.0000",
        "step=3 loss=1.0000",
    ]


def test_new_events_of_a_server_that_starts_its_ids_again_are_stored() -> None:
    snapshot = read([step(1, 1), step(2, 2)], [step(3, 1), step(4, 2), sse("end", {})])
    assert steps(snapshot) == [1, 2, 3, 4]


def test_shown_events_stay_if_a_server_without_ids_only_sends_new_ones_after_a_reconnect() -> None:
    frames = a_run(NAMES["none"])
    snapshot = read(frames[:30], frames[33:])

    assert steps(snapshot) == [*range(1, 30), *range(33, STEPS + 1)]
    assert snapshot.recovery is not None
    assert snapshot.recovery.missing is None  # the page says that it can't be known


def test_a_replay_of_a_server_without_ids_shows_that_no_event_is_missing() -> None:
    frames = a_run(NAMES["none"])
    snapshot = read(frames[:30], frames)

    assert_whole(snapshot)
    assert snapshot.recovery is not None
    assert snapshot.recovery.missing == 0


@pytest.mark.parametrize(
    "later",
    [
        [(0, 12), (0, 25), (0, None)],
        [(20, 35), (10, 12), (30, None)],
        [(0, 5), (28, 32), (0, None)],
        [(30, 35), (0, 40), (40, None)],
    ],
    ids=["dropped in mid-replay", "the latest events only", "both", "new events, then a replay"],
)
def test_a_replay_without_ids_shows_each_event_once_wherever_it_starts_and_breaks_off(
    later: list[tuple[int, int | None]],
) -> None:
    frames = a_run(NAMES["none"])
    assert_whole(read(frames[:30], *(frames[start:end] for start, end in later)))


def test_a_replay_without_ids_also_delivers_the_events_that_were_missed_before() -> None:
    frames = a_run(NAMES["none"])
    snapshot = read(frames[:20], frames[25:30], frames)

    assert sorted(steps(snapshot)) == list(range(1, STEPS + 1))
    assert snapshot.metrics.finite("loss").steps.tolist() == list(range(1, STEPS + 1))


def connections(draw: st.DrawFn, count: int, kind: str) -> Iterator[list[int]]:
    """The numbers of the events on each connection. Each continues at the first number that was not sent yet."""
    sent = 0
    while sent < count:
        start = sent
        if draw(st.booleans()):
            start = (
                draw(st.integers(0, sent)) if kind != "none" else draw(st.sampled_from([0, max(0, sent - 3)]))
            )
        end = draw(st.integers(start, count))
        numbers = list(range(start, end))
        if kind != "none" and numbers:
            again = draw(st.lists(st.sampled_from(numbers), max_size=4))
            numbers += [number for number in again if number < end]
        yield numbers
        sent = max(sent, end)


@st.composite
def streams(draw: st.DrawFn) -> tuple[str, int, list[list[int]]]:
    kind, count = draw(st.sampled_from(list(NAMES))), draw(st.integers(0, 30))
    return kind, count, list(itertools.islice(connections(draw, count, kind), 40))


@given(streams())
def test_each_event_is_new_once_however_often_it_is_sent(stream: tuple[str, int, list[list[int]]]) -> None:
    kind, _, sent = stream
    position, new = Position(), []
    for numbers in sent:
        position.connect()
        for number in numbers:
            name = NAMES[kind](number)
            if position.is_new(None if name is None else str(name), "training.log", f'{{"step": {number}}}'):
                new.append(number)

    assert new == sorted({number for numbers in sent for number in numbers})


@pytest.mark.parametrize(
    ("name", "bytes_each"),
    [("{}", 3), ("id-{:x}", 12), ("{}0", 12)],
    ids=["numbers", "words", "tens"],
)
def test_a_million_events_take_little_memory(name: str, bytes_each: int) -> None:
    count = 1_000_000
    tracemalloc.start()
    try:
        seen = SeenEvents()
        for number in range(count):
            seen.add(name.format(number), number * 2**44 + 1)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert used < bytes_each * count
    for number in range(0, count, 9_973):
        assert seen.contains(name.format(number), number * 2**44 + 1)
        assert not seen.contains(name.format(number), number * 2**44 + 2)


@given(
    st.lists(
        st.tuples(st.integers(0, 40).map(str) | st.sampled_from(["a", "b", "7x"]), st.sampled_from("xyz"))
    )
)
def test_an_event_is_seen_after_it_was_added_and_no_other_one(events: list[tuple[str, str]]) -> None:
    seen, added = SeenEvents(), set()
    for event_id, data in events:
        key = int.from_bytes(f"{event_id}{data}".encode())
        assert seen.contains(event_id, key) == ((event_id, data) in added)
        if (event_id, data) not in added:
            seen.add(event_id, key)
            added.add((event_id, data))
