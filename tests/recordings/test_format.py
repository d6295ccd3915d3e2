"""A written recording can be read back, and any other file gives an error with its line."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tracemalloc
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arkor_dash.errors import RecordingError
from arkor_dash.protocol.jobs import Job
from arkor_dash.recordings import format as recording_format
from arkor_dash.recordings import lines
from arkor_dash.recordings.format import FORMAT, Header, RecordedEvent, Recording, write

NOON = datetime(2026, 11, 23, 12, 0, 0, 123_000, tzinfo=UTC)
JOB = Job("job_1", "a run", "completed", NOON, NOON, NOON, None, {"model": "m", "lr": 3e-4})
HEADER = Header(JOB, NOON, live=False, source="studio")
EVENTS = [
    RecordedEvent("training.started", '{"type": "training.started"}', "1"),
    *(
        RecordedEvent("training.log", f'{{"step": {n}, "loss": {3 - n / 10}}}', str(n + 1))
        for n in range(1, 8)
    ),
    RecordedEvent("training.log", '{"step": 8, "loss": NaN}'),
    RecordedEvent("training.completed", '{"artifacts": []}', "10"),
]

texts = st.text(max_size=30) | st.text(st.characters(categories=["Cs", "Cc", "Lo"]), max_size=5)
events = st.builds(RecordedEvent, texts, texts, st.none() | texts)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
moments = st.none() | st.datetimes(datetime(1970, 1, 2), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
jobs = st.builds(
    Job,
    names,
    names,
    names,
    moments,
    moments,
    moments,
    st.none() | names,
    st.dictionaries(names, values, max_size=3),
)


def packed(header: Header = HEADER, written: list[RecordedEvent] = EVENTS) -> bytes:
    file = io.BytesIO()
    assert write(file, "r.jsonl.gz", header, written) == len(written)
    return file.getvalue()


def read(content: bytes) -> tuple[Header, list[RecordedEvent]]:
    opened = Recording(io.BytesIO(content), "r.jsonl.gz")
    return opened.header, list(opened)


def read_or_error(content: bytes) -> tuple[Header, list[RecordedEvent]] | RecordingError:
    """What a file holds, or the error of reading it."""
    try:
        return read(content)
    except RecordingError as error:
        return error


def lines_of(*payloads: object) -> bytes:
    return b"".join(json.dumps(payload).encode() + b"\n" for payload in payloads)


def first_line(**fields: object) -> dict[str, object]:
    header = {"format": FORMAT, "version": 1, "savedAt": "2026-11-23T12:00:00Z", "live": False, "source": ""}
    return {**header, "job": {"id": "job_1"}, **fields}


@given(jobs, st.booleans(), st.lists(events, max_size=20))
def test_what_is_written_is_read_back(job: Job, live: bool, written: list[RecordedEvent]):
    header = Header(job, NOON, live, "cloud")

    assert read(packed(header, written)) == (header, written)


@given(st.lists(events, max_size=5))
def test_a_file_without_gzip_is_read_too(written: list[RecordedEvent]):
    assert read(gzip.decompress(packed(written=written))) == (HEADER, written)


def test_the_same_job_gives_the_same_bytes():
    assert packed() == packed()


@pytest.mark.parametrize("name", ["flip", "cut", "drop", "double"])
def test_damage_at_any_byte_is_an_error_or_changes_nothing(name: str):
    whole = packed()
    for at in range(len(whole)):
        damaged = {
            "flip": whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :],
            "cut": whole[:at],
            "drop": whole[:at] + whole[at + 1 :],
            "double": whole[: at + 1] + whole[at:],
        }[name]
        outcome = read_or_error(damaged)
        # Bytes 4 to 9 of a gzip header are its time, flags and system, which do not change the content.
        assert isinstance(outcome, RecordingError) or (outcome == (HEADER, EVENTS) and 3 < at < 10)


@settings(max_examples=300)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\x1f\x8b", packed()[:10], packed()[:60]]))
def test_bytes_that_are_no_recording_are_an_error(content: bytes, start: bytes):
    with pytest.raises(RecordingError):
        read(start + content)


@given(st.data())
def test_a_damaged_line_within_intact_gzip_is_read_or_an_error_with_its_line(data: st.DataObject):
    whole = bytearray(gzip.decompress(packed()))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    outcome = read_or_error(gzip.compress(bytes(whole)))

    if isinstance(outcome, RecordingError):
        assert outcome.line is not None
        assert f"line {outcome.line}" in str(outcome)
    else:
        assert outcome[0].job.id
        assert outcome[1]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", None, "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", 1, "JSON object"),
        (b"[1]\n", 1, "JSON object"),
        (b"[" * 100_000 + b"\n", 1, "JSON object"),
        (b"{}\n", 1, "not a recording: its first line has no format 'arkor-dash recording'"),
        (lines_of(first_line(version=2)), 1, "version 2, but only version 1 is supported"),
        (lines_of(first_line(version=True)), 1, "version of the recording should be a number"),
        (lines_of(first_line(job={"name": "x"})), 1, "no job: a job has no id"),
        (lines_of(first_line(savedAt="yesterday")), 1, "savedAt"),
        (
            lines_of(first_line(), {"name": "end", "data": "{}"}, {"name": "end"}),
            3,
            "'data' of an event",
        ),
        (lines_of(first_line(), {"name": "end", "data": {}}), 2, "'data' of an event"),
        (lines_of(first_line(), {"name": "end", "data": "", "id": 7}), 2, "'id'"),
        (lines_of(first_line()) + b"\n", 2, "JSON object"),
        (lines_of(first_line()) + b'{"name": "\xff"}\n', 2, "JSON object"),
        (lines_of(first_line()) + b'{"name": 1', 2, "middle of a line"),
        (lines_of(first_line())[:-1], 1, "middle of a line"),
        (packed() + b"\0", 12, "goes on after the end"),
        (packed() + packed(), 12, "'name' of an event"),
        (packed()[:-9], None, "middle of its gzip stream"),
    ],
)
def test_an_error_names_the_problem_and_the_line(content: bytes, line: int | None, problem: str):
    with pytest.raises(RecordingError, match=problem) as raised:
        read(content)

    assert line is None or f", line {line}: " in str(raised.value)


@pytest.mark.parametrize("filler", [b"\0", b"\n", b'{"name":"x","data":""}\n', b"{" * 3])
def test_a_gzip_bomb_is_refused_with_little_memory_and_few_reads(
    filler: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lines, "CONTENT_LIMIT", 4 * 1024 * 1024)
    monkeypatch.setattr(lines, "LINE_LIMIT", 1024 * 1024)
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(lines_of(first_line()))
    bomb += b"".join(packer.compress(filler * (2**20 // len(filler))) for _ in range(64)) + packer.flush()
    reads = 0

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            nonlocal reads
            reads += 1
            assert size is not None
            assert size > 0
            return super().read(size)

    tracemalloc.start()
    try:
        with pytest.raises(RecordingError, match=r"MiB|JSON object"):
            for _ in Recording(Counting(bomb), "bomb.jsonl.gz"):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 1 <= reads <= 3
    assert peak < 8 * 1024 * 1024


def test_a_file_over_the_size_limit_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "FILE_LIMIT", 200_000)
    line = lines_of({"name": "x", "data": "y" * 1000})

    with pytest.raises(RecordingError, match="the file has more than 0 MiB"):
        read(lines_of(first_line()) + line * 1000)


@pytest.mark.parametrize("limit", ["LINE_LIMIT", "CONTENT_LIMIT", "FILE_LIMIT"])
def test_a_recording_that_could_not_be_read_again_is_not_written(limit: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recording_format, limit, 300)

    with pytest.raises(RecordingError, match="too large to be recorded"):
        packed(written=EVENTS * 20)


def test_a_file_is_closed_after_its_end_and_after_an_error():
    for content in (packed(), b"foreign", packed()[:-5]):
        file = io.BytesIO(content)
        with contextlib.suppress(RecordingError):
            list(Recording(file, "r"))
        assert file.closed


def test_only_the_lines_that_are_needed_are_read():
    content = gzip.decompress(packed(written=EVENTS * 500))
    file = io.BytesIO(content)
    opened = Recording(file, "r")

    assert next(iter(opened)) == EVENTS[0]
    assert file.tell() < len(content)
    opened.close()
    assert file.closed
