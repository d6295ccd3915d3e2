from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arkor_dash.columns.stretch import FIXED_COLUMNS, METADATA_KEY, METADATA_LIMIT, pack, unpack
from arkor_dash.columns.stretch_stream import SIZE_LIMIT, framed, read_stretches
from arkor_dash.columns.stretch_writer import write_stretch
from arkor_dash.errors import MalformedError

TIME = "2026-11-23T11:37:28.453Z"
FIELDS = (
    "loss",
    "train/loss",
    "evalLoss",
    "eval_loss",
    "lr",
    "grad_norm",
    "epoch",
    "acc %s",
    "größe",
    "step",
    "note",
)
JSON_NUMBERS = st.one_of(
    st.floats(),
    st.integers(-(2**54), 2**54),
    st.sampled_from([0, 0.0, -0.0, 1e-320, 2**53, 2**53 + 1, 10**400, math.nan, math.inf, -math.inf]),
)
VALUES = st.one_of(
    JSON_NUMBERS,
    st.none(),
    st.booleans(),
    st.sampled_from(["NaN", "-Infinity", "1e-4", "1/3", "\x01", "%", '"', "\u2028", "ß", "9 min"]),
    st.lists(st.floats(), max_size=2),
    st.just({"a": 1}),
)
TIMES = st.one_of(
    st.datetimes().map(lambda at: at.isoformat(timespec="milliseconds") + "Z"),
    st.sampled_from(
        [
            TIME,
            "2026-11-23T11:37:28.4531Z",
            "2026-02-30T00:00:00.000Z",
            "2026-11-23",
            "",
            1.7e9,
            1764067048453,
            None,
        ]
    ),
)
PAYLOADS = st.fixed_dictionaries({}, optional={"timestamp": TIMES, **dict.fromkeys(FIELDS, VALUES)})
NAMES = st.sampled_from(
    ["training.log"] * 6 + ["training.system", "checkpoint.saved", "mine", "training.started"]
)
TEXTS = st.one_of(
    st.builds(json.dumps, PAYLOADS),
    st.builds(lambda payload: json.dumps(payload, ensure_ascii=False), PAYLOADS),
    st.builds(lambda payload: json.dumps(payload, separators=(",", ":")), PAYLOADS),
    st.sampled_from(["{}", "[]", "", '{"loss": 1.50, "loss": 2}', '{"a": 1e5}', '{"step": 1, "loss": 00}']),
)


def dumped(payloads: list[dict[str, object]]) -> list[tuple[str, str]]:
    return [("training.log", json.dumps(payload)) for payload in payloads]


ODD = st.lists(st.tuples(NAMES, TEXTS), max_size=6)
# Reports with the same fields, since a shape that few events have is kept as text.
ALIKE = (
    st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([st.floats(), JSON_NUMBERS, VALUES]))
    .flatmap(
        lambda fields: st.lists(
            st.fixed_dictionaries({"timestamp": st.just(TIME) | TIMES, **fields}), min_size=4, max_size=8
        )
    )
    .map(dumped)
)
HISTORIES = (
    st.lists(st.one_of(ODD, ALIKE), min_size=1, max_size=4)
    .flatmap(
        lambda parts: st.just([event for part in parts for event in part]).flatmap(
            lambda events: st.one_of(st.just(events), st.permutations(events))
        )
    )
    .filter(bool)
)


