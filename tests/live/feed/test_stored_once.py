"""Any events, with connections that break off anywhere, compared with the list of sent events."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arkor_dash.errors import SourceUnavailableError
from arkor_dash.live import backoff
from arkor_dash.live.feed import FeedSnapshot, JobFeed
from arkor_dash.sources import Frame
from arkor_dash.sources.http.sse import FrameReader
from tests.servers import sse
from tests.waiting import wait_until

NUMBERS = st.one_of(st.integers(-5, 60), st.floats(-5, 60, allow_nan=False), st.just(2**53))
LOSSES = st.one_of(st.none(), st.floats(), st.booleans(), st.just("x"), st.just(10**400), st.integers(0, 9))
LOGS = st.fixed_dictionaries(
    {}, optional={"step": st.one_of(NUMBERS, st.none(), st.just("x")), "loss": LOSSES, "evalLoss": LOSSES}
)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("training.log"), LOGS.map(json.dumps)),
        st.tuples(st.just("training.started"), st.just("{}")),
        st.tuples(st.just("checkpoint.saved"), st.just('{"step": 3}')),
        st.tuples(st.just("training.log"), st.just("[]")),
        st.tuples(st.just("ping"), st.just("{}")),
    ),
    max_size=30,
)


class CuttingStream:
    """The first `length` bytes of these events."""

    def __init__(self, body: bytes, length: int | None) -> None:
        self._reader = FrameReader(self._pieces(body, length))

    def _pieces(self, body: bytes, length: int | None) -> Iterator[bytes]:
        yield body[:length]
        if length is not None:
            raise SourceUnavailableError("cut")

    def __enter__(self) -> CuttingStream:
        return self

    def __exit__(self, *_: object) -> None: ...

    def close(self) -> None: ...

    def watch_silence(self, _on_silence: object) -> None: ...

    @property
    def retry_ms(self) -> int | None:
        return None

    def reads(self) -> Iterator[Sequence[Frame]]:
        return self._reader.reads()


class CuttingSource:
    """A source whose connections break off after the given numbers of bytes, until one is complete.

    `resumes`: whether it resumes from the requested id.
    """

    archive = None

    def __init__(self, frames: list[bytes], cuts: list[int], resumes: bool) -> None:
        self._frames = frames
        self._cuts = iter(cuts)
        self._resumes = resumes

    def credentials(self) -> object:
        return None

    def events(self, _job_id: str, last_event_id: str | None = None) -> CuttingStream:
        rest = self._frames
        if self._resumes and last_event_id is not None:
            mark = f"id: {last_event_id}\n".encode()
            rest = rest[next(n for n, frame in enumerate(rest) if frame.startswith(mark)) + 1 :]
        return CuttingStream(b"".join(rest), next(self._cuts, None))


def number(value: object) -> float | None:
    """The number in a JSON value, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and abs(value) > 2**1023:
        return math.inf if value > 0 else -math.inf
    return float(value)


def points(events: list[tuple[str, str]], field: str) -> tuple[dict[float, float], list[float]]:
    """The finite losses by step, and the steps of the others. The later value of a step counts."""
    latest: dict[float, float] = {}
    for name, data in events:
        payload = json.loads(data)
        if name != "training.log" or not isinstance(payload, dict):
            continue
        step, loss = number(payload.get("step")), number(payload.get(field))
        if step is not None and loss is not None:
            latest[float(step)] = loss
    finite = {step: loss for step, loss in sorted(latest.items()) if math.isfinite(loss)}
    return finite, sorted(step for step, loss in latest.items() if not math.isfinite(loss))


def read(source: CuttingSource) -> FeedSnapshot:
    feed = JobFeed(source, "job_1")  # type: ignore[arg-type]
    feed.start()
    wait_until(lambda: feed.is_complete)
    return feed.snapshot()


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.0)
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    events=EVENTS,
    cuts=st.lists(st.integers(0, 2_500), max_size=6),
    names=st.sampled_from(["numbers", "words", "some", "none"]),
    resumes=st.booleans(),
)
def test_every_event_is_stored_once_wherever_the_stream_breaks_off(
    events: list[tuple[str, str]], cuts: list[int], names: str, resumes: bool
) -> None:
    ids = {
        "numbers": lambda n: n + 1,
        "words": lambda n: f"x{n:x}",
        "some": lambda n: n if n % 3 else None,
        "none": lambda _: None,
    }[names]
    frames = [sse(name, data, ids(n)) for n, (name, data) in enumerate([*events, ("end", "{}")])]

    snapshot = read(CuttingSource(frames, cuts, resumes))

    for series, nonfinite, field in (
        (snapshot.metrics.finite("loss"), snapshot.metrics.nonfinite("loss"), "loss"),
        (snapshot.metrics.finite("eval_loss"), snapshot.metrics.nonfinite("eval_loss"), "evalLoss"),
    ):
        finite, others = points(events, field)
        assert dict(zip(series.steps.tolist(), series.values.tolist(), strict=True)) == finite
        assert nonfinite.steps.tolist() == others
    malformed = sum(data == "[]" for _, data in events)
    shown = [name for name, data in events if name != "ping" and data != "[]"]
    assert [row.name for row in snapshot.log] == shown
    assert (snapshot.events, snapshot.malformed) == (len(shown), malformed)
