"""What a process and its children use, by real processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from arkor_dash.sdk.recorder.processes import Processes
from tests.waiting import read_line, wait_until

GIB = 2**30


@contextmanager
def child(code: str) -> Iterator[None]:
    """A child process that has run `code`, and waits."""
    command = [sys.executable, "-c", f"{code}\nprint('ready', flush=True)\ninput()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert read_line(process.stdout) == "ready\n"
        yield
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_the_memory_of_the_children_counts() -> None:
    processes = Processes()
    before = processes.measured()["system/memory_gib"]
    with child(f"kept = bytes({GIB // 4}); kept = bytearray(kept)"):
        assert processes.measured()["system/memory_gib"] - before > 0.2
    assert processes.measured()["system/memory_gib"] - before < 0.2


def test_the_cpu_that_a_child_has_used_since_the_last_time_counts_once() -> None:
    processes = Processes()
    started = time.monotonic()
    with child("import time\nwhile time.process_time() < 1: pass"):
        used_s = processes.measured()["system/cpu_percent"] / 100 * (time.monotonic() - started)
        assert used_s > 0.9
        since = time.monotonic()
        wait_until(lambda: time.monotonic() - since > 0.2, what="some time")
        assert processes.measured()["system/cpu_percent"] / 100 * (time.monotonic() - since) < 0.9