@given(HISTORIES, st.integers(1, 2**50))
@settings(max_examples=150)
def test_events_that_were_kept_in_columns_are_the_same_to_the_character(
    events: list[tuple[str, str]], first_id: int
) -> None:
    stretch = unpack(write_stretch(first_id, events))
    assert (stretch.first_id, stretch.last_id) == (first_id, first_id + len(events) - 1)
    assert stretch.events() == events
    middle = len(events) // 2
    assert stretch.events(middle // 2, middle) == events[middle // 2 : middle]


def usual(count: int = 1_000) -> list[tuple[str, str]]:
    return [
        ("training.log", json.dumps({"timestamp": TIME, "step": step, "loss": 1 / step, "acc": step / 7}))
        for step in range(1, count + 1)
    ]


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
def test_usual_reports_are_kept_as_numbers_alone(separators: tuple[str, str]) -> None:
    events = [(name, json.dumps(json.loads(data), separators=separators)) for name, data in usual()]
    stretch = unpack(write_stretch(1, events))
    assert [shape.parts is None for shape in stretch.shapes] == [False]
    assert len(write_stretch(1, events)) < sum(len(data) for _, data in events) / 4


def test_the_studio_needs_no_pandas_to_write_a_stretch_and_to_read_its_events() -> None:
    program = (
        "import sys; from arkor_dash.columns.stretch import unpack\n"
        "from arkor_dash.columns.stretch_writer import write_stretch\n"
        """events = [("training.log", '{"step": 1}')] * 9 + [("x", '[]')]\n"""
        """events += [("y", '{"timestamp": "2026-11-23T11:37:28.453Z"}')] * 9\n"""
        "assert unpack(write_stretch(1, events)).events() == events; print('pandas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "False\n"


def test_reports_of_ever_new_metrics_are_kept_as_text_beyond_a_limit() -> None:
    events = dumped([{f"m{number // 4}": 1.5} for number in range(6_000)])
    stretch = unpack(write_stretch(1, events))
    assert stretch.events() == events
    assert len(stretch.shapes) <= 201


def test_reports_with_very_long_names_are_kept_as_text() -> None:
    events = dumped([{f"{number // 4} {'m' * 100_000}": 1.5} for number in range(40)])
    stretch = unpack(write_stretch(1, events))
    assert stretch.events() == events
    assert len(stretch.shapes) == 2


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_the_stretches_of_a_body_are_read_however_it_is_cut(size: int) -> None:
    events = usual(100)
    body = framed(write_stretch(1, events[:40])) + framed(write_stretch(41, events[40:]))
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    read = list(read_stretches(pieces))
    assert [each.first_id for each in read] == [1, 41]
    assert [event for each in read for event in each.events()] == events


@pytest.mark.parametrize("at", [3, 8, 12, 60, -1])
def test_a_body_that_is_cut_off_is_malformed(at: int) -> None:
    body = framed(write_stretch(1, usual(100)))
    with pytest.raises(MalformedError):
        list(read_stretches([body[:at]]))


def test_stretches_with_a_gap_between_them_are_malformed() -> None:
    body = framed(write_stretch(1, usual(5))) + framed(write_stretch(7, usual(5)))
    with pytest.raises(MalformedError, match="expected the event 6"):
        list(read_stretches([body]))


def test_a_first_stretch_that_leaves_events_out_is_malformed() -> None:
    body = framed(write_stretch(7, usual(5)))
    assert [each.first_id for each in read_stretches([body], after=6)] == [7]
    with pytest.raises(MalformedError, match="expected the event 1"):
        list(read_stretches([body]))


@pytest.mark.parametrize("size", [SIZE_LIMIT + 1, 2**63, 2**64 - 1])
def test_a_stretch_that_says_it_is_huge_is_malformed_before_memory_is_taken_for_it(size: int) -> None:
    stretch = write_stretch(1, usual(5))
    for body in (framed(size.to_bytes(8, "little") + stretch[8:]), size.to_bytes(8, "little") + stretch):
        with pytest.raises(MalformedError, match="at most"):
            list(read_stretches([body]))


@given(st.data())
@settings(max_examples=150)
def test_a_damaged_stretch_is_malformed_or_reads_as_some_events(data: st.DataObject) -> None:
    """Whatever the bytes are, nothing else is raised, and nothing is read outside of them."""
    stretch = unpack(write_stretch(1, [*usual(20), ("training.started", "{}")]))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, stretch._batch.schema) as writer:
        writer.write_batch(stretch._batch)
    stream = bytearray(sink.getvalue().to_pybytes())
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(stream) - 1), st.integers(0, 255)), min_size=1, max_size=4)
    ):
        stream[place] = value
    damaged = len(stream).to_bytes(8, "little") + pa.Codec("zstd").compress(bytes(stream), asbytes=True)
    try:
        read = unpack(damaged)
        read.events()
        for number in range(len(read.shapes)):
            read.numbers(number, read.rows_of(number))
    except MalformedError:
        pass


def test_a_message_of_another_kind_is_not_read_as_a_schema() -> None:
    """pyarrow would do so without a check, and a damaged one would end the process."""
    stretch = write_stretch(1, usual(5))
    stream = pa.Codec("zstd").decompress(memoryview(stretch)[8:], int.from_bytes(stretch[:8], "little"))
    whole = stream.to_pybytes()
    schema = pa.ipc.MessageReader.open_stream(stream).read_next_message()
    places = range(8, schema.serialize().size)
    kind = next(place for place in places if message_kind(changed(whole, {place: 77})) == "unknown")
    for place in places:
        damaged = changed(whole, {place: 255, kind: 77})
        with pytest.raises(MalformedError):
            unpack(len(damaged).to_bytes(8, "little") + pa.Codec("zstd").compress(damaged, asbytes=True))


