"""The same bytes, read one frame at a time and as they arrive: both make the same history."""

from __future__ import annotations

import json
import random
from dataclasses import fields as dataclass_fields
from itertools import accumulate, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arkor_dash.columns.stretch import unpack
from arkor_dash.columns.stretch_writer import write_stretch
from arkor_dash.live.feed import FeedSnapshot, intake
from arkor_dash.live.feed.state import FeedState
from arkor_dash.live.feed.stretch_events import read_stretch
from arkor_dash.sources.http.sse import FrameReader
from tests.metrics.reports import described
from tests.servers import sse

NOW_S = 1_764_000_000.0
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=2),
    st.sampled_from([10**400, 2**64 + 1, -0.0, "1e-4", "NaN", "-Infinity", "1/3", "\ud800", {"a": 1}, 0]),
)
FIELDS = [
    "loss",
    "train/loss",
    "evalLoss",
    "eval/loss",
    "lr",
    "learning_rate",
    "epoch",
    "grad_norm",
    "acc",
    "",
]
TIMES = st.one_of(
    st.integers(-9, 9).map(lambda n: f"2025-11-24T16:00:{30 + n}.125Z"),
    st.sampled_from(
        ["2025-11-24T16:00:00+02:00", "0001-01-01T00:00:00Z", "2025-11-24", "x", 1764000000, None, "9Z"]
    ),
)


@st.composite
def payloads(draw: st.DrawFn) -> list[str]:
    """The data of reports that follow each other, most of them alike."""
    fields = draw(st.lists(st.sampled_from(FIELDS), unique=True, max_size=5))
    first, found = draw(st.integers(-1, 20)), []
    for number in range(draw(st.integers(1, 12))):
        payload = {"timestamp": draw(TIMES), "step": first + number}
        payload |= {field: draw(st.one_of(st.floats(), VALUES)) for field in fields}
        if draw(st.integers(0, 9)) == 0:
            payload |= draw(st.dictionaries(st.sampled_from(["step", *FIELDS]), VALUES))
        found.append(json.dumps(payload))
    return found


ODD_DATA = [
    "[]",
    "{",
    "",
    "NaN",
    '{"a": 1}{',
    '{"step": 1, "step": 2, "loss": 1}',
    "\ufeff{}",
    '{"loss":' + "[" * 2000,
]
EVENTS = st.lists(
    st.one_of(
        payloads().map(lambda found: [("training.log", data) for data in found]),
        st.sampled_from(ODD_DATA).map(lambda data: [("training.log", data)]),
        st.sampled_from(
            [
                ("training.started", '{"timestamp": "2025-11-24T16:00:01Z"}'),
                ("checkpoint.saved", '{"step": 3, "artifacts": ["a"]}'),
                ("training.system", '{"timestamp": "2025-11-24T16:00:01Z", "system/cpu_percent": 1}'),
                ("training.failed", '{"error": "x"}'),
                ("training.system", "["),
                ("ping", "{}"),
                ("training.completed", "{}"),
            ]
        ).map(lambda event: [event]),
    ),
    max_size=6,
).map(lambda parts: [event for part in parts for event in part])


class Feed:
    def __init__(self) -> None:
        self.state = FeedState("job_1", 20.0, lambda: NOW_S, random.Random(0))

    def read(self, pieces: list[bytes], *, one_by_one: bool) -> None:
        """One connection, from when it is opened until it breaks off."""
        self.state.connecting()
        self.state.connection_opened()
        reader = FrameReader(pieces)
        for frames in reader.reads():
            for part in [[frame] for frame in frames] if one_by_one else [frames]:
                if not self.state.may_stop_reading:
                    self.state.frames_received(part, reader.retry_ms)
        self.state.connection_ended(None)


def shown(snapshot: FeedSnapshot) -> object:
    """All that a snapshot shows, but for its versions and the random wait before the next attempt."""
    fields = {each.name: getattr(snapshot, each.name) for each in dataclass_fields(snapshot)}
    for name in ("generation", "version", "metrics", "system"):
        del fields[name]
    fields["connection"] = type(snapshot.connection)
    return repr(fields), described(snapshot.metrics), described(snapshot.system)


def cut(body: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(place, len(body)) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "FEWEST_AT_ONCE", 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    events=EVENTS,
    ids=st.sampled_from(["numbers", "gaps", "words", "some", "none", "same"]),
    places=st.lists(st.integers(0, 6_000), max_size=6),
    again=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=3),
    looks=st.booleans(),
)
def test_a_read_at_a_time_makes_the_same_history_as_a_frame_at_a_time(
    events: list[tuple[str, str]], ids: str, places: list[int], again: list[tuple[int, int]], looks: bool
) -> None:
    id_of = {
        "numbers": lambda n: n + 1,
        "gaps": lambda n: n + n // 5,
        "words": lambda n: f"x{n:x}",
        "some": lambda n: n if n % 3 else None,
        "none": lambda _: None,
        "same": lambda n: n // 4,
    }[ids]
    frames = [sse(name, data, id_of(number)) for number, (name, data) in enumerate(events)]
    slow, fast = Feed(), Feed()
    for start, stop in [(0, 25), *again, (0, len(frames))]:
        body = b"".join(frames[start:stop])
        slow.read([body], one_by_one=True)
        fast.read(cut(body, places), one_by_one=False)
        if looks:
            assert shown(fast.state.snapshot()) == shown(slow.state.snapshot())
    assert shown(fast.state.snapshot()) == shown(slow.state.snapshot())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    events=EVENTS,
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    again=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=3),
)
def test_a_past_in_columns_makes_the_same_history_as_a_frame_at_a_time(
    events: list[tuple[str, str]], sizes: list[int], again: list[tuple[int, int]]
) -> None:
    events = [event for event in events if event[0] != "ping"]  # a Studio does not store it
    frames = [sse(name, data, number) for number, (name, data) in enumerate(events, start=1)]
    slow, fast = Feed(), Feed()
    slow.read([b"".join(frames[: sum(sizes)])], one_by_one=True)
    for start, size in zip(accumulate([0, *sizes]), sizes, strict=False):
        if part := events[start : start + size]:
            fast.state.stretch_received(read_stretch(unpack(write_stretch(start + 1, part))))
    fast.read([], one_by_one=False)
    for start, stop in [*again, (0, len(frames))]:
        body = b"".join(frames[start:stop])
        slow.read([body], one_by_one=True)
        fast.read([body], one_by_one=False)
    assert shown(fast.state.snapshot()) == shown(slow.state.snapshot())
