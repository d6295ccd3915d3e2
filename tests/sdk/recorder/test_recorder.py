"""The thread that records what a run does not report: when it begins, when it ends, and what it must never do."""

from __future__ import annotations

import itertools
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from arkor_dash.sdk.recorder import recorder as module
from arkor_dash.sdk.recorder.choice import ENVIRONMENT, OUTPUT, SYSTEM, chosen_parts
from arkor_dash.sdk.recorder.code_version import CodeFolder
from arkor_dash.sdk.recorder.recorder import Recorder
from tests.waiting import PATIENCE_S, wait_until

START, LOG, END = "training.started", "training.log", "training.completed"
RECORDED = {ENVIRONMENT: "training.environment", SYSTEM: "training.system"}
BOTH = frozenset(RECORDED)


class Sink:
    """Keeps the events of a run."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, object]]] = []

    def put(self, event: str, data: Mapping[str, object]) -> None:
        self.events.append((event, data))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]


@pytest.fixture
def sink() -> Sink:
    return Sink()


Make = Callable[..., Recorder]


@pytest.fixture
def recorder(sink: Sink, tmp_path: Path) -> Iterator[Make]:
    def make(*parts: str, interval_s: float = 0.01, code: Callable[[], CodeFolder] | None = None) -> Recorder:
        chosen = frozenset(parts) if parts else BOTH
        return Recorder(
            sink, "job-1", code or (lambda: CodeFolder(tmp_path)), parts=chosen, interval_s=interval_s
        )

    yield make
    wait_until(lambda: not threads(), what="the end of the recorder's thread")


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "arkor-recorder"]


def test_the_environment_is_recorded_once_after_the_start_and_the_machine_until_the_end(
    sink: Sink, recorder: Make
) -> None:
    run = recorder()
    assert not threads()
    run.put(START, {})
    wait_until(lambda: sink.names.count("training.system") >= 3)
    run.put(START, {})
    run.put(END, {})
    wait_until(lambda: not threads())
    assert sink.names[:2] == [START, "training.environment"]
    assert sink.names.count("training.environment") == 1
    assert sink.names[-1] == END
    for name, data in sink.events[1:3]:
        assert (data["type"], data["jobId"]) == (name, "job-1")
        assert str(data["timestamp"]).endswith("Z")
    (_, environment), (_, measured) = sink.events[1], sink.events[2]
    assert {"python", "platform", "libraries", "command", "cpus", "memoryBytes"} <= environment.keys()
    assert isinstance(measured["system/cpu_percent"], float)
    assert isinstance(measured["system/memory_gib"], float)


@pytest.mark.parametrize("part", [ENVIRONMENT, SYSTEM])
def test_only_the_chosen_part_is_recorded(sink: Sink, recorder: Make, part: str) -> None:
    run = recorder(part)
    run.put(START, {})
    wait_until(lambda: RECORDED[part] in sink.names)
    run.put(END, {})
    assert set(sink.names) == {START, RECORDED[part], END}


def test_with_nothing_to_record_there_is_no_thread(sink: Sink) -> None:
    run = Recorder(sink, "job-1", lambda: pytest.fail("asked for the code"), parts=frozenset())
    for name in (START, LOG, END):
        run.put(name, {})
        assert not threads()
    assert sink.names == [START, LOG, END]


def test_a_short_run_waits_for_its_environment_and_nothing_follows_its_end(
    sink: Sink, recorder: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_S", PATIENCE_S)
    for end in ("training.failed", "training.cancelled", END):
        sink.events.clear()
        run = recorder()
        run.put(START, {})
        run.put(end, {})
        wait_until(lambda: not threads())
        assert sink.names[:2] == [START, "training.environment"]
        assert sink.names[-1] == end


def test_a_run_does_not_wait_long_for_an_environment_that_can_not_be_found_out(
    sink: Sink, recorder: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.01)
    released = threading.Event()

    def hang() -> CodeFolder:
        assert released.wait(PATIENCE_S)
        return CodeFolder(Path.cwd())

    run = recorder(code=hang)
    run.put(START, {})
    run.put(END, {})
    released.set()
    wait_until(lambda: not threads())
    assert sink.names == [START, END]


def test_a_measurement_that_takes_long_is_made_less_often(
    sink: Sink, recorder: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu_s = itertools.count(step=2)  # two seconds for each measurement
    monkeypatch.setattr(module.time, "thread_time", lambda: next(cpu_s))
    pauses: list[float | None] = []
    run = recorder(SYSTEM)
    wait = run._stopped.wait

    def waited(pause_s: float | None = None) -> bool:
        pauses.append(pause_s)
        return wait(0.01)

    monkeypatch.setattr(run._stopped, "wait", waited)
    run.put(START, {})
    wait_until(lambda: len(pauses) >= 3)
    run.put(END, {})
    assert pauses[:3] == [0.01, 500, 500]


def test_a_failure_to_record_neither_prints_nor_ends_the_run(
    sink: Sink, recorder: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> CodeFolder:
        raise OSError("no such thing")

    run = recorder(code=fail)
    run.put(START, {})
    wait_until(lambda: not threads())
    monkeypatch.setattr(threading.Thread, "start", lambda _self: (_ for _ in ()).throw(RuntimeError("full")))
    again = recorder()
    for each in (run, again):
        each.put(START, {})
        each.put(END, {})
    assert set(sink.names) == {START, END}
    assert capfd.readouterr() == ("", "")


def test_a_forked_child_records_nothing_and_can_leave(sink: Sink, recorder: Make) -> None:
    run = recorder()
    run.put(START, {})
    wait_until(lambda: "training.system" in sink.names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of a fork beside a thread
        child = os.fork()
    if child == 0:
        before = len(sink.events)
        run.put(LOG, {})
        os._exit(0 if len(sink.events) == before + 1 and not threads() else 1)
    status: list[int] = []

    def has_ended() -> bool:
        pid, code = os.waitpid(child, os.WNOHANG)
        status.append(code)
        return pid == child

    wait_until(has_ended, what="the child's end")
    assert status[-1] == 0
    run.put(END, {})


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("", {*BOTH, OUTPUT}),
        ("environment,system,output", {*BOTH, OUTPUT}),
        ("output", {OUTPUT}),
        ("environment,system", BOTH),
        (" System ", {SYSTEM}),
        ("environment", {ENVIRONMENT}),
        ("none", set()),
        ("NONE", set()),
    ],
)
def test_the_setting_says_what_is_recorded(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], value: str, parts: set[str]
) -> None:
    monkeypatch.setenv("ARKOR_RECORD", value)
    assert chosen_parts() == parts
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("value", ["off", "0", "environment,gpu", "none,system", ","])
def test_a_setting_that_cannot_be_read_records_nothing_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setenv("ARKOR_RECORD", value)
    assert chosen_parts() == set()
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("ARKOR_RECORD must be some of environment, system, output with commas")
    assert repr(value) in err