def changed(data: bytes, bytes_at: dict[int, int]) -> bytes:
    copy = bytearray(data)
    for place, value in bytes_at.items():
        copy[place] = value
    return bytes(copy)


def message_kind(stream: bytes) -> str:
    try:
        kind: str = pa.ipc.MessageReader.open_stream(pa.py_buffer(stream)).read_next_message().type
    except (pa.ArrowException, OSError):
        return "damaged"
    return kind


def test_columns_of_another_kind_are_malformed() -> None:
    batch = unpack(write_stretch(1, usual(5)))._batch
    for place, column in (
        (0, pa.array([9] * 5, pa.uint16())),
        (1, batch.column(2)),
        (3, pa.array([None] * 5, pa.float64())),
    ):
        field = pa.field(batch.schema.field(place).name, column.type)
        with pytest.raises(MalformedError):
            unpack(pack(batch.set_column(place, field, column)))
    shapes = b'{"format": 1, "first": %s, "shapes": []}'
    described = [
        b" " * METADATA_LIMIT + b"1",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b"\xff",
        shapes % b"1e999",
        shapes % b"1",
    ]
    for metadata in (None, *({METADATA_KEY: each} for each in described)):
        with pytest.raises(MalformedError):
            unpack(pack(batch.replace_schema_metadata(metadata)))
    with pytest.raises(MalformedError):
        unpack(pack(batch.slice(0, 0)))


def stretch_of(batch: pa.RecordBatch, compression: str | None = None) -> bytes:
    """The bytes of a stretch with this record batch, whose buffers are compressed by themselves, too."""
    sink, options = pa.BufferOutputStream(), pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    stream = sink.getvalue()
    return len(stream).to_bytes(8, "little") + pa.Codec("zstd").compress(stream, asbytes=True)


def batch_of(count: int, **shape: object) -> pa.RecordBatch:
    """A batch of `count` events of one shape, which has no numbers but that of the first column."""
    described = {"format": 1, "first": 1, "shapes": [{"name": "training.log", **shape}]}
    schema = pa.schema([*FIXED_COLUMNS, ("step", pa.float64())], {METADATA_KEY: json.dumps(described)})
    numbers = [np.zeros(count, np.uint16), np.zeros(count, np.int64)]
    return pa.record_batch([*numbers, pa.nulls(count, pa.large_string()), np.zeros(count)], schema=schema)


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_a_stretch_whose_buffers_are_compressed_takes_no_memory_for_what_they_would_become(
    compression: str,
) -> None:
    count = SIZE_LIMIT // 16
    step = {"parts": ['{"step": ', "}"], "fields": ["step"], "kinds": ["int"], "columns": [3]}
    data = stretch_of(batch_of(count, **step), compression)
    assert len(data) < 1024
    code = (
        "import sys; import pyarrow as pa; from arkor_dash.errors import MalformedError\n"
        "from arkor_dash.columns.stretch import unpack\n"
        "try: unpack(sys.stdin.buffer.read())\n"
        "except MalformedError: print(pa.default_memory_pool().max_memory())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=data, stdout=subprocess.PIPE, check=True, timeout=120
    )
    assert int(ran.stdout) < SIZE_LIMIT


@pytest.mark.parametrize(
    ("count", "parts"),
    [
        (100_000, ['{"step": ', f', "note": "{"x" * 1_000}"}}']),
        (100_000, ['{"step": ', "".join(f', "m{number}": 1' for number in range(200)) + "}"]),
    ],
)
def test_a_stretch_of_few_bytes_whose_events_would_need_more_memory_than_there_is_is_malformed(
    count: int, parts: list[str]
) -> None:
    shape = {"parts": parts, "fields": ["step"], "kinds": ["int"], "columns": [3]}
    assert len(unpack(stretch_of(batch_of(10, **shape)))) == 10
    data = stretch_of(batch_of(count, **shape))
    assert len(data) < 10_000
    with pytest.raises(MalformedError):
        unpack(data)


def test_a_shape_without_a_value_is_malformed() -> None:
    with pytest.raises(MalformedError):
        unpack(stretch_of(batch_of(5, parts=['{"step": 1}'], fields=[], kinds=[], columns=[])))
